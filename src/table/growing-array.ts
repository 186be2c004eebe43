type Growable = Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A typed array that grows behind its end. What is taken from it is a copy. */
export class GrowingArray<T extends Growable> {
  length = 0;
  #values: T;
  readonly #make: (length: number) => T;

  /** `make` gives an array of zeros. */
  constructor(make: (length: number) => T, capacity = 1024) {
    this.#make = make;
    this.#values = make(capacity);
  }

  /** Makes room for entries behind the end: a view to be filled, valid until the next call. Entries may hold anything. */
  extend(count: number): T {
    const end = this.length + count;
    if (end > this.#values.length) {
      const larger = this.#make(Math.max(end, 2 * this.#values.length));
      larger.set(this.#values.subarray(0, this.length) as never);
      this.#values = larger;
    }
    const view = this.#values.subarray(this.length, end) as T;
    this.length = end;
    return view;
  }

  /** Adds one entry. */
  push(value: number): void {
    this.extend(1)[0] = value;
  }

  /** A copy of all entries. */
  copy(): T {
    return this.#values.slice(0, this.length) as T;
  }
}
