import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleHost } from "../../../../src/engine/spark/executor/bundle-host.ts";
import type {
  ExecutorJob,
  FromHost,
  RowsMessage,
  ToHost,
} from "../../../../src/engine/spark/executor/job-file.ts";
import { type Bucket, bucketArrays } from "../../../../src/protocol/bucket.ts";
import { encodeFrame } from "../../../../src/protocol/frame.ts";
import { FramedProcess, type ProcessEnd } from "../../../../src/protocol/framed-process.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

/** What a host said, and how it ended: null where it was ended by the test, after all it was waited for. */
export interface PlayedHost {
  readonly messages: readonly FromHost[];
  readonly end: ProcessEnd | null;
}

/**
 * Starts the bundled host in a folder without packages and gives it the tasks one after the other, each when the last is done.
 * `hear` says whether it is left alone after a message.
 */
export async function playHost(
  job: ExecutorJob,
  tasks: readonly (readonly ToHost[])[],
  hear: (message: FromHost) => "stay" | "leave" = () => "stay",
  python = "",
): Promise<PlayedHost> {
  const folder = temporaryFolder();
  const program = join(folder, "host.mjs");
  writeFileSync(program, (await bundleHost()).code);
  const path = join(folder, "job.frame");
  writeFileSync(path, Buffer.concat(encodeFrame(job)));
  const messages: FromHost[] = [];
  const waiting = [...tasks];
  let finish = (_: ProcessEnd | null): void => undefined;
  const ended = new Promise<ProcessEnd | null>((resolve) => (finish = resolve));
  let printed = "";
  const command = { name: "host", file: process.execPath, args: [program] };
  const host = new FramedProcess(command, {
    onMessage: (received) => {
      const message = received as FromHost;
      messages.push(message);
      if (hear(message) === "leave") host.end();
      if (message.type === "done") giveNext();
    },
    onPrinted: (_, text) => (printed += text),
    onEnd: (end) => finish(end),
    onFailure: (error) => {
      throw error;
    },
  });
  const giveNext = (): void => {
    const task = waiting.shift();
    if (task === undefined) finish(null);
    else for (const message of task) host.send(message);
  };
  host.send({ type: "job", path, python } satisfies ToHost);
  giveNext();
  const end = await ended;
  await host.kill();
  if (printed !== "" && end === null) throw new Error(`host printed ${printed}`);
  return { messages, end };
}

/** The messages of a task that bring the rows of a bucket, so many at a time. */
export function rowsOf(task: number, bucket: Bucket, atATime: number): ToHost[] {
  const { position, partition, columns } = bucketArrays(bucket);
  const messages: ToHost[] = [];
  for (let from = 0; from < bucket.rowCount; from += atATime) {
    const to = Math.min(from + atATime, bucket.rowCount);
    const rows: RowsMessage = {
      type: "rows",
      task,
      rowCount: to - from,
      position: position.slice(from, to),
      partition: partition.slice(from, to),
      columns: columns.map((column) => {
        if (column.kind === "texts") throw new Error("made buckets have numbers");
        return { values: column.values.slice(from, to), isValid: column.isValid?.slice(from, to) ?? null };
      }),
    };
    messages.push(rows);
  }
  return [...messages, { type: "end", task }];
}
