import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { trustedModel } from "../../src/worker/trusted-model.ts";

const BYTES = Uint8Array.from([128, 5, 78, 46]);
const SHA256 = createHash("sha256").update(BYTES).digest("hex");

test("bytes that have the stored hash are a model, and no others", () => {
  expect(trustedModel({ bytes: BYTES, sha256: SHA256 })).toEqual({ model: BYTES });
  const changed = { bytes: Uint8Array.from([128, 5, 79, 46]), sha256: SHA256 };
  expect(trustedModel(changed)).toMatchObject({ failure: { code: "model_damaged" } });
  expect(trustedModel({ bytes: BYTES, sha256: null })).toMatchObject({
    failure: { message: expect.stringContaining("no sha256 was stored with it; it is not loaded") },
  });
});

test("models of which no hash is asked are as they are", () => {
  expect(trustedModel("[1]")).toEqual({ model: "[1]" });
  expect(trustedModel(BYTES)).toEqual({ model: BYTES });
});
