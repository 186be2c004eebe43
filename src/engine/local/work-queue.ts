/**
 * Items from producers that do not wait, for one consumer that does: first in, first out. Ends by `close` or
 * `fail`, after the items that are in it.
 */
export class WorkQueue<T> {
  readonly #items: T[] = [];
  #wake: (() => void) | null = null;
  #failure: { readonly error: unknown } | null = null;
  #hasEnded = false;

  /** Items that nobody has taken yet. */
  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#notify();
  }

  /** Nothing more will come. */
  close(): void {
    this.#hasEnded = true;
    this.#notify();
  }

  /** Nothing more will come, because of this error. The first one counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.close();
  }

  /** The items in order, until the end. `onTaken` is called after each that leaves. */
  async *drain(onTaken: () => void): AsyncGenerator<T, void, undefined> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#items.length > 0) {
        const item = this.#items.shift() as T;
        onTaken();
        yield item;
      } else if (this.#hasEnded) return;
      else await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
