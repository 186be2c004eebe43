// Trains once and prints one line of JSON. Arguments: source, folder of runs, workers, key, target, features…
import { linearRegression, train } from "../dist/index.js";

const [source = "", runs = "", workers, by = "", target = "", ...features] = process.argv.slice(2);
const started = performance.now();
const run = await train({
  source,
  by,
  trainer: linearRegression({ target, features }),
  runs,
  workers: Number(workers),
});
const seconds = (performance.now() - started) / 1000;
const { manifest } = run;
const models = manifest?.counts.states.fitted;
const peakMb = process.resourceUsage().maxRSS / 1024;
console.log(
  JSON.stringify({
    models,
    seconds,
    phaseMs: manifest?.phaseMs,
    peak_mb: peakMb,
    digest: manifest?.digest,
    folder: run.folder,
  }),
);
await run.close();
