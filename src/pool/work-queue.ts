/**
 * Items from producers that do not wait, for one consumer that does: first in, first out. Ends by `close` after the items
 * that are in it, by `fail` at once.
 */
export class WorkQueue<T> {
  readonly #items: { readonly item: T; readonly bytes: number }[] = [];
  #bytes = 0;
  #wake: (() => void) | null = null;
  #failure: { readonly error: unknown } | null = null;
  #hasEnded = false;

  /** Items that nobody has taken yet. */
  get length(): number {
    return this.#items.length;
  }

  /** Bytes of the items that nobody has taken yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One more item. `bytes` is how large it is; default: 0, nothing to speak of. */
  push(item: T, bytes = 0): void {
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
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
        const { item, bytes } = this.#items.shift()!;
        this.#bytes -= bytes;
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
