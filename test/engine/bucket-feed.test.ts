import { describe, expect, test } from "vitest";
import { BucketFeed, type BucketFeedOptions } from "../../src/engine/local/bucket-feed.ts";
import type { Bucket } from "../../src/protocol/bucket.ts";

/** Buckets of two partitions each, of 100 rows. */
const BUCKET_OF = Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3);

function bucketAt(index: number): Bucket {
  const shape = {
    columns: [],
    textBytes: [],
    firstPartition: 2 * index,
    partitionRows: Float64Array.of(50, 50),
  };
  return { ...shape, rowCount: 100, memory: new ArrayBuffer(1200) };
}

function feedOf(told: Partial<BucketFeedOptions> = {}): { feed: BucketFeed; given: number[] } {
  const given: number[] = [];
  const feed = new BucketFeed({
    bucketOf: BUCKET_OF,
    load: async (index) => bucketAt(index),
    untilWanted: async () => undefined,
    give: ({ firstPartition }) => given.push(firstPartition / 2),
    loadedBytes: 2000,
    ...told,
  });
  return { feed, given };
}

/** Long enough for everything that does not wait. */
function settle(): Promise<void> {
  return new Promise((done) => setTimeout(done, 20));
}

describe("bucket feed", () => {
  test("loads no more buckets than memory has room for until their last partition is answered", async () => {
    const { feed, given } = feedOf();
    feed.add([2, 0, 1]);
    await settle();
    expect(given).toEqual([2, 0]);
    feed.answered(Int32Array.of(0));
    await settle();
    expect(given).toEqual([2, 0]);
    feed.answered(Int32Array.of(1));
    await settle();
    expect(given).toEqual([2, 0, 1]);
    const finished = feed.finish();
    feed.add([3]);
    await settle();
    expect(given).toEqual([2, 0, 1]);
    feed.answered(Int32Array.of(4, 5));
    await finished;
    expect(given).toEqual([2, 0, 1, 3]);
  });

  test("loads one bucket that is larger than the room for all", async () => {
    const { feed, given } = feedOf({ loadedBytes: 1 });
    feed.add([0, 1]);
    await settle();
    expect(given).toEqual([0]);
    feed.answered(Int32Array.of(0, 1));
    await feed.finish();
    expect(given).toEqual([0, 1]);
  });

  test("loads nothing before it is wanted", async () => {
    let want = (): void => undefined;
    const wanted = new Promise<void>((done) => (want = done));
    const { feed, given } = feedOf({ untilWanted: () => wanted });
    feed.add([0]);
    await settle();
    expect(given).toEqual([]);
    want();
    await feed.finish();
    expect(given).toEqual([0]);
  });

  test("waits for no answer of partitions without rows, and until a bucket is taken", async () => {
    let take = (): void => undefined;
    const given: number[] = [];
    const { feed } = feedOf({
      load: async (index) => ({ ...bucketAt(index), partitionRows: Float64Array.of(100, 0) }),
      give: async ({ firstPartition }) => {
        given.push(firstPartition / 2);
        await new Promise<void>((taken) => (take = taken));
      },
      loadedBytes: 1,
    });
    feed.add([0, 1]);
    await settle();
    feed.answered(Int32Array.of(0));
    await settle();
    expect(given).toEqual([0]);
    take();
    await settle();
    expect(given).toEqual([0, 1]);
    take();
    await feed.finish();
  });

  test("says what made loading fail when it is to finish", async () => {
    const { feed } = feedOf({ load: () => Promise.reject(new Error("no such page")) });
    feed.add([0]);
    await settle();
    await expect(feed.finish()).rejects.toThrow("no such page");
  });

  test("ends when it is stopped, though buckets wait for room", async () => {
    const { feed, given } = feedOf();
    feed.add([0, 1, 2, 3]);
    await settle();
    feed.stop();
    await feed.finish();
    expect(given).toEqual([0, 1]);
  });
});
