/** What keys and counts of all partitions are made of. */
export interface InventorySize {
  /** Canonical bytes of all keys together. */
  readonly keyBytes: number;
  readonly partitionCount: number;
  /** Columns of texts, whose bytes are counted for each partition. */
  readonly textColumns: number;
}

/**
 * Bytes that keys and counts of all partitions take, with what is made of them: offsets, buckets, a copy of the keys on
 * their way.
 */
export function inventoryBytes({ keyBytes, partitionCount, textColumns }: InventorySize): number {
  return 2 * keyBytes + (36 + 8 * textColumns) * partitionCount;
}
