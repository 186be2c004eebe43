import { murmur3OfUint32 } from "../../key/murmur3.ts";

/**
 * For each of `tasks` tasks an integer by which Spark's hash partitioning brings its rows to exactly that task, when rows are
 * repartitioned by a column of such labels: Spark takes pmod(Murmur3(label as int, seed 42), tasks).
 *
 * Source: `Murmur3_x86_32.hashInt` and `Pmod` in Spark's `HashPartitioning.partitionIdExpression`.
 */
export function taskLabels(tasks: number): Int32Array {
  const labels = new Int32Array(tasks);
  const isFound = new Uint8Array(tasks);
  let missing = tasks;
  for (let label = 0; missing > 0; label++) {
    const task = (((murmur3OfUint32(label, SEED) | 0) % tasks) + tasks) % tasks;
    if (isFound[task] === 1) continue;
    isFound[task] = 1;
    labels[task] = label;
    missing--;
  }
  return labels;
}

/** Spark's. */
const SEED = 42;
