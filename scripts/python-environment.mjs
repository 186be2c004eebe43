import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectFolder } from "./step.mjs";

/**
 * @typedef {object} Interpreter
 * @property {string} path
 * @property {string} version Such as `3.11.7`.
 */

/** Lowest version of Python that trainers may have, as major and minor. */
export const LOWEST_PYTHON = /** @type {const} */ ([3, 11]);

const ENVIRONMENTS = join(projectFolder, ".cache", "python");

/** Requirements of the environments that tests run with. */
export const TEST_ENVIRONMENTS = /** @type {const} */ ({
  newest: "test/python/requirements.txt",
  lowest: "test/python/requirements-lowest.txt",
  lint: "test/python/requirements-lint.txt",
});

/** The declared lowest versions have wheels for Pythons below this one: where there is such a one, it runs them. */
const TOO_NEW_FOR_LOWEST = /** @type {const} */ ([3, 13]);

/** Milliseconds within which a Python has to say its version. */
const ANSWER_MS = 30_000;

/** Milliseconds after which the lock of a process that is making an environment is taken for forgotten. */
const FORGOTTEN_MS = 15 * 60_000;

/** Fails where environments cannot be made: Debian has that in a package of its own. */
const VERSION_CODE =
  "import ensurepip, platform, sys, venv; print(platform.python_version()); print(sys.executable)";

const NO_PYTHON = `there is no Python ${LOWEST_PYTHON.join(".")} or later on the path that can make environments (on Debian: apt-get install python3 python3-venv)`;

/**
 * The first Python of the path that can make environments, whose version is at least {@link LOWEST_PYTHON} and, where `below`
 * is given, lower than it; null where there is none. `MANYFIT_TEST_PYTHON` names another one to look at first.
 *
 * @param {readonly [number, number] | null} [below] Major and minor.
 * @returns {Interpreter | null}
 */
export function findPythonForTests(below = null) {
  const told = process.env["MANYFIT_TEST_PYTHON"];
  const minors = [11, 12, 13, 14].map((minor) => `python3.${minor}`);
  for (const name of [...(told ? [told] : []), "python3", ...minors, "python"]) {
    const { status, stdout } = spawnSync(name, ["-c", VERSION_CODE], {
      encoding: "utf8",
      timeout: ANSWER_MS,
    });
    if (status !== 0) continue;
    const [version = "", path = name] = stdout.trim().split(/\r?\n/);
    if (isAtLeast(version, LOWEST_PYTHON) && (below === null || !isAtLeast(version, below)))
      return { path, version };
  }
  return null;
}

/**
 * The interpreter of one of the environments that tests run with, which is made where it is not there yet: that takes a
 * minute or two. Never rejects: where there is none, it says why.
 *
 * @param {keyof typeof TEST_ENVIRONMENTS} name
 * @returns {Promise<{ readonly path: string } | { readonly reason: string }>}
 */
export async function environmentForTests(name) {
  const older = name === "lowest" ? findPythonForTests(TOO_NEW_FOR_LOWEST) : null;
  const python = older ?? findPythonForTests();
  if (python === null) return { reason: NO_PYTHON };
  try {
    return { path: await pythonEnvironment(join(projectFolder, TEST_ENVIRONMENTS[name]), python) };
  } catch (thrown) {
    return { reason: `no environment could be made: ${/** @type {Error} */ (thrown).message}` };
  }
}

/**
 * Makes a virtual environment with exactly the packages of a requirements file, in `.cache/python/<hash>`, once for each
 * content of the file and version of Python, and gives the path of its interpreter. It appears there whole or not at all:
 * it is made in another folder and renamed. Where another process is making the same one, it is waited for. `root` is
 * the folder of all environments.
 *
 * @param {string} requirements Path of the file.
 * @param {Interpreter} python
 * @param {string} [root]
 * @returns {Promise<string>} Rejects where a command fails, with what it said.
 */
export async function pythonEnvironment(requirements, python, root = ENVIRONMENTS) {
  const identity = `${python.version} ${python.path}\n${readFileSync(requirements, "utf8")}`;
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, 12);
  const folder = join(root, hash);
  const interpreter = interpreterOf(folder);
  mkdirSync(root, { recursive: true });
  const lock = `${folder}.lock`;
  while (!existsSync(interpreter)) {
    if (!takeLock(lock)) {
      await new Promise((later) => setTimeout(later, 250));
      continue;
    }
    try {
      if (!existsSync(interpreter)) await make(folder, requirements, python);
    } finally {
      rmSync(lock, { force: true });
    }
  }
  return interpreter;
}

/** @param {string} folder */
function interpreterOf(folder) {
  return join(folder, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));
}

/**
 * @param {string} folder
 * @param {string} requirements
 * @param {Interpreter} python
 */
async function make(folder, requirements, python) {
  console.log(`making a Python ${python.version} environment for ${requirements} in ${folder}`);
  const started = performance.now();
  const unfinished = `${folder}.${process.pid}.unfinished`;
  try {
    await run(python.path, ["-m", "venv", unfinished]);
    const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"];
    await run(interpreterOf(unfinished), ["-m", "pip", "install", ...options, "--requirement", requirements]);
    await run(interpreterOf(unfinished), ["-m", "pip", "check"]);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  console.log(`made it in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * Whether the lock is this process' now: a file that names its process. One of a process that is gone is removed.
 *
 * @param {string} lock
 */
function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (isForgotten(lock)) rmSync(lock, { force: true });
    return false;
  }
}

/** @param {string} lock */
function isForgotten(lock) {
  try {
    const holder = Number(readFileSync(lock, "utf8"));
    if (Date.now() - statSync(lock).mtimeMs > FORGOTTEN_MS) return true;
    if (!(holder > 0)) return false;
    process.kill(holder, 0);
    return false;
  } catch (thrown) {
    return /** @type {NodeJS.ErrnoException} */ (thrown).code === "ESRCH";
  }
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<void>}
 */
function run(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => output.push(bytes));
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (code, signal) => {
      const said = Buffer.concat(output).toString("utf8").trim();
      if (code === 0) done();
      else failed(new Error(`${command} ${args.join(" ")}: ended with ${code ?? signal}: ${said}`));
    });
  });
}

/**
 * @param {string} version
 * @param {readonly [number, number]} lowest
 */
function isAtLeast(version, [lowestMajor, lowestMinor]) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > lowestMajor || (major === lowestMajor && minor >= lowestMinor);
}

/** Makes all environments of the tests, and says which there are. */
async function makeAll() {
  const names = /** @type {(keyof typeof TEST_ENVIRONMENTS)[]} */ (Object.keys(TEST_ENVIRONMENTS));
  for (const name of names) {
    const made = await environmentForTests(name);
    console.log(`${name}: ${"path" in made ? made.path : `tests that need it are skipped: ${made.reason}`}`);
  }
}

// As a command: makes the environments of the tests.
if (process.argv[1] === fileURLToPath(import.meta.url)) await makeAll();
