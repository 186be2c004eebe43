import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CliOptions, normalised, runShell } from "../cli/run-cli.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

/** A block of a page whose lines are commands, each behind `$ `, and what they print. */
const BLOCK = /```\n(\$ .*?)\n```/gs;

/** What the commands of a page left. */
export interface DocumentedRun {
  /** The page as it is. */
  readonly page: string;
  /** The page with what its commands print now in place of what it says they print. */
  readonly printed: string;
  /** The folder in which they ran, with their runs below `runs`. */
  readonly cwd: string;
}

/** What a page's commands need. */
export interface PageOptions {
  /** Name of the page in the folder of its example. Default: `README.md`. */
  readonly page?: string;
  /** The interpreter that `python` is on the page, and that trains. Default: the page has no Python. */
  readonly python?: string;
}

/**
 * Runs the commands on a page of an example, one after the other, in a new folder in which `examples` is as in the
 * project's. With MANYFIT_REWRITE_EXAMPLES=1 the page is rewritten with what they print.
 */
export async function runDocumentedCommands(
  example: string,
  { page: name = "README.md", python }: PageOptions = {},
): Promise<DocumentedRun> {
  const path = join(EXAMPLES, example, name);
  const env = python === undefined ? {} : environmentOf(python);
  const page = readFileSync(path, "utf8");
  const cwd = temporaryFolder();
  symlinkSync(EXAMPLES, join(cwd, "examples"));
  const blocks: string[] = [];
  for (const [, text = ""] of page.matchAll(BLOCK)) blocks.push(await runBlock(text, { cwd, env }));
  const printed = page.replaceAll(BLOCK, () => `\`\`\`\n${blocks.shift()}\n\`\`\``);
  if (process.env["MANYFIT_REWRITE_EXAMPLES"] === "1") writeFileSync(path, printed);
  return { page: comparable(page), printed: comparable(printed), cwd };
}

/** An environment in which `python` is the given one, as in a virtual environment that is active. */
function environmentOf(python: string): Readonly<Record<string, string>> {
  return {
    MANYFIT_PYTHON: python,
    PATH: `${dirname(python)}${delimiter}${process.env["PATH"] ?? ""}`,
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

async function runBlock(text: string, options: CliOptions): Promise<string> {
  const lines: string[] = [];
  for (const line of text.split("\n").filter((candidate) => candidate.startsWith("$ "))) {
    const command = line.slice(2).replace(/^npx manyfit/, "$manyfit");
    const { code, stdout, stderr } = await runShell(command, options);
    // Of a command that fails the page shows the error, not the progress before it.
    const shown = code === 0 ? stdout : stderr.slice(Math.max(0, stderr.lastIndexOf("manyfit: ")));
    lines.push(line, ...[shown.trimEnd()].filter((text) => text !== ""));
  }
  return lines.join("\n");
}

/** Without what differs from run to run; spaces count as one, because figures that differ are aligned by them. */
function comparable(text: string): string {
  return normalised(text).replaceAll(/ +/g, " ");
}
