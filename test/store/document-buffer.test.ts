import { expect, test } from "vitest";
import { DocumentBuffer } from "../../src/store/document-buffer.ts";

test("the length of a model is that of its bytes, and all that is kept counts", () => {
  const buffer = new DocumentBuffer();
  const lengths = new Float64Array(4);
  const description = '{"class":"é"}';
  const documents = {
    json: [description, '{"a":1}', null, null],
    bytes: [new Uint8Array(1000), null, new Uint8Array(3), null],
    metrics: [{}, null, null, null],
  };
  buffer.add(documents, lengths);
  expect([...lengths]).toEqual([1000, 7, 3, Number.NaN]);
  expect(buffer.byteCount).toBe(1000 + 14 + 7 + 3);
});
