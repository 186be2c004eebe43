import type { ColumnType, JsonValue, Params } from "../index.ts";
import type { OptionValue } from "./option-value.ts";

/** A job as flags and config files tell it: by the names of the flags, and only what was told. */
export interface JobConfig {
  readonly paths?: readonly string[];
  readonly by?: readonly string[];
  readonly "per-file"?: boolean;
  readonly pooled?: boolean;
  readonly target?: string;
  readonly features?: readonly string[];
  readonly weights?: string;
  readonly "no-intercept"?: boolean;
  readonly estimator?: string;
  readonly trainer?: string;
  readonly sklearn?: string;
  readonly param?: Params;
  readonly where?: string;
  readonly type?: Readonly<Record<string, ColumnType>>;
  readonly delimiter?: string;
  readonly decimal?: "." | ",";
  readonly comment?: string;
  readonly "null-text"?: readonly string[];
  readonly nulls?: "drop" | "keep" | "fail";
  readonly "min-rows"?: number;
  readonly holdout?: number;
  readonly "order-by"?: readonly string[];
  readonly limit?: number;
  readonly out?: string;
  readonly name?: string;
  readonly workers?: number;
  readonly python?: string;
  readonly seed?: number;
  readonly timeout?: string;
  readonly "max-failed"?: number | string;
  readonly memory?: number | string;
  readonly "memory-per-worker"?: number | string;
  readonly engine?: "local" | "spark";
  readonly spark?: string;
  readonly "spark-node"?: string;
  readonly "spark-tasks"?: number;
}

/** Name of an option of a job: the flag without its dashes, and the property of a config file. */
export type OptionName = Exclude<keyof JobConfig, "paths">;

/** One option of a job. */
export interface JobOption {
  readonly name: OptionName;
  readonly value: OptionValue;
  /** What stands behind the flag; null for a switch. */
  readonly argument: string | null;
  /** What it does, without its default. */
  readonly about: string;
  /** What holds where it is not told, in words; null where that goes without saying. */
  readonly otherwise: string | null;
  /** The value that holds where it is not told, where one does. */
  readonly default?: JsonValue;
  /** What the library calls it in its messages, where that is another name. */
  readonly libraryName?: string;
  /** On the command line it takes the place of these, whatever a config file says of them. */
  readonly replaces?: readonly OptionName[];
  /** Whether it is a path, or starts with one. */
  readonly isPath?: true;
}

/** Options that belong together, as help shows them. */
export interface OptionGroup {
  readonly heading: string;
  readonly options: readonly JobOption[];
}
