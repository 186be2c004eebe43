import type { WorkerMessage } from "../../src/protocol/message.ts";

/** What a worker said, with a way to wait for more. */
export class Talk {
  readonly said: WorkerMessage[] = [];
  readonly #waiting: {
    readonly isEnough: (said: readonly WorkerMessage[]) => boolean;
    readonly done: () => void;
  }[] = [];

  hear(message: WorkerMessage): void {
    this.said.push(message);
    for (const [i, { isEnough, done }] of [...this.#waiting.entries()].reverse()) {
      if (!isEnough(this.said)) continue;
      this.#waiting.splice(i, 1);
      done();
    }
  }

  /** Waits until so many tasks have ended, or the worker is broken. */
  async tasks(count: number): Promise<void> {
    await this.until(
      (said) =>
        said.filter((message) => message.type === "result" && message.isLast).length === count ||
        said.some((message) => message.type === "broken"),
    );
  }

  until(isEnough: (said: readonly WorkerMessage[]) => boolean): Promise<void> {
    if (isEnough(this.said)) return Promise.resolve();
    return new Promise((done) => this.#waiting.push({ isEnough, done }));
  }

  /** The messages of one type. */
  of<T extends WorkerMessage["type"]>(type: T): Extract<WorkerMessage, { type: T }>[] {
    return this.said.filter((message) => message.type === type) as Extract<WorkerMessage, { type: T }>[];
  }
}
