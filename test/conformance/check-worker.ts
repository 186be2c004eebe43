import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ALL_ROWS } from "../../src/job/policy.ts";
import {
  type EngineMessage,
  PROTOCOL_VERSION,
  type WorkerInit,
  type WorkerTrainer,
} from "../../src/protocol/message.ts";
import { FIT_STATES } from "../../src/run/fit-state.ts";
import { ANY_SIZE, PLAIN_DIALECT } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { MADE_COLUMNS, MADE_ROWS, madeBucket } from "../worker/made-bucket.ts";
import { Talk } from "../worker/talk.ts";

/** A worker that was started and told nothing yet. */
export interface StartedWorker {
  send(message: EngineMessage): void;
  /** Sends what is no message. */
  sendDamaged(): void;
  close(): Promise<void>;
}

/** What the suite asks of a kind of worker. */
export interface WorkerMember {
  start(talk: Talk): StartedWorker;
  /** A trainer that reads `x` and `y`. */
  trainer(): Promise<WorkerTrainer>;
  /** An `x` with which its fit fails. */
  readonly spoiltX: number;
}

/** Files with their text: a plain one, one that is not plain, one that is not there, one with its columns turned round. */
const FILES = [
  ["plain.csv", "x,y\n1,3\n2,5.5\n3,7\n4,9\n"],
  ["plus.csv", "x,y\n1,+3\n2,5\n3,7\n4,9\n"],
  ["missing.csv", null],
  ["turned.csv", "y,more,x\n3,a,1\n5.5,b,2\n7,c,3\n9,d,4\n"],
] as const;

/** What every worker must answer, wherever it runs and whatever it fits. */
export function checkWorker(name: string, member: WorkerMember): void {
  describe(`worker ${name}`, () => {
    const folder = temporaryFolder();
    let worker: StartedWorker;

    afterEach(() => worker.close());

    async function started(version = PROTOCOL_VERSION): Promise<Talk> {
      const talk = new Talk();
      worker = member.start(talk);
      const init: WorkerInit = {
        version,
        worker: 3,
        trainer: await member.trainer(),
        readColumns: MADE_COLUMNS,
        keyFields: [],
        seed: 1,
        rowPolicy: { ...ALL_ROWS, nulls: "drop" },
        filePlan: {
          format: "csv",
          dialect: PLAIN_DIALECT,
          columns: MADE_COLUMNS,
          mustDecline: null,
          limits: ANY_SIZE,
        },
      };
      worker.send({ type: "init", ...init });
      return talk;
    }

    function sendTask(
      task: number,
      range: { from: number; to: number },
      spoilt = new Map<number, number>(),
    ): void {
      const bucket = madeBucket(10 * task, 10, spoilt);
      worker.send({ type: "data", task, attempt: 2, bucket, ...range, keys: null });
    }

    test("answers tasks in their order, each with all of its partitions once and in order", async () => {
      const talk = await started();
      sendTask(5, { from: 0, to: 10 });
      sendTask(2, { from: 3, to: 7 });
      await talk.tasks(2);
      expect(talk.of("broken")).toEqual([]);
      const answers = talk
        .of("result")
        .flatMap(({ batch }) => Array.from(batch.partition, (partition) => [batch.task, partition]));
      const expected = (task: number, from: number, to: number): number[][] =>
        Array.from({ length: to - from }, (_, i) => [task, 10 * task + from + i]);
      expect(answers).toEqual([...expected(5, 0, 10), ...expected(2, 3, 7)]);
      for (const { batch } of talk.of("result")) {
        expect([batch.worker, batch.attempt]).toEqual([3, 2]);
        expect(batch.errors).toEqual([]);
        expect([...batch.state].every((state) => FIT_STATES[state] === "fitted")).toBe(true);
        expect([...batch.rowsRead]).toEqual([...batch.state].map(() => MADE_ROWS));
      }
      const isLast = talk.of("result").map((result) => result.isLast);
      expect(isLast.filter(Boolean).length).toBe(2);
      expect(isLast.at(-1)).toBe(true);
    });

    test("says when a partition begins before its result, or never", async () => {
      const talk = await started();
      sendTask(1, { from: 0, to: 10 });
      await talk.tasks(1);
      const begun = talk.of("started").map(({ task, partition }) => [task, partition]);
      if (begun.length > 0) expect(begun).toEqual(Array.from({ length: 10 }, (_, i) => [1, 10 + i]));
    });

    test("takes a range without partitions for answered", async () => {
      const talk = await started();
      sendTask(1, { from: 4, to: 4 });
      await talk.tasks(1);
      expect(talk.of("result").map(({ batch }) => batch.partition.length)).toEqual([0]);
    });

    test("fits every partition but the one that fails", async () => {
      const talk = await started();
      sendTask(0, { from: 0, to: 10 }, new Map([[4, member.spoiltX]]));
      await talk.tasks(1);
      const states = talk
        .of("result")
        .flatMap(({ batch }) => [...batch.state].map((state) => FIT_STATES[state]));
      expect(states).toEqual(Array.from({ length: 10 }, (_, i) => (i === 4 ? "failed" : "fitted")));
      expect(talk.of("result").flatMap(({ batch }) => batch.errors).length).toBe(1);
    });

    test("answers files once each: fitted, failed, or left to its engine", async () => {
      const talk = await started();
      const paths = FILES.map(([name, text]) => {
        const path = join(folder, name);
        if (text !== null) writeFileSync(path, text);
        return path;
      });
      const files = paths.map((path, i) => ({ partition: 40 + i, path }));
      worker.send({ type: "files", task: 8, attempt: 1, files, keys: null });
      await talk.tasks(1);
      expect(talk.of("declined")).toMatchObject([{ task: 8, partition: 41 }]);
      const answers = talk
        .of("result")
        .flatMap(({ batch }) =>
          Array.from(batch.state, (state, row) => [batch.partition[row], FIT_STATES[state]]),
        );
      expect(answers).toEqual([
        [40, "fitted"],
        [42, "failed"],
        [43, "fitted"],
      ]);
      const facts = talk.of("result").flatMap(({ batch }) => batch.files?.bytes ?? []);
      expect(facts).toEqual([FILES[0][1].length, null, FILES[3][1].length]);
    });

    test("gives the same bits for the same task", async () => {
      const talk = await started();
      sendTask(0, { from: 0, to: 10 });
      sendTask(0, { from: 0, to: 10 });
      await talk.tasks(2);
      const [first, second] = talk
        .of("result")
        .map(({ batch }) => [batch.model, batch.metrics, batch.documents]);
      expect(first).toEqual(second);
    });

    test("is broken by another version of the protocol", async () => {
      const talk = await started(PROTOCOL_VERSION + 1);
      await talk.until((said) => said.length > 0);
      expect(talk.said).toMatchObject([
        { type: "broken", code: "worker_failed", message: expect.stringMatching(/two versions/) },
      ]);
    });

    test("is broken by data before its trainer", async () => {
      const talk = new Talk();
      worker = member.start(talk);
      sendTask(0, { from: 0, to: 1 });
      await talk.until((said) => said.length > 0);
      expect(talk.said).toMatchObject([{ type: "broken" }]);
    });

    test("is broken by what is no message", async () => {
      const talk = await started();
      worker.sendDamaged();
      await talk.until((said) => said.some(({ type }) => type === "broken"));
      expect(talk.said.filter(({ type }) => type !== "ready")).toMatchObject([{ type: "broken" }]);
    });
  });
}
