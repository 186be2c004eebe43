import { ManyfitError } from "./errors.ts";
import { isEstimatorSpec, type TrainerSpec } from "./job/job.ts";
import type { FailureBudget, NullPolicy, Policy } from "./job/policy.ts";

/** What options say of rows, time and failures, as `train` takes them. */
export interface PolicyOptions {
  readonly nulls?: NullPolicy;
  readonly minRows?: number;
  readonly holdout?: number;
  readonly timeout?: number | string;
  readonly maxFailed?: number | string;
}

const NULL_POLICIES: readonly NullPolicy[] = ["drop", "keep", "fail"];
const MAX_COUNT = 2 ** 31 - 1;

/** What setTimeout can wait: a little less than 25 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Options as a policy. Throws `invalid_option` for what is not allowed, or makes no sense for the trainer. */
export function policyFrom(options: PolicyOptions, trainer: TrainerSpec): Policy {
  const { nulls, minRows, holdout, timeout, maxFailed } = options;
  if (nulls !== undefined && !NULL_POLICIES.includes(nulls))
    throw invalid(`nulls is ${JSON.stringify(nulls)}, allowed are ${NULL_POLICIES.join(", ")}`);
  if (isEstimatorSpec(trainer)) {
    if (nulls === "keep")
      throw invalid(
        `nulls is keep, but ${trainer.estimator} cannot fit rows with NULL, NaN or an infinity; allowed are drop and fail`,
      );
    if (timeout !== undefined)
      throw invalid(
        `timeout is given, but ${trainer.estimator} always comes to an end; it is for trainers of your own`,
      );
  }
  if (holdout !== undefined && !(holdout > 0 && holdout < 1))
    throw invalid(`holdout is ${holdout}, allowed are shares above 0 and below 1, such as 0.2`);
  return {
    nulls: nulls ?? null,
    minRows: minRows === undefined ? null : countFrom("minRows", minRows),
    holdout: holdout ?? null,
    timeoutMs: timeout === undefined ? null : durationFrom("timeout", timeout),
    maxFailed: maxFailed === undefined ? null : failureBudgetFrom(maxFailed),
  };
}

/** A whole number from 1 on. Throws `invalid_option`. */
export function countFrom(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= MAX_COUNT) return value;
  throw invalid(`${name} is ${value}, allowed are whole numbers from 1 to ${MAX_COUNT}`);
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** A number of bytes, or text such as `4GB`, `512MiB`. Throws `invalid_option`. */
export function bytesFrom(name: string, value: number | string): number {
  const bytes = typeof value === "number" ? value : amountFrom(value, BYTE_UNITS);
  if (bytes !== null && bytes >= 1 && bytes <= Number.MAX_SAFE_INTEGER) return Math.floor(bytes);
  throw invalid(`${name} is ${JSON.stringify(value)}, allowed are bytes, or text such as 512MB, 4GB, 4GiB`);
}

const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** A number of milliseconds, or text such as `30s`. Throws `invalid_option`. */
export function durationFrom(name: string, value: number | string): number {
  const milliseconds = typeof value === "number" ? value : amountFrom(value, TIME_UNITS);
  if (milliseconds !== null && milliseconds >= 1 && milliseconds <= MAX_TIMEOUT_MS)
    return Math.ceil(milliseconds);
  throw invalid(
    `${name} is ${JSON.stringify(value)}, allowed are milliseconds from 1 on, or text with its unit such as 500ms, 30s, 5m, 1h, up to 24 days`,
  );
}

function amountFrom(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:[.]\d+)?) ?([a-z]*)$/i.exec(text.trim());
  if (match === null) return null;
  const unit = match[2]!.toLowerCase();
  return Object.hasOwn(units, unit) ? Number(match[1]) * units[unit]! : null;
}

/** `1%` is a share, `50` or 50 a number of partitions. Throws `invalid_option`. */
function failureBudgetFrom(value: number | string): FailureBudget {
  const text = String(value).trim();
  if (/^\d+$/.test(text) && Number(text) <= MAX_COUNT) return { partitions: Number(text) };
  const percent = /^(\d+(?:[.]\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { share: Number(percent) / 100 };
  throw invalid(
    `maxFailed is ${JSON.stringify(value)}, allowed are whole numbers of partitions from 0 on, or shares such as 1%`,
  );
}

/** What a folder can be called everywhere, and what cannot be taken for an option or `latest`. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Name of a run, null where none is told. Throws `invalid_option`. */
export function nameFrom(name: string | undefined): string | null {
  if (name === undefined) return null;
  if (NAME.test(name) && name !== "latest") return name;
  throw invalid(
    `name is ${JSON.stringify(name)}, allowed are 1 to 100 letters, digits, points, dashes and underscores, a letter or digit first, and not latest`,
  );
}

function invalid(message: string): ManyfitError {
  return new ManyfitError("invalid_option", message);
}
