import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Command
 * @property {string} [command] Program to run; this Node when left out.
 * @property {readonly string[]} args
 * @property {Readonly<Record<string, string>>} [env] Set beside the environment of this process.
 * @property {boolean} [isLive] Whether output is shown as it comes; otherwise only when the command fails.
 */

/** The folder of package.json, in which every step runs. */
export const projectFolder = fileURLToPath(new URL("..", import.meta.url));

/**
 * The steps that more than one script runs.
 *
 * @type {Readonly<Record<"build" | "lint" | "types", Command>>}
 */
export const STEPS = {
  build: { args: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"] },
  lint: { args: ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."] },
  types: { args: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"] },
};

/**
 * Runs one command without standard input and prints its name and seconds when it ends. Never rejects: a command
 * that cannot be started or is killed has failed.
 *
 * @param {string} name
 * @param {Command} step
 * @returns {Promise<{ isOk: boolean }>}
 */
export function runStep(name, { command = process.execPath, args, env, isLive = false }) {
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: projectFolder,
    env: { ...process.env, ...env },
    stdio: ["ignore", isLive ? "inherit" : "pipe", isLive ? "inherit" : "pipe"],
  });
  /** @type {Buffer[]} */
  const output = [];
  child.stdout?.on("data", (bytes) => output.push(bytes));
  child.stderr?.on("data", (bytes) => output.push(bytes));
  return new Promise((resolve) => {
    /** @param {string | null} failure */
    const finish = (failure) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
      console.log(`${name.padEnd(8)}${seconds} s${failure === null ? "" : `  ${failure}`}`);
      if (failure !== null) process.stdout.write(Buffer.concat(output));
      resolve({ isOk: failure === null });
    };
    child.once("error", (error) => finish(`failed: ${error.message}`));
    child.once("close", (code, signal) => {
      if (code === 0) finish(null);
      else finish(signal === null ? `failed with exit code ${code}` : `killed by ${signal}`);
    });
  });
}

/**
 * A JSON file of the project.
 *
 * @param {string} path Relative to {@link projectFolder}.
 */
export function readJson(path) {
  return JSON.parse(readFileSync(join(projectFolder, path), "utf8"));
}
