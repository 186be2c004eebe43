import { BUILT_IN_ESTIMATORS } from "../trainer/built-in-estimators.ts";
import { runProcess } from "./run-process.ts";

runProcess(BUILT_IN_ESTIMATORS);
