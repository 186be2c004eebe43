import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Duckdb } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import { type KeyList, keyCount } from "../key/key-list.ts";
import { isAscending } from "../key/key-order.ts";
import type { KeyField } from "../key/key-type.ts";
import type { ResultBatch } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { RunEvent } from "../run/run-event.ts";
import { type Artifact, checkArtifacts, writeArtifacts } from "./artifact.ts";
import { checkResultSchema } from "./check-result-schema.ts";
import { type CommitOptions, type CommitProgress, commitRun } from "./commit-run.ts";
import { syncFolder, unwritable } from "./disk.ts";
import { EventWriter } from "./event-writer.ts";
import { type FileFacts, FileFactsCollector } from "./file-facts.ts";
import { type RunOrigin, writeJobFile } from "./job-file.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { type Manifest, RUN_FORMAT, type RunFacts } from "./manifest.ts";
import { makeRunFolder } from "./new-folder.ts";
import { PartWriter } from "./part-writer.ts";
import { RUN_FILE } from "./run-files.ts";
import { writeSources } from "./source-list.ts";
import { storeKeyFields } from "./stored-keys.ts";
import { writeKeys } from "./write-keys.ts";
import type { WritePoint } from "./write-point.ts";

/** Little enough to lose, and long enough that a run of hours has no more than some thousand parts. */
const FLUSH_EVERY_MS = 3000;

/** What {@link createRunWriter} needs to know. */
export interface RunWriterOptions {
  readonly duckdb: Duckdb;
  /** Folder in which the run's own folder is made; it is made too where it is missing. */
  readonly runsFolder: string;
  /** Name of the run's folder. */
  readonly id: string;
  /** Empty for pooled runs. */
  readonly keyFields: readonly KeyField[];
  /** Keys of all partitions, in key order, at least one. */
  readonly keys: KeyList;
  readonly resultSchema: ResultSchema;
  /** What is to be done, which the folder says until the manifest does. */
  readonly job: ResolvedJob;
  /** Where it was asked for, which the folder says as long. */
  readonly origin: RunOrigin;
  /** In milliseconds since 1970; by default now. */
  readonly startedAtMs?: number;
  /** Files that the run keeps beside its tables; by default none. */
  readonly artifacts?: readonly Artifact[];
  /** Seed of the run, a uint32. */
  readonly seed: number;
  /** Awaited at each moment at which the process may die. */
  readonly onWritePoint?: (point: WritePoint) => void | Promise<void>;
  /** Results older than this many milliseconds are written to disk; by default 3,000. */
  readonly flushEveryMs?: number;
  /**
   * Results that are written at once, without waiting for the time; by default as many as hold 2^23 numbers. 64 MiB
   * of documents and texts of remarks are always written at once.
   */
  readonly flushEveryRows?: number;
  /** What results may take on their way to disk: less than 384 MiB lets them be written sooner. Default: that. */
  readonly resultBytes?: number;
}

/** The run folder of a run that is under way. */
export interface RunWriter {
  readonly id: string;
  /** Absolute path of the run folder. */
  readonly folder: string;
  /**
   * Takes the results of some partitions, in any order. What is taken is on disk some seconds later; until then its
   * documents must not change.
   * @throws ManyfitError `run_unwritable` when this or an earlier batch cannot be written, `internal` for a batch
   * that does not fit the result schema.
   */
  append(batch: ResultBatch): Promise<void>;
  /**
   * What the results so far say of the files that were read, by partition; null where partitions are no files. With
   * every result taken, these are the manifest's `sources`.
   */
  fileFacts(): FileFacts | null;
  /** Adds to the event log. Events after the start of the commit are not written: the manifest says what they say. */
  recordEvent(event: RunEvent): void;
  /**
   * Puts everything taken so far on disk, and the events in any case where there is room, and lets go of the folder,
   * uncommitted.
   */
  stop(): Promise<void>;
  /**
   * Makes the run: tables in key order, digest, manifest. After it the folder never changes again. When it throws,
   * nothing is committed, the parts are as they were, and `stop` is still to be called. `onProgress` is told how far it
   * has come.
   * @throws ManyfitError `run_damaged` when there is not exactly one result for each partition, or when the rows do
   * not add up to those of the files; `run_unwritable`.
   */
  commit(facts: RunFacts, onProgress?: CommitProgress): Promise<Manifest>;
}

/**
 * Makes the folder of a new run and locks it. When that fails, nothing of the folder is left.
 * @throws ManyfitError `run_unwritable` when the folder cannot be made or exists already, `run_locked` when a run of
 * this name is under way.
 */
