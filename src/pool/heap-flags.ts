/** What a worker takes beside the old generation of its JavaScript heap: Node itself, its code and young objects. */
const BESIDE_HEAP_BYTES = 64 * 2 ** 20;

/**
 * Flags of Node with which V8 collects garbage before a process takes more memory than it may: without them the heap
 * may grow to gigabytes before V8 looks for garbage in earnest. The heap gets what is allowed less what Node takes
 * itself, and half of what is allowed at least. None where there is no limit (null).
 */
export function heapFlags(memoryBytes: number | null): string[] {
  if (memoryBytes === null) return [];
  const heapBytes = Math.max(memoryBytes - BESIDE_HEAP_BYTES, memoryBytes / 2);
  return [`--max-old-space-size=${Math.max(1, Math.floor(heapBytes / 2 ** 20))}`];
}
