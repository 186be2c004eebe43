/**
 * The flags of Node with which a thread that runs a file starts: those of this process, such as `--cpu-prof`; none where
 * the process was given its program as text, because `--input-type` is refused for files.
 */
export function threadFlags(): string[] {
  const isText = process.execArgv.some((flag) => flag.startsWith("--input-type"));
  return isText ? [] : process.execArgv;
}
