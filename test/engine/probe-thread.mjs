import { BUILT_IN_ESTIMATORS } from "../../dist/trainer/built-in-estimators.js";
import { runWorker } from "../../dist/worker/run-worker.js";
import { probeFamily } from "./probe-family.mjs";

runWorker([...BUILT_IN_ESTIMATORS, probeFamily]);
