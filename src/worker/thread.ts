import { BUILT_IN_ESTIMATORS } from "../trainer/built-in-estimators.ts";
import { runWorker } from "./run-worker.ts";

runWorker(BUILT_IN_ESTIMATORS);
