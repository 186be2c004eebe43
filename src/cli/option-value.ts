/**
 * What an option of a job takes, as plain data: the flag and the property of a config file are both read by it.
 *
 * `switch`: on or off. `text`: one text. `character`: one character of a CSV's dialect. `choice`: one of some texts.
 * `columns`: names of columns, in a flag as a CSV record. `texts`: texts as they stand, one for each time that the flag is
 * given. `whole`: a whole number. `share`: a number between 0 and 1. `bytes`, `failures`: a number, or text with its
 * unit. `time`: text with its unit. `types`: types by column. `params`: any values by name.
 */
export type OptionValue =
  | { readonly kind: "switch" | "character" | "columns" | "texts" | "share" }
  | { readonly kind: "bytes" | "time" | "failures" | "types" | "params" }
  | { readonly kind: "text"; readonly mayBeEmpty?: true }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "whole"; readonly min: number; readonly max: number };

/** The types that a column can be told to have; beside them there are decimals. */
const PLAIN_COLUMN_TYPES = ["text", "integer", "double", "boolean", "date", "timestamp", "timestamp_ns"];

/** The types that a column can be told to have, the decimal as an example. */
export const COLUMN_TYPES: readonly string[] = [
  ...["text", "integer", "double", "decimal(18,3)", "boolean"],
  ...["date", "timestamp", "timestamp_ns", "timestamptz"],
];

/** The part of JSON Schema that describes the values of options. */
export interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: "string" | "number" | "integer" | "boolean" | "array" | "object";
  readonly enum?: readonly string[];
  /** An ECMAScript pattern, read with the flag `u`. */
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  /** Of the items of an array. */
  readonly items?: JsonSchema;
  /** Of the values of an object. */
  readonly additionalProperties?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** A schema and what it allows in words, such as `whole numbers from 0 to 9`. */
export interface ValueRule {
  readonly schema: JsonSchema;
  readonly allowed: string;
  /** Of the items of an array, or the values of an object. */
  readonly inside?: ValueRule;
}

const ANY_TEXT: ValueRule = { schema: { type: "string" }, allowed: "is a text" };
const NAME: ValueRule = {
  schema: { type: "string", minLength: 1 },
  allowed: "is a text that is not empty",
};

const COLUMN_TYPE: ValueRule = {
  schema: {
    anyOf: [
      { enum: [...PLAIN_COLUMN_TYPES, "timestamptz"] },
      { type: "string", pattern: "^decimal\\([0-9]+,[0-9]+\\)$" },
    ],
  },
  allowed: `are ${COLUMN_TYPES.join(", ")}`,
};

const CHARACTER: ValueRule = {
  schema: { type: "string", pattern: '^[^\\r\\n"]$' },
  allowed: "is one character that ends no line and is no quote",
};

const SHARE: ValueRule = {
  schema: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
  allowed: "are shares above 0 and below 1, such as 0.2",
};

const MOST_PARTITIONS = 2 ** 31 - 1;

const BYTES: ValueRule = amount(
  { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
  "^[0-9]+(?:[.][0-9]+)? ?(?:[kKmMgGtT][iI]?)?[bB]$",
  "are bytes, or text such as 512MB, 4GB, 4GiB",
);

/** A number alone has no unit: 30 would be 30 ms to the library, and 30 s to many who write it. */
const TIME: ValueRule = {
  schema: {
    type: "string",
    pattern: "^[0-9]+(?:[.][0-9]+)? ?(?:[mM]?[sS]|[mM](?:[iI][nN])?|[hH])$",
  },
  allowed: "are times with their unit, such as 500ms, 30s, 5m, 1h",
};

const FAILURES: ValueRule = amount(
  { type: "integer", minimum: 0, maximum: MOST_PARTITIONS },
  "^[0-9]+(?:[.][0-9]+)?%$",
  "are whole numbers of partitions from 0 on, or shares such as 1%",
);

/** What an option's value has to be: in a config file, and once a flag is read. */
export function ruleOf(value: OptionValue): ValueRule {
  switch (value.kind) {
    case "switch":
      return { schema: { type: "boolean" }, allowed: "are true and false" };
    case "text":
      return value.mayBeEmpty ? ANY_TEXT : NAME;
    case "character":
      return CHARACTER;
    case "choice":
      return { schema: { enum: value.choices }, allowed: `are ${value.choices.map(choiceText).join(", ")}` };
    case "columns":
      return listOf(NAME, "is a list of column names, such as");
    case "texts":
      return listOf(ANY_TEXT, "is a list of texts, such as");
    case "whole": {
      const { min, max } = value;
      const schema = { type: "integer", minimum: min, maximum: max } as const;
      return { schema, allowed: `are whole numbers from ${min} to ${max}` };
    }
    case "share":
      return SHARE;
    case "bytes":
      return BYTES;
    case "time":
      return TIME;
    case "failures":
      return FAILURES;
    case "types":
      return {
        schema: { type: "object", additionalProperties: COLUMN_TYPE.schema },
        allowed: 'is an object of types by column, such as {"store": "text"}',
        inside: COLUMN_TYPE,
      };
    case "params":
      return {
        schema: { type: "object" },
        allowed: 'is an object of values by name, such as {"alpha": 0.1}',
      };
  }
}

/** A choice that is no word, such as a comma, stands in quotes. */
function choiceText(choice: string): string {
  return /^\w+$/.test(choice) ? choice : JSON.stringify(choice);
}

function listOf(inside: ValueRule, allowed: string): ValueRule {
  const schema = { type: "array", items: inside.schema, minItems: 1 } as const;
  return { schema, allowed: `${allowed} ["a", "b"]`, inside };
}

function amount(number: JsonSchema, pattern: string, allowed: string): ValueRule {
  return { schema: { anyOf: [number, { type: "string", pattern }] }, allowed };
}
