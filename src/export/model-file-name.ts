/** Signs of a key that a file's name shows at most; each has four bytes at most, and file systems allow 255. */
const SHOWN_SIGNS = 40;

/** Letters with their marks, digits, and signs that no system and no shell takes for anything else. */
const PLAIN = /^[\p{L}\p{M}\p{N}._=-]$/u;

/**
 * The name of a model's file: the number of its partition, which alone makes it unique, on disks too that take `a` and `A` for
 * one, and then as much of its key as is safe to show. `digits` is how many the largest number has, so that names sort as
 * partitions do.
 */
export function modelFileName(
  partition: number,
  { key, digits, ending }: { readonly key: string; readonly digits: number; readonly ending: string },
): string {
  const signs = Array.from(key.normalize("NFC").slice(0, 4 * SHOWN_SIGNS)).slice(0, SHOWN_SIGNS);
  const shown = signs
    .map((sign) => (PLAIN.test(sign) ? sign : "_"))
    .join("")
    .replace(/_+/g, "_")
    .replace(/^[_.]+|[_.]+$/g, "");
  const number = String(partition).padStart(digits, "0");
  return `${number}${shown === "" ? "" : `-${shown}`}.${ending}`;
}
