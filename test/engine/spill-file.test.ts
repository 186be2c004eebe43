import { closeSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SpillFile } from "../../src/engine/local/spill-file.ts";
import { temporaryFolder } from "../temporary-folder.ts";

describe("spill file", () => {
  test("gives back at each offset what was appended, whatever the sizes", async () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constantFrom(2 ** 22, 5_000_001)), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const file = new SpillFile(temporaryFolder());
        const pieces = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
        const offsets: number[] = [];
        for (const piece of pieces) {
          offsets.push(file.append(piece));
          if (file.isFull) await file.untilRoom();
        }
        await file.flush();
        for (const [i, piece] of pieces.entries()) {
          const found = new Uint8Array(piece.length);
          file.read(offsets[i]!, found);
          expect(Buffer.compare(found, piece)).toBe(0);
        }
        expect(file.byteCount).toBe(lengths.reduce((a, b) => a + b, 0));
        await file.close();
      }),
      { numRuns: 8 },
    );
  });

  test("has no name, so that nothing is left of it", async () => {
    const folder = join(temporaryFolder(), "made");
    const file = new SpillFile(folder);
    file.append(new Uint8Array(10));
    await file.flush();
    expect(readdirSync(folder)).toEqual([]);
    await file.close();
  });

  test("makes whoever appends wait while much is being written", async () => {
    const file = new SpillFile(temporaryFolder());
    for (let i = 0; i < 5; i++) file.append(new Uint8Array(2 ** 20));
    expect(file.isFull).toBe(true);
    await file.untilRoom();
    expect(file.isFull).toBe(false);
    await file.close();
  });

  test("fails whoever waits when the system does not take what was appended", async () => {
    const folder = temporaryFolder();
    const file = new SpillFile(folder);
    closeSync(file.descriptor);
    file.append(new Uint8Array(2 ** 21));
    await expect(file.flush()).rejects.toMatchObject({
      code: "memory_exceeded",
      message: expect.stringContaining(
        `temporary folder ${folder}: rows that do not fit into memory cannot be written`,
      ),
    });
    await expect(file.untilRoom()).rejects.toThrow("EBADF");
  });

  test("says where there is no room for it, and what to do", () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    expect(() => new SpillFile(path)).toThrow(
      expect.objectContaining({
        code: "memory_exceeded",
        message: expect.stringMatching(
          /^temporary folder .*file: rows that do not fit into memory cannot be written there after 0 bytes: EEXIST.*; free space there, name a larger disk with TMPDIR, or give more --memory$/,
        ),
      }),
    );
  });
});
