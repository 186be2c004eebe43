/** Milliseconds between two readings of the clock that count at most. */
const LONGEST_STEP_MS = 100;

/**
 * A clock that runs only while the engine listens to its workers. A worker whose messages nobody takes has to wait with
 * them, so time in which the engine leaves them in their pipes, or is busy with something else, is held against no fit.
 * It has to be read every {@link LONGEST_STEP_MS} or more often: of a longer time only so much counts.
 */
export class ListeningClock {
  readonly #readMs: () => number;
  #readAtMs: number;
  #listenedMs = 0;
  #isHeld = false;

  /** `readMs` reads a clock that never goes back, in milliseconds. Default: that of this process. */
  constructor(readMs: () => number = () => performance.now()) {
    this.#readMs = readMs;
    this.#readAtMs = readMs();
  }

  /** Milliseconds for which the engine has listened since the clock was made. */
  now(): number {
    const readAtMs = this.#readMs();
    if (!this.#isHeld) this.#listenedMs += Math.min(readAtMs - this.#readAtMs, LONGEST_STEP_MS);
    this.#readAtMs = readAtMs;
    return this.#listenedMs;
  }

  /** Whether messages are left in the pipes from now on. */
  hold(isHeld: boolean): void {
    this.now();
    this.#isHeld = isHeld;
  }
}
