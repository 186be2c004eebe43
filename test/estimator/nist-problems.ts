import { readRecords, readTruth, type TrueGroup } from "./truth-files.ts";

/** A linear regression set of NIST's Statistical Reference Datasets with its certified values. */
export interface NistProblem {
  readonly name: string;
  readonly columns: { readonly features: readonly Float64Array[]; readonly target: Float64Array };
  readonly truth: TrueGroup;
  /** Terms, the intercept first. */
  readonly names: readonly string[];
  /** Digits that a good double-precision program gets right. */
  readonly digits: number;
}

const GOOD_DIGITS: Readonly<Record<string, number>> = { Norris: 12, Pontius: 11, Longley: 11, Wampler1: 9 };

/** Norris, Pontius, Longley and Wampler1. */
export function nistProblems(): NistProblem[] {
  const { groups } = readTruth<{ groups: (TrueGroup & { file: string })[] }>("nist/truth.json");
  return groups.map((truth) => {
    const records = readRecords(`nist/${truth.file}`);
    const columnOf = (name: string) => Float64Array.from(records, (record) => Number(record[name]));
    const features = Object.keys(truth.coef).filter((name) => name !== "(intercept)");
    return {
      name: truth.key[0]!,
      columns: { features: features.map(columnOf), target: columnOf("y") },
      truth,
      names: ["(intercept)", ...features],
      digits: GOOD_DIGITS[truth.key[0]!]!,
    };
  });
}
