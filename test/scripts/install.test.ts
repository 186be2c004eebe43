import { describe, expect, test } from "vitest";
import { checkNodeVersion, isInstalled } from "../../scripts/install.mjs";

const LOCK = {
  packages: {
    "": {},
    "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/b-linux": { version: "1.0.0", integrity: "sha512-b", optional: true },
    "node_modules/b-macos": { version: "1.0.0", integrity: "sha512-c", optional: true },
  },
};

/** What npm writes down on Linux after installing LOCK, with changes. */
function installed(changes: Record<string, { version: string; integrity: string }> = {}) {
  const { "node_modules/a": a, "node_modules/b-linux": b } = LOCK.packages;
  return { packages: { "node_modules/a": a, "node_modules/b-linux": b, ...changes } };
}

describe("dependencies are installed", () => {
  test("when the locked packages are there, but for those of other platforms", () => {
    expect(isInstalled(LOCK, installed())).toBe(true);
  });

  test("when a package is there of which the lockfile does not know the bytes", () => {
    const change = { "node_modules/b-macos": { version: "1.0.0", integrity: "sha512-any" } };
    const { integrity: _, ...unknownBytes } = LOCK.packages["node_modules/b-macos"];
    const lock = { packages: { ...LOCK.packages, "node_modules/b-macos": unknownBytes } };
    expect(isInstalled(lock, installed(change))).toBe(true);
    expect(isInstalled(LOCK, installed(change))).toBe(false);
  });

  test("not when nothing is there", () => {
    expect(isInstalled(LOCK, null)).toBe(false);
    expect(isInstalled(LOCK, { packages: {} })).toBe(false);
  });

  test("not when a package has another version or other bytes", () => {
    const version = { "node_modules/a": { version: "1.0.1", integrity: "sha512-a" } };
    const integrity = { "node_modules/a": { version: "1.0.0", integrity: "sha512-x" } };
    const optional = { "node_modules/b-linux": { version: "2.0.0", integrity: "sha512-b" } };
    for (const changes of [version, integrity, optional]) {
      expect(isInstalled(LOCK, installed(changes))).toBe(false);
    }
  });

  test("not when a package is there that is no longer locked", () => {
    const changes = { "node_modules/old": { version: "1.0.0", integrity: "sha512-o" } };
    expect(isInstalled(LOCK, installed(changes))).toBe(false);
  });
});

describe("the Node version", () => {
  test.each(["20.19.0", "20.20.2", "21.0.0", "24.21.0", "100.0.0"])("may be %s for >=20.19", (found) => {
    expect(() => checkNodeVersion(found, ">=20.19")).not.toThrow();
  });

  test.each(["20.18.9", "18.20.0", "9.99.0"])(
    "may not be %s, which the message says with what is needed",
    (found) => {
      expect(() => checkNodeVersion(found, ">=20.19")).toThrow(
        `Node ${found} is too old: manyfit needs Node >=20.19`,
      );
    },
  );

  test("cannot be checked against a range of another form", () => {
    expect(() => checkNodeVersion("20.19.0", "^20.19")).toThrow('"^20.19", not of the form >=20.19');
  });
});
