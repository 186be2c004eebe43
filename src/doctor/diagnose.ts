import type { Finding } from "./finding.ts";
import { manyfitFindings } from "./manyfit-findings.ts";
import { pythonFindings } from "./python-findings.ts";
import { sparkFindings } from "./spark-findings.ts";

/** What to look at. */
export interface DiagnoseOptions {
  /** Interpreter for trainers in Python. Default: as `train` finds it. */
  readonly python?: string;
  /** Milliseconds within which that interpreter has to answer. Default: 60,000, as the first import of packages is slow. */
  readonly pythonWithinMs?: number;
  /** Connection string of a Spark cluster's server. Default: the variable `SPARK_REMOTE`, else none is looked at. */
  readonly spark?: string;
}

/** What a run has to work with. */
export interface Diagnosis {
  /** Whether nothing is broken; what is only absent is what nobody asked for. */
  readonly isOk: boolean;
  readonly findings: readonly Finding[];
}

const PYTHON_WITHIN_MS = 60_000;
const SPARK_WITHIN_MS = 30_000;

/** Looks at what a run has to work with, as it would be used, and installs nothing. */
export async function diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const { python = null, pythonWithinMs: withinMs = PYTHON_WITHIN_MS, spark = null } = options;
  const parts = await Promise.all([
    manyfitFindings(),
    pythonFindings({ python, withinMs }),
    sparkFindings({ server: spark, withinMs: SPARK_WITHIN_MS }),
  ]);
  const findings = parts.flat();
  return { isOk: findings.every(({ state }) => state !== "broken"), findings };
}
