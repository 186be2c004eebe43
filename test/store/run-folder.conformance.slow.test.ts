import type { Duckdb } from "../../src/duckdb/duckdb.ts";
import { openRun } from "../../src/store/open-run.ts";
import { createRunId } from "../../src/store/run-folder.ts";
import { createRunWriter } from "../../src/store/run-writer.ts";
import { checkStore } from "../conformance/check-store.ts";
import type { StoreMember } from "../conformance/store-member.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { jobOf, ORIGIN } from "./made-run.ts";

/** Run folders on disk; `flushEveryRows` decides how many part files a run has. */
async function runFolders(flushEveryRows: number): Promise<StoreMember> {
  const duckdb: Duckdb = await openTestDuckdb();
  const runsFolder = temporaryFolder();
  return {
    createWriter: (run) =>
      createRunWriter({
        ...{ duckdb, runsFolder, flushEveryRows, seed: 42 },
        id: createRunId(),
        job: jobOf(run),
        origin: ORIGIN,
        ...run,
      }),
    open: (writer) => openRun(writer.folder),
    close: async () => duckdb.close(),
  };
}

checkStore("of run folders with one part", () => runFolders(1e6));
checkStore("of run folders with many parts", () => runFolders(2));
