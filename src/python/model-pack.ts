import type { PackedBytes } from "../protocol/python-message.ts";
import { GrowingArray } from "../table/growing-array.ts";

/** Models for one message, each for one of its partitions. */
export class ModelPack {
  readonly #bytes = new GrowingArray((length) => new Uint8Array(length));
  readonly #ends: number[] = [];

  /** Bytes of all. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Adds the model of the next partition, and copies it. */
  add(model: Uint8Array): void {
    this.#bytes.extend(model.length).set(model);
    this.#ends.push(this.#bytes.length);
  }

  /** The message's part. */
  finish(): { readonly models: PackedBytes<Float64Array>; readonly modelOf: Int32Array } {
    return {
      models: { bytes: this.#bytes.copy(), ends: Float64Array.from(this.#ends) },
      modelOf: Int32Array.from(this.#ends, (_, i) => i),
    };
  }
}
