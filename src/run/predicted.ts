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

/**
 * A model as it is stored: canonical JSON, or bytes; or bytes of which nothing may be read before they have the hash that
 * was stored with them, because reading them runs what they say.
 */
export type StoredModel = string | Uint8Array | HashedModel;

/** Bytes, and the sha256 in hex that was taken of them when they were stored; null where none is stored. */
export interface HashedModel {
  readonly bytes: Uint8Array;
  readonly sha256: string | null;
}

/** Predictions for the rows of one partition, or why there are none. */
export type PredictionResult =
  | { readonly columns: readonly PredictedColumn[] }
  | {
      readonly failure: { readonly code: string; readonly message: string; readonly stack: string | null };
    };
