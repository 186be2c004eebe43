import { join } from "node:path";
import type { Duckdb } from "../duckdb/duckdb.ts";
import { digestOf } from "./digest.ts";
import { hashFile } from "./disk.ts";
import type { Manifest } from "./manifest.ts";
import { RUN_FILE } from "./run-files.ts";

/** Something in a run folder that is not what its manifest says. */
export interface Discrepancy {
  /** Name of a file, or `digest`. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Recomputes the hash of every file and the digest of a committed run. Empty when all is as it was committed. The
 * digest is read from the tables themselves: it stays right when a table was written anew with the same content.
 */
export async function verifyRun(duckdb: Duckdb, folder: string, manifest: Manifest): Promise<Discrepancy[]> {
  const discrepancies: Discrepancy[] = [];
  for (const { name, bytes, sha256 } of manifest.files) {
    const found = await hashFile(join(folder, name)).catch(foundError);
    const text = typeof found === "string" ? found : `${found.bytes} bytes, sha256 ${found.sha256}`;
    const expected = `${bytes} bytes, sha256 ${sha256}`;
    if (text !== expected) discrepancies.push({ what: name, expected, found: text });
  }
  const found = await digestOf(duckdb, {
    ledgerPath: join(folder, RUN_FILE.ledger),
    modelsPath: join(folder, RUN_FILE.models),
    keyFields: manifest.keys,
    resultSchema: manifest.resultSchema,
    partitionCount: manifest.counts.partitions,
  }).catch(foundError);
  if (found !== manifest.digest) discrepancies.push({ what: "digest", expected: manifest.digest, found });
  return discrepancies;
}

function foundError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
