import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../temporary-folder.ts";

/** Path of the interpreter of a new environment without any package, pip included. */
export function barePython(python: string): string {
  const folder = join(temporaryFolder(), "bare");
  const { status, stderr } = spawnSync(python, ["-m", "venv", "--without-pip", folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return join(folder, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));
}

/** Path of a program that takes the place of an interpreter: a script for `sh`. */
export function fakePython(script: string): string {
  const path = join(temporaryFolder(), "python");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Folder for `PYTHONPATH` that makes an interpreter look like one that belongs to its system (PEP 668). */
export function systemsPython(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "EXTERNALLY-MANAGED"), "");
  const source = `import sys, sysconfig\nsys.base_prefix = sys.prefix\nsysconfig.get_path = lambda *_, **__: ${JSON.stringify(folder)}\n`;
  writeFileSync(join(folder, "sitecustomize.py"), source);
  return folder;
}
