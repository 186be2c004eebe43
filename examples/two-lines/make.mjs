// Writes the files of this example: points near a straight line, y = 2.5 x in the odd files and y = 3 x in the even ones.
// Usage: node make.mjs [--files 2] [--rows 1000] [--out .]
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

const { values: options } = parseArgs({
  options: {
    files: { type: "string", default: "2" },
    rows: { type: "string", default: "1000" },
    out: { type: "string", default: import.meta.dirname },
  },
});
const files = wholeNumber("files", options.files);
const rows = wholeNumber("rows", options.rows);

mkdirSync(options.out, { recursive: true });
for (let number = 1; number <= files; number++) {
  const name = `line-${String(number).padStart(String(files).length, "0")}.csv.gz`;
  writeFileSync(join(options.out, name), gzipSync(csvOf(number)));
}

/**
 * The text of one file: the same in every run, because its number is its seed.
 * @param {number} number from 1
 */
function csvOf(number) {
  const slope = number % 2 === 1 ? 2.5 : 3;
  const random = randomNumbers(number);
  const lines = ["x,y,file_number"];
  for (let row = 0; row < rows; row++) {
    const x = Math.round(random() * 10_000) / 1000;
    lines.push(`${x},${(slope * x + noise(random)).toFixed(4)},${number}`);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * Noise with mean 0 and variance 1, close to normal: the sum of twelve uniform numbers, less six. Unlike logarithms and
 * cosines, sums are the same to the last bit in every version of Node.
 * @param {() => number} random
 */
function noise(random) {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

/**
 * Uniform numbers from 0 to 1 (exclusive): mulberry32, Tommy Ettinger, public domain.
 * @param {number} seed
 */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * @param {string} name
 * @param {string} text
 */
function wholeNumber(name, text) {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`--${name} is ${text}, allowed are whole numbers from 1`);
}
