import { FAMILIES, type ImportRow, OPEN_TO_ALL, type ReachRule } from "./import-table.ts";
import { type Import, importsOf } from "./imports.ts";
import { filesIn, type Project } from "./project.ts";

/** The rows of an import table by area. */
export type ImportTable = Readonly<Record<string, ImportRow>>;

/** Every import of `src` that `table` does not allow, every file that has no row, and every row without files. */
export function checkImportTable(project: Project, table: ImportTable): string[] {
  const findings: string[] = [];
  const areasSeen = new Set<string>();
  for (const { fileName } of filesIn(project, "src")) {
    const area = areaOf(fileName, table);
    if (area === null) {
      findings.push(
        `${fileName}: has no row in the import table; there are: ${Object.keys(table).join(", ")}`,
      );
      continue;
    }
    areasSeen.add(area);
    for (const found of importsOf(project, fileName)) {
      const fault = found.isPackage ? packageFault(found, table[area]!) : fileFault(project, found, table);
      if (fault === null) continue;
      findings.push(`${found.from}:${found.line}: ${fault}; ${describeRow(area, table[area]!)}`);
    }
  }
  for (const [area, row] of Object.entries(table)) {
    if (!areasSeen.has(area) && row.isPlanned !== true) {
      findings.push(`import table: row "${area}" has no files in src`);
    }
  }
  return findings;
}

/** Every way along value imports that comes to something that a reach rule forbids. */
export function checkReach(project: Project, table: ImportTable, rules: readonly ReachRule[]): string[] {
  const findings: string[] = [];
  for (const rule of rules) {
    for (const { fileName } of filesIn(project, "src")) {
      const isStart = rule.from.some((name) => isWithin(fileName, name, table));
      const isExcepted = rule.except.some((name) => isWithin(fileName, name, table));
      if (!isStart || isExcepted) continue;
      const way = forbiddenWay(project, fileName, rule, table);
      if (way !== null) findings.push(`${way.join(" → ")}: ${rule.why}`);
    }
  }
  return findings;
}

/**
 * The import cycles between files of `src`. Type-only imports count: a cycle of types compiles,
 * but its files cannot be read one after the other. Entries do not: they are started, not loaded.
 */
export function checkCycles(project: Project): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string) => {
    const start = way.indexOf(path);
    if (start >= 0) cycles.push(`import cycle: ${[...way.slice(start), path].join(" → ")}`);
    if (start >= 0 || done.has(path)) return;
    way.push(path);
    const targets = importsOf(project, path).filter((found) => found.kind !== "entry");
    for (const target of new Set(targets.map((found) => found.target))) {
      if (project.files.has(target)) visit(target);
    }
    way.pop();
    done.add(path);
  };
  for (const { fileName } of filesIn(project, "src")) visit(fileName);
  return cycles;
}

/** The row under which a file stands, or null. A subfolder of a family stands under a row of its own only. */
function areaOf(path: string, table: ImportTable): string | null {
  const inSrc = path.replace(/^src\//, "");
  const areas = Object.keys(table).filter((area) => inSrc === area || inSrc.startsWith(`${area}/`));
  const area = areas.sort((a, b) => b.length - a.length)[0] ?? null;
  const isUnknownMember =
    area !== null && FAMILIES.includes(area) && inSrc.slice(area.length + 1).includes("/");
  return isUnknownMember ? null : area;
}

/** Whether a file belongs to the area or is the file that `name` names. */
function isWithin(path: string, name: string, table: ImportTable): boolean {
  return path === `src/${name}` || areaOf(path, table) === name || path.startsWith(`src/${name}/`);
}

function packageFault(found: Import, row: ImportRow): string | null {
  const { from, specifier, target } = found;
  const isAllowed = target.startsWith("node:")
    ? row.node === true || (Array.isArray(row.node) && row.node.includes(from.replace(/^src\//, "")))
    : row.packages?.includes(target) === true;
  return isAllowed ? null : `may not import ${specifier}`;
}

function fileFault(project: Project, found: Import, table: ImportTable): string | null {
  const { from, kind, specifier, target } = found;
  const isStarted = kind === "entry" && table[areaOf(from, table)!]!.entries?.includes(target) === true;
  if (!target.startsWith("src/")) return isStarted ? null : `imports ${specifier}, which is outside of src`;
  if (!project.files.has(target)) return `imports ${specifier}, which is not there (imports end in .ts)`;
  const area = areaOf(from, table)!;
  const targetArea = areaOf(target, table);
  if (targetArea === null) return `imports ${specifier}, which has no row in the import table`;
  if (targetArea === area || (kind !== "entry" && OPEN_TO_ALL.some((open) => target === `src/${open}`)))
    return null;
  if (isOtherMember(area, targetArea)) {
    return `imports ${specifier}: members of a family never import each other`;
  }
  const row = table[area]!;
  const lists = { value: [row.values], type: [row.values, row.types], entry: [row.entries] }[kind];
  const isAllowed = lists.some((names) =>
    names?.some((name) => target === `src/${name}` || targetArea === name),
  );
  if (isAllowed) return null;
  const isTypeAllowed = kind === "value" && row.types?.some((name) => targetArea === name);
  const verb = kind === "entry" ? "start" : "import";
  return `may not ${verb} ${specifier} (${targetArea})${isTypeAllowed ? " other than with import type" : ""}`;
}

function isOtherMember(area: string, target: string): boolean {
  const family = FAMILIES.find((name) => area.startsWith(`${name}/`));
  if (family === undefined || !target.startsWith(`${family}/`)) return false;
  const memberOf = (name: string): string => name.slice(family.length + 1).split("/")[0]!;
  return memberOf(area) !== memberOf(target);
}

function describeRow(area: string, row: ImportRow): string {
  const lists = [
    { names: [...OPEN_TO_ALL, ...(row.values ?? []), ...(row.packages ?? [])], suffix: "" },
    { names: row.types ?? [], suffix: " (types only)" },
    { names: row.entries ?? [], suffix: " (started, not imported)" },
    { names: row.node === true ? ["node:"] : [], suffix: "" },
    { names: Array.isArray(row.node) ? row.node : [], suffix: " (may import node:)" },
  ];
  const allowed = lists.flatMap(({ names, suffix }) => names.map((name) => `${name}${suffix}`));
  return `${area} may import: ${allowed.join(", ")}`;
}

/** The shortest forbidden way from `start`, or null. */
function forbiddenWay(project: Project, start: string, rule: ReachRule, table: ImportTable): string[] | null {
  const ways: string[][] = [[start]];
  const seen = new Set([start]);
  for (const way of ways) {
    for (const found of importsOf(project, way.at(-1)!)) {
      if (found.kind !== "value" || seen.has(found.target)) continue;
      seen.add(found.target);
      const next = [...way, found.target];
      if (rule.never.some((name) => isForbidden(found, name, table))) return next;
      if (project.files.has(found.target)) ways.push(next);
    }
  }
  return null;
}

function isForbidden(found: Import, name: string, table: ImportTable): boolean {
  if (!found.isPackage) return isWithin(found.target, name, table);
  return found.target === name || (name === "node:" && found.target.startsWith(name));
}
