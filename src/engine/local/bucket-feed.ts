import { setImmediate as nextTurn } from "node:timers/promises";
import { type Bucket, bucketBytes } from "../../protocol/bucket.ts";

/** What a {@link BucketFeed} works with. */
export interface BucketFeedOptions {
  /** The bucket of each partition. */
  readonly bucketOf: Int32Array;
  /** Reads a complete bucket back. */
  readonly load: (index: number) => Promise<Bucket>;
  /** Resolves when a worker could take more. */
  readonly untilWanted: () => Promise<void>;
  /** Takes a bucket that was loaded, and is waited for. */
  readonly give: (bucket: Bucket) => unknown;
  /** Bytes of buckets that are loaded and not answered at a time; one alone may be larger. */
  readonly loadedBytes: number;
}

/**
 * Reads complete buckets back when workers want them, and no more of them than memory has room for: a bucket counts until
 * its last partition is answered.
 */
export class BucketFeed {
  readonly #options: BucketFeedOptions;
  /** Complete buckets that are not loaded: the first goes first. */
  readonly #complete: number[] = [];
  /** Of each loaded bucket its partitions without an answer, and its bytes. */
  readonly #loaded = new Map<number, { unanswered: number; readonly bytes: number }>();
  readonly #ended: Promise<void>;
  #loadedBytes = 0;
  #expectsMore = true;
  #isStopped = false;
  #wake: (() => void) | null = null;

  constructor(options: BucketFeedOptions) {
    this.#options = options;
    this.#ended = this.#feed();
    // Whoever adds or finishes hears of it.
    this.#ended.catch(() => undefined);
  }

  /** These buckets have all their rows. */
  add(indices: readonly number[]): void {
    if (indices.length === 0) return;
    this.#complete.push(...indices);
    this.#notify();
  }

  /** These partitions, all of one bucket, are answered. */
  answered(partitions: Int32Array): void {
    const index = this.#options.bucketOf[partitions[0]!]!;
    const loaded = this.#loaded.get(index);
    if (loaded === undefined) return;
    loaded.unanswered -= partitions.length;
    if (loaded.unanswered > 0) return;
    this.#loaded.delete(index);
    this.#loadedBytes -= loaded.bytes;
    this.#notify();
  }

  /** No more buckets will be complete: resolves when all are given. Rejects with what made loading fail. */
  finish(): Promise<void> {
    this.#expectsMore = false;
    this.#notify();
    return this.#ended;
  }

  /** Nothing is loaded any more. */
  stop(): void {
    this.#isStopped = true;
    this.#notify();
  }

  async #feed(): Promise<void> {
    const { load, untilWanted, give, loadedBytes } = this.#options;
    while (!this.#isStopped) {
      const hasRoom = this.#loaded.size === 0 || this.#loadedBytes < loadedBytes;
      const index = hasRoom ? this.#complete.shift() : undefined;
      if (index === undefined) {
        if (!this.#expectsMore && this.#complete.length === 0) return;
        await new Promise<void>((wake) => (this.#wake = wake));
        continue;
      }
      await untilWanted();
      if (this.#isStopped) return;
      const bucket = await load(index);
      const bytes = bucketBytes(bucket);
      // Nobody answers for a partition without rows.
      const unanswered = bucket.partitionRows.filter((rows) => rows > 0).length;
      this.#loaded.set(index, { unanswered, bytes });
      this.#loadedBytes += bytes;
      await give(bucket);
      // Reading back blocks the thread: others have their turn between two buckets.
      await nextTurn();
    }
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
