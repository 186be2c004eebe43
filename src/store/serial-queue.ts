/** Runs one asynchronous operation at a time, in the order in which they are asked for. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #unfinished = 0;

  /** Whether nothing runs or waits to. */
  get isIdle(): boolean {
    return this.#unfinished === 0;
  }

  /** The result of an operation that starts when all earlier ones have ended, however they ended. */
  run<Result>(operation: () => Promise<Result>): Promise<Result> {
    this.#unfinished++;
    const result = this.#last.then(operation, operation).finally(() => {
      this.#unfinished--;
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all operations so far have ended, however they ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
