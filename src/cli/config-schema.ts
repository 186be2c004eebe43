import type { JobOption } from "./job-option.ts";
import { JOB_OPTIONS } from "./job-option-table.ts";
import { type JsonSchema, ruleOf, type ValueRule } from "./option-value.ts";

/** A JSON Schema of config files. */
export interface ConfigSchema {
  readonly $schema: "https://json-schema.org/draft/2020-12/schema";
  readonly title: string;
  readonly description: string;
  readonly type: "object";
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties: false;
}

const SCHEMA_RULE: ValueRule = {
  schema: { type: "string", description: "where this schema is, for editors" },
  allowed: "is a text",
};

const PATHS = ruleOf({ kind: "columns" });
const PATHS_RULE: ValueRule = {
  schema: {
    ...PATHS.schema,
    description:
      "files, folders or globs, relative to this file's folder; paths on the command line take their place",
  },
  allowed: 'is a list of paths, such as ["sales/"]',
  ...(PATHS.inside === undefined ? {} : { inside: PATHS.inside }),
};

/** What a config file may say, by name: `$schema` for editors, `paths`, and every option of a job. */
export const PROPERTIES: readonly (readonly [name: string, rule: ValueRule])[] = [
  ["$schema", SCHEMA_RULE],
  ["paths", PATHS_RULE],
  ...JOB_OPTIONS.map((option) => [option.name, describedRule(option)] as const),
];

/** The schema of config files, from the same table as the flags. */
export function configSchema(): ConfigSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "manyfit job",
    description:
      "What manyfit train and manyfit plan are told by --config: the names of their flags without dashes. Flags win over it. Relative paths are those of this file's folder.",
    type: "object",
    properties: Object.fromEntries(PROPERTIES.map(([name, rule]) => [name, rule.schema])),
    additionalProperties: false,
  };
}

function describedRule({ value, about, otherwise, isPath, ...option }: JobOption): ValueRule {
  const rule = ruleOf(value);
  const relative = isPath ? ", relative to this file's folder" : "";
  // What this machine has is no property of the format.
  const fallback = option.name === "workers" ? "one per core" : otherwise;
  const description = `${about}${relative}${fallback === null ? "" : ` (default: ${fallback})`}`;
  const byDefault = option.default === undefined ? {} : { default: option.default };
  return { ...rule, schema: { description, ...byDefault, ...rule.schema } };
}
