import { ManyfitError } from "../errors.ts";

/** What came of files that were read together where that works, else apart. */
export interface Halved<File, Result> {
  /** In the order of the files. */
  readonly results: readonly Result[];
  readonly failed: readonly { readonly file: File; readonly error: unknown }[];
}

/**
 * Reads files together; where that fails each half of them alone, down to the single files that cannot be read: a few bad
 * ones among many cost a few dozen reads. What `isFinal` says of an error stops everything.
 */
export async function halveFiles<File, Result>(
  files: readonly File[],
  read: (files: readonly File[]) => Promise<readonly Result[]>,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<Halved<File, Result>> {
  if (files.length === 0) return { results: [], failed: [] };
  try {
    return { results: await read(files), failed: [] };
  } catch (error) {
    if (isFinal(error) || isOutOfMemory(error)) throw error;
    if (files.length === 1) return { results: [], failed: [{ file: files[0]!, error }] };
  }
  const middle = Math.ceil(files.length / 2);
  const first = await halveFiles(files.slice(0, middle), read, isFinal);
  const second = await halveFiles(files.slice(middle), read, isFinal);
  return {
    results: [...first.results, ...second.results],
    failed: [...first.failed, ...second.failed],
  };
}

/** Less memory is no fault of a file. */
function isOutOfMemory(error: unknown): boolean {
  if (error instanceof ManyfitError) return error.code === "memory_exceeded";
  return error instanceof Error && error.message.startsWith("Out of Memory Error");
}
