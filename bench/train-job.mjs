// Trains once and prints one line of JSON. Argument: the options of `train` as JSON.
import { train } from "../dist/index.js";

const options = JSON.parse(process.argv[2] ?? "{}");
const started = performance.now();
const run = await train(options);
const seconds = (performance.now() - started) / 1000;
const { manifest, folder } = run;
console.log(
  JSON.stringify({
    models: manifest?.counts.states.fitted,
    seconds,
    phaseMs: manifest?.phaseMs,
    peak_mb: process.resourceUsage().maxRSS / 1024,
    digest: manifest?.digest,
    readColumns: manifest?.job.readColumns,
    folder,
  }),
);
await run.close();
