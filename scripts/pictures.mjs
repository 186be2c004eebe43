// Draws what `manyfit train` prints on a terminal, from real runs, as pictures in docs. Needs `script` (util-linux).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { projectFolder } from "./step.mjs";

const COLUMNS = 108;
const LINE = 19;
const LETTER = 8.43;
const MARGIN = 22;

const ESCAPE = "\u001b";

/** An escape sequence or one character. */
const TOKEN = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]|[\\s\\S]`, "gu");

/** @typedef {{ character: string, bold: boolean, dim: boolean, colour: string | null }} Cell */

/** Colours by the number of their escape sequence. */
const COLOURS = /** @type {Record<string, string>} */ ({
  31: "#f38ba8",
  32: "#a6e3a1",
  33: "#f9e2af",
  36: "#89dceb",
});

/**
 * What a terminal shows after some text: carriage returns, erased ends of lines and colours are obeyed.
 * @param {string} text
 * @returns {Cell[][]}
 */
function screenAfter(text) {
  /** @type {Cell[][]} */
  const lines = [[]];
  let column = 0;
  const style = { bold: false, dim: false, colour: /** @type {string | null} */ (null) };
  for (const [token] of text.matchAll(TOKEN)) {
    const line = /** @type {Cell[]} */ (lines.at(-1));
    if (token === "\n") {
      lines.push([]);
      column = 0;
    } else if (token === "\r") column = 0;
    else if (!token.startsWith(ESCAPE)) line[column++] = { character: token, ...style };
    else if (token.endsWith("K")) line.length = Math.min(line.length, column);
    else if (token.endsWith("m")) setStyle(style, token.slice(2, -1));
  }
  while (lines.length > 0 && lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

/**
 * @param {{ bold: boolean, dim: boolean, colour: string | null }} style
 * @param {string} codes
 */
function setStyle(style, codes) {
  for (const code of codes.split(";")) {
    if (code === "1") style.bold = true;
    else if (code === "2") style.dim = true;
    else if (code === "22") style.bold = style.dim = false;
    else if (code === "39" || code === "0" || code === "") style.colour = null;
    else style.colour = COLOURS[code] ?? style.colour;
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/**
 * One line as text spans, one for each run of letters that look alike.
 * @param {Cell[]} cells
 * @param {number} index
 */
function lineAsSvg(cells, index) {
  /** @type {{ text: string, look: string }[]} */
  const spans = [];
  for (const { character, bold, dim, colour } of Array.from(cells, (cell) => cell ?? { character: " " })) {
    const look = `fill="${colour ?? (dim ? "#8a90a8" : "#dfe3f0")}"${bold ? ' font-weight="bold"' : ""}`;
    const last = spans.at(-1);
    if (last?.look === look) last.text += character;
    else spans.push({ text: character, look });
  }
  const y = MARGIN + 34 + index * LINE;
  const drawn = spans.map(({ text, look }) => `<tspan ${look}>${escaped(text)}</tspan>`).join("");
  return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${drawn}</text>`;
}

/**
 * @typedef {object} Picture
 * @property {string} file Name in `docs`.
 * @property {string} title
 * @property {string} command What is typed, beginning with `manyfit`.
 * @property {string} folder Where it is typed.
 */

/** @param {Picture} picture */
function draw({ file, title, command, folder }) {
  const runs = mkdtempSync(join(tmpdir(), "manyfit-picture-"));
  const cli = `node ${join(projectFolder, "dist/cli/main.js")} ${command.slice("manyfit ".length)} --out ${runs}`;
  const shown = execFileSync("script", ["-qec", `stty cols ${COLUMNS}; ${cli}`, "/dev/null"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, FORCE_COLOR: "1", COLUMNS: String(COLUMNS) },
  });
  rmSync(runs, { recursive: true, force: true });
  const text = shown.replaceAll(new RegExp(` --(out|runs) ${runs}`, "g"), "").replaceAll(runs, "runs");
  const prompt = `\u001b[36m$\u001b[39m \u001b[1m${command}\u001b[22m\n\n`;
  writeFileSync(join(projectFolder, "docs", file), pictureOf(title, screenAfter(prompt + text)));
}

/**
 * @param {string} title
 * @param {Cell[][]} lines
 */
function pictureOf(title, lines) {
  const width = Math.ceil(MARGIN * 2 + (COLUMNS + 1) * LETTER);
  const height = MARGIN * 2 + 34 + lines.length * LINE;
  const dots = ["#f38ba8", "#f9e2af", "#a6e3a1"].map(
    (colour, i) => `<circle cx="${MARGIN + 5 + i * 18}" cy="20" r="5.5" fill="${colour}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${title}</title>
<rect width="100%" height="100%" rx="10" fill="#1e2030"/>
${dots.join("")}
<g font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${lines.map(lineAsSvg).join("\n")}
</g>
</svg>
`;
}

/** 500 files of which some are as files are: cut short, empty, with a text among the numbers. */
function damagedFiles() {
  const folder = mkdtempSync(join(tmpdir(), "manyfit-picture-"));
  const make = join(projectFolder, "examples/two-lines/make.mjs");
  execFileSync(process.execPath, [make, "--files", "500", "--out", join(folder, "lines")]);
  const files = readdirSync(join(folder, "lines")).sort();
  const path = (/** @type {number} */ number) => join(folder, "lines", String(files[number]));
  for (const number of [16, 233, 401])
    writeFileSync(path(number), readFileSync(path(number)).subarray(0, 3000));
  for (const number of [41, 42]) writeFileSync(path(number), gzipSync("x,y,file_number\n1,2,42\n2,n/a,42\n"));
  writeFileSync(path(120), gzipSync("time,y,file_number\n1,2,121\n"));
  writeFileSync(path(301), gzipSync("x,y,file_number\n"));
  return folder;
}

draw({
  file: "first-run.svg",
  title: "What manyfit prints when it trains one model per country",
  command:
    "manyfit train examples/gapminder/gapminder_unfiltered.csv --by country --target lifeExp --features year",
  folder: projectFolder,
});
const folder = damagedFiles();
draw({
  file: "per-file-run.svg",
  title: "What manyfit prints when it trains one model per file and some files are damaged",
  command: "manyfit train lines --per-file --target y --features x",
  folder,
});
rmSync(folder, { recursive: true, force: true });
