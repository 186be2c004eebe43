import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder, readJson, runStep } from "./step.mjs";

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 * @typedef {{ readonly packages?: Readonly<Record<string, LockedPackage>> }} Lockfile
 */

/**
 * Makes `node_modules` what `package-lock.json` says, and does nothing when it already is. Throws with a message
 * for a person when this Node is too old or when `npm ci` fails.
 *
 * @returns {Promise<void>}
 */
export async function installIfNeeded() {
  checkNodeVersion(process.versions.node, readJson("package.json").engines.node);
  if (isInstalled(readJson("package-lock.json"), readInstalled())) return;
  console.log("installing dependencies (npm ci)");
  const step = await runStep("install", { command: "npm", args: ["ci"] });
  if (!step.isOk) throw new Error("install failed: npm ci says why above");
}

/**
 * Throws unless version `found` meets `range`, which is of the form `>=20.19`.
 *
 * @param {string} found
 * @param {string} range
 */
export function checkNodeVersion(found, range) {
  const needed = /^>=(\d+)\.(\d+)$/.exec(range);
  if (needed === null) throw new Error(`engines.node in package.json is "${range}", not of the form >=20.19`);
  const [major = 0, minor = 0] = found.split(".").map(Number);
  const neededMajor = Number(needed[1]);
  if (major > neededMajor || (major === neededMajor && minor >= Number(needed[2]))) return;
  throw new Error(`Node ${found} is too old: manyfit needs Node ${range}, see https://nodejs.org`);
}

/**
 * Whether the installed packages are the locked ones. `installed` is the list that npm leaves in `node_modules` as
 * its last act, so it is missing after a broken install. It lacks the optional packages of other platforms.
 *
 * @param {Lockfile} lock
 * @param {Lockfile | null} installed
 */
export function isInstalled(lock, installed) {
  const wanted = lock.packages ?? {};
  const present = installed?.packages ?? {};
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = present[path];
    if (found === undefined && optional === true) continue;
    if (found?.version !== version) return false;
    if (integrity !== undefined && found?.integrity !== integrity) return false;
  }
  return Object.keys(present).every((path) => path in wanted);
}

/** @returns {Lockfile | null} */
function readInstalled() {
  const path = join(projectFolder, "node_modules", ".package-lock.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
}
