import { relative, sep } from "node:path";
import { lineText } from "./safe-text.ts";

/** A path as short as it can be: relative where it lies below the folder the user is in. */
export function nearPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith(`..${sep}`) || near === ".." ? path : near;
}

/** {@link nearPath} for a line of text: what is unsafe in it stands escaped. */
export function pathText(path: string): string {
  return lineText(nearPath(path));
}
