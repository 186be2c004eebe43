import { spawnSync } from "node:child_process";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { EMPTY_NAMES, MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS } from "./budget-rules.ts";

/** A file of Python, as far as the rules look at it. */
export interface PythonFile {
  /** From the folder of the package, with `/` between the names. */
  readonly path: string;
  readonly lines: number;
  readonly hasDoc: boolean;
  /** Names of the modules that it loads, also within functions. */
  readonly imports: readonly string[];
  readonly members: readonly PythonMember[];
}

/** A function, a method or a class. */
export interface PythonMember {
  /** Such as `Channel.read`. */
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  readonly kind: "function" | "class";
  /** Without `self`. */
  readonly parameters: number;
  /** Whether other files may use it: no part of its name begins with `_`. */
  readonly isPublic: boolean;
  readonly hasDoc: boolean;
}

const OUTLINE = fileURLToPath(new URL("python-outline.py", import.meta.url));

/** The files below a folder, as Python itself parses them. */
export function readPython(python: string, folder: string): PythonFile[] {
  const { status, stdout, stderr } = spawnSync(python, [OUTLINE, folder], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as PythonFile[];
}

/** Files and functions that are too long, and functions that take too many parameters: the budgets of `src`. */
export function checkPythonBudgets(files: readonly PythonFile[]): string[] {
  return files.flatMap(({ path, lines, members }) => {
    const findings = lines > MAX_FILE_LINES ? [`${path}: ${lines} lines, at most ${MAX_FILE_LINES}`] : [];
    for (const { name, line, kind, lines: length, parameters } of members) {
      if (kind === "class") continue;
      if (length > MAX_FUNCTION_LINES)
        findings.push(`${path}:${line}: ${name} has ${length} lines, at most ${MAX_FUNCTION_LINES}`);
      if (parameters > MAX_PARAMETERS)
        findings.push(`${path}:${line}: ${name} has ${parameters} parameters, at most ${MAX_PARAMETERS}`);
    }
    return findings;
  });
}

/** Modules, and public functions and classes, without a doc string. */
export function checkPythonDocs(files: readonly PythonFile[]): string[] {
  return files.flatMap(({ path, hasDoc, members }) => [
    ...(hasDoc ? [] : [`${path}: has no doc string`]),
    ...members
      .filter((member) => member.isPublic && !member.hasDoc)
      .map(({ name, line }) => `${path}:${line}: ${name} has no doc string`),
  ]);
}

/** Files and folders with a name that does not say what is in them. */
export function checkPythonNames(files: readonly PythonFile[]): string[] {
  return files.flatMap(({ path }) => {
    const word = path.split(/[/._]/).find((part) => EMPTY_NAMES.includes(part.toLowerCase()));
    return word === undefined ? [] : [`${path}: "${word}" does not say what is in it`];
  });
}

/** Imports of a package's modules that come back to where they began, each once. */
export function checkPythonCycles(files: readonly PythonFile[], packageName: string): string[] {
  const modules = new Map(files.map((file) => [moduleOf(file.path, packageName), file]));
  const findings: string[] = [];
  const done = new Set<string>();
  const follow = (name: string, way: readonly string[]): void => {
    const seenAt = way.indexOf(name);
    if (seenAt >= 0) findings.push([...way.slice(seenAt), name].join(" → "));
    if (seenAt >= 0 || done.has(name)) return;
    for (const next of modules.get(name)!.imports)
      if (modules.has(next) && next !== packageName) follow(next, [...way, name]);
    done.add(name);
  };
  for (const name of modules.keys()) follow(name, []);
  return findings;
}

function moduleOf(path: string, packageName: string): string {
  const name = posix.join(packageName, path.replace(/\.py$/, "")).replaceAll("/", ".");
  return name.replace(/\.__init__$/, "");
}