export async function createRunWriter(options: RunWriterOptions): Promise<RunWriter> {
  const { id, runsFolder, keyFields, keys, resultSchema, artifacts = [] } = options;
  if (keyCount(keys) === 0 || !isAscending(keys)) {
    throw new ManyfitError("internal", `run ${id}: keys must be in ascending order, and at least one`);
  }
  checkResultSchema(resultSchema);
  checkArtifacts(artifacts);
  const folder = resolve(runsFolder, id);
  const begun = {
    duckdb: options.duckdb,
    folder,
    run: id,
    keyFields: storeKeyFields(keyFields, resultSchema),
    resultSchema,
    partitionCount: keyCount(keys),
    onWritePoint: async (point: WritePoint): Promise<void> => options.onWritePoint?.(point),
  };
  try {
    await makeRunFolder(runsFolder, id);
    try {
      await begun.onWritePoint("run.created");
      const lock = await acquireLock(folder);
      await begun.onWritePoint("lock.written");
      const commit = { ...begun, artifacts: await writeArtifacts(folder, artifacts) };
      const parts = await startParts(options, commit);
      return new FolderWriter({ lock, parts, commit });
    } catch (error) {
      // Its name can be used again, and there was nothing to be lost yet.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw unwritable(`run folder ${folder}`, error);
  }
}

/** Writes what a run that is under way must have said of itself: its sources and its job, then its keys. */
async function startParts(options: RunWriterOptions, commit: CommitOptions): Promise<PartWriter> {
  const { keys, seed, job, origin, startedAtMs = Date.now() } = options;
  const { flushEveryMs = FLUSH_EVERY_MS, flushEveryRows = null, resultBytes = null } = options;
  const { duckdb, folder, run, keyFields, resultSchema, onWritePoint } = commit;
  await writeSources(folder, job.files);
  await onWritePoint("sources.written");
  await writeJobFile(folder, {
    format: RUN_FORMAT,
    run,
    startedAt: new Date(startedAtMs).toISOString(),
    origin,
    job,
    keys: keyFields,
    resultSchema,
  });
  await onWritePoint("job.written");
  const partsFolder = join(folder, RUN_FILE.parts);
  await mkdir(partsFolder);
  const tablePrefix = `run_${randomBytes(6).toString("hex")}`;
  await writeKeys({ duckdb, folder, tablePrefix, fields: keyFields, keys, seed });
  await syncFolder(folder);
  await onWritePoint("keys.written");
  const shared = { duckdb, folder: partsFolder, resultSchema, tablePrefix, onWritePoint };
  return PartWriter.open({ ...shared, flushEveryMs, flushEveryRows, resultBytes });
}

/** What a {@link FolderWriter} holds on to. */
interface OpenFolder {
  readonly lock: Lock;
  readonly parts: PartWriter;
  readonly commit: CommitOptions;
}

class FolderWriter implements RunWriter {
  readonly id: string;
  readonly folder: string;
  readonly #open: OpenFolder;
  readonly #events: EventWriter;
  readonly #files: FileFactsCollector;
  #state: "open" | "committing" | "failed" | "closed" = "open";

  constructor(open: OpenFolder) {
    this.id = open.commit.run;
    this.folder = open.commit.folder;
    this.#open = open;
    this.#events = new EventWriter(join(this.folder, RUN_FILE.events));
    this.#files = new FileFactsCollector(open.commit.partitionCount);
  }

  async append(batch: ResultBatch): Promise<void> {
    this.#checkOpen();
    await this.#write(() => this.#open.parts.append(batch));
    this.#files.add(batch);
  }

  fileFacts(): FileFacts | null {
    return this.#files.facts();
  }

  recordEvent(event: RunEvent): void {
    if (this.#state === "open" || this.#state === "failed") this.#events.add(event);
  }

  async stop(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    const { parts, lock } = this.#open;
    try {
      await this.#write(() => parts.flush().finally(() => this.#events.flush()));
    } finally {
      await parts.close();
      await lock.release();
    }
  }

  async commit(facts: RunFacts, onProgress: CommitProgress = () => undefined): Promise<Manifest> {
    this.#checkOpen();
    this.#state = "committing";
    const { parts, commit } = this.#open;
    try {
      return await this.#write(async () => {
        await parts.flush();
        await this.#events.flush();
        const manifest = await commitRun(commit, facts, onProgress);
        this.#state = "closed";
        await this.#tidy();
        return manifest;
      });
    } catch (error) {
      if (this.#state === "committing") this.#state = "failed";
      throw error;
    }
  }

  /** Removes what the committed run has no need of. What stays behind when that fails is passed over by readers. */
  async #tidy(): Promise<void> {
    const { parts, lock, commit } = this.#open;
    await parts.close();
    for (const name of [RUN_FILE.parts, RUN_FILE.sources, RUN_FILE.job])
      await rm(join(this.folder, name), { recursive: true, force: true }).catch(() => undefined);
    await commit.onWritePoint("parts.removed");
    await lock.release().catch(() => undefined);
    await commit.onWritePoint("lock.removed");
  }

  #checkOpen(): void {
    if (this.#state === "open") return;
    throw new ManyfitError(
      "internal",
      `run ${this.id}: its writer is ${this.#state}, it takes nothing any more`,
    );
  }

  async #write<Result>(operation: () => Promise<Result>): Promise<Result> {
    try {
      return await operation();
    } catch (error) {
      throw unwritable(`run folder ${this.folder}`, error);
    }
  }
}
