import type { EstimatorFamily } from "../../src/trainer/estimator-family.ts";

export declare const probeFamily: EstimatorFamily;
