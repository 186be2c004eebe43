import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * A folder of `files` gzip CSV files with `rows` rows each, made where it is missing, under another name until all are there.
 * Target `y`, features `x1`, `x2`, `x3`.
 * @param {number} files
 * @param {number} rows
 */
export function filesSource(files, rows) {
  const folder = join(import.meta.dirname, "data", `files-${files}x${rows}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}-unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  for (let number = 0; number < files; number++) {
    const name = `sensor-${String(number).padStart(String(files - 1).length, "0")}.csv.gz`;
    writeFileSync(join(unfinished, name), gzipSync(csvOf(number, files, rows)));
  }
  renameSync(unfinished, folder);
  return folder;
}

/**
 * Feature `x1` has a mean of 105, and the slopes differ from file to file.
 * @param {number} number
 * @param {number} files
 * @param {number} rows
 */
function csvOf(number, files, rows) {
  let state = number + 1;
  // xorshift32, G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003).
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 10; i++) random();
  const lines = ["x1,x2,x3,y"];
  for (let row = 0; row < rows; row++) {
    const [x1, x2, x3] = [100 + 10 * random(), 10 * random(), random() - 0.5];
    const y = (number % 7) * x1 - 0.5 * x2 + (1 + number / files) * x3 + random();
    lines.push([x1, x2, x3, y].map((value) => value.toFixed(5)).join(","));
  }
  return `${lines.join("\n")}\n`;
}
