// Trains once, committed or not, and prints one line of JSON. Argument: the options of `train` as JSON.
import { train } from "../dist/index.js";

const options = JSON.parse(process.argv[2] ?? "{}");
/** @type {Record<string, number>} */
const phaseMs = {};
let phase = "";
let since = performance.now();
let partitions = 0;
const started = since;
const run = await train({
  ...options,
  onEvent: (event) => {
    if (event.type === "run.planned") partitions = event.partitions;
    if (event.type !== "phase.started") return;
    begin(event.phase);
  },
}).catch((error) => {
  // A copy that stores nothing has nothing to commit.
  if (error.message !== "0") throw error;
  return null;
});
begin("");
console.log(
  JSON.stringify({
    models: partitions,
    seconds: (performance.now() - started) / 1000,
    phaseMs,
    peak_mb: process.resourceUsage().maxRSS / 1024,
  }),
);
await run?.close();

/** @param {string} next */
function begin(next) {
  const now = performance.now();
  if (phase !== "") phaseMs[phase] = Math.round((phaseMs[phase] ?? 0) + now - since);
  phase = next;
  since = now;
}
