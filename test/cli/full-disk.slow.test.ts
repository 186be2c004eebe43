import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diskFolder, needSmallDisk, onSmallDisk } from "../store/small-disk.ts";
import { writtenFolder } from "../trainer/written-trainer.ts";
import { CLI_COMMAND, cliEnvironment } from "./run-cli.ts";

/** Models of 100 kB that cannot be packed: together more than the disk has. */
const TRAINER = `import { defineTrainer } from "manyfit";
export default defineTrainer({
  columns: ["x"],
  fit({ table }) {
    const bytes = new Uint8Array(100_000);
    let state = 1 + table.numbers("x")[0]!;
    for (let i = 0; i < bytes.length; i++) bytes[i] = (state = (state * 48271) % 2147483647);
    return { model: bytes };
  },
});
`;

const rows = Array.from({ length: 100 }, (_, i) => `${i},${i}`);
const cwd = writtenFolder({ "trainer.ts": TRAINER, "stores.csv": `store,x\n${rows.join("\n")}\n` });

test("a run whose disk becomes full says so, commits nothing, and is explained by show", (context) => {
  needSmallDisk(context);
  const folder = diskFolder();
  const [program, ...args] = onSmallDisk(folder, "3m");
  const train = `train stores.csv --by store --trainer ./trainer.ts --workers 2 --out "$0" --name night`;
  const line = `${CLI_COMMAND} ${train}; echo "code $?"; ls -A "$0/night" "$0/night/parts"; ${CLI_COMMAND} show night --out "$0"`;
  const { stdout, stderr } = spawnSync(program, [...args, "sh", "-c", line, folder], {
    cwd,
    encoding: "utf8",
    env: cliEnvironment(),
  });
  const run = join(folder, "night");
  const message = `run folder ${run}: the disk is full; make room there, or write to another disk`;
  expect(stderr.trimEnd().split("\n").at(-1)).toBe(
    `manyfit: ${message}; nothing is committed, manyfit show night --out ${folder} says what is there`,
  );
  const [code, listing, shown] = stdout.split(/(?<=^code \d+\n)|(?=^run night)/m);
  expect(code).toBe("code 1\n");
  expect(listing).toBe(
    `${run}:\nevents.ndjson\njob.json\nparts\nsources.ndjson\ntrainer.mjs\n\n${join(run, "parts")}:\nkeys.parquet\n`,
  );
  expect(shown).toMatch(
    /^run night stopped\n {2}what {3}run night stopped before the commit; nothing was committed; /,
  );
  expect(shown).toContain(`\n  why    ${message}\n  done   0 of 100 partitions answered\n`);
});
