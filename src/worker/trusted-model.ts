import { createHash } from "node:crypto";
import type { PredictionResult, StoredModel } from "../run/predicted.ts";

/** A model that may be read, or why it may not be. */
export type TrustedModel =
  | { readonly model: string | Uint8Array }
  | Extract<PredictionResult, { readonly failure: unknown }>;

/** A model, where its bytes are those of which the hash was stored: a pickle runs what it says when it is loaded. */
export function trustedModel(stored: StoredModel): TrustedModel {
  if (typeof stored === "string" || stored instanceof Uint8Array) return { model: stored };
  const { bytes, sha256 } = stored;
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found === sha256) return { model: bytes };
  const expected = sha256 === null ? "no sha256 was stored with it" : `it was stored with ${sha256}`;
  const message = `model_damaged: the model's bytes have sha256 ${found}, ${expected}; it is not loaded`;
  return { failure: { code: "model_damaged", message, stack: null } };
}
