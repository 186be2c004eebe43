/** Values of one column of predictions, one per row, with NULLs where a row has none. */
export type PredictedValues =
  | { readonly type: "double"; readonly values: Float64Array; readonly isValid: Uint8Array }
  | { readonly type: "text"; readonly values: readonly (string | null)[] }
  | { readonly type: "boolean"; readonly values: Uint8Array; readonly isValid: Uint8Array };

/** A column of predictions. */
export interface PredictedColumn {
  readonly name: string;
  readonly values: PredictedValues;
}

/** Predictions for the rows of one partition, or why there are none. */
export type PredictionResult =
  | { readonly columns: readonly PredictedColumn[] }
  | {
      readonly failure: { readonly code: string; readonly message: string; readonly stack: string | null };
    };
