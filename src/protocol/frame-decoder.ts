import { ManyfitError } from "../errors.ts";
import { type FrameHeader, joinMessage } from "./frame-header.ts";
import { PRELUDE_BYTES, type Prelude, padded, readPrelude } from "./frame-prelude.ts";
import { type SectionReference, sectionBytes, valueOfSection } from "./section.ts";

/** A part of a frame that is being received: the memory that its bytes go to, and what comes when it is full. */
interface Part {
  readonly targets: Uint8Array[];
  /** The part that follows, or the message that is complete now. */
  readonly next: () => Part | { readonly message: unknown };
}

/**
 * Reads the messages of a stream of frames that arrives in any cut. Every byte is copied once, from where it arrived to
 * where it stays: the typed arrays of a message are views on one piece of memory, untyped memory is a piece of its own.
 */
export class FrameDecoder {
  readonly #prelude = Buffer.alloc(PRELUDE_BYTES);
  readonly #start: Part = {
    targets: [this.#prelude],
    next: () => headerPart(readPrelude(this.#prelude)),
  };
  #part: Part = this.#start;
  /** Which of the part's targets is being filled, and how far. */
  #index = 0;
  #filled = 0;
  #failure: ManyfitError | null = null;

  /**
   * The messages that are complete with these bytes. The bytes are taken as the generator is walked: walk it to its end.
   * @throws ManyfitError `worker_failed` where the stream is damaged, after the messages that came before; nothing can
   * be read from then on, and every further call throws the same.
   */
  *push(bytes: Uint8Array): Generator<unknown, void, undefined> {
    if (this.#failure !== null) throw this.#failure;
    let at = 0;
    while (at < bytes.length) {
      const target = this.#part.targets[this.#index]!;
      const piece = bytes.subarray(at, at + target.length - this.#filled);
      target.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled < target.length) return;
      this.#filled = 0;
      this.#index++;
      const completed = this.#completed();
      if (completed !== null) yield completed.message;
    }
  }

  /**
   * To be called when nothing more will come.
   * @throws ManyfitError `worker_failed` if the stream ends within a frame.
   */
  end(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#part === this.#start && this.#filled === 0) return;
    throw new ManyfitError("worker_failed", "stream ends within a frame");
  }

  /** Goes on to the next part with something to fill; gives the message when there is none. */
  #completed(): { readonly message: unknown } | null {
    while (this.#index === this.#part.targets.length) {
      const next = this.#next();
      this.#index = 0;
      this.#part = "message" in next ? this.#start : next;
      if ("message" in next) return next;
    }
    return null;
  }

  #next(): Part | { readonly message: unknown } {
    try {
      return this.#part.next();
    } catch (thrown) {
      this.#failure =
        thrown instanceof ManyfitError
          ? thrown
          : new ManyfitError("worker_failed", `frame cannot be read: ${String(thrown)}`, { cause: thrown });
      throw this.#failure;
    }
  }
}

function headerPart(prelude: Prelude): Part {
  const memory = Buffer.alloc(padded(prelude.headerBytes));
  return {
    targets: [memory],
    next: () => {
      const header = JSON.parse(memory.toString("utf8", 0, prelude.headerBytes)) as FrameHeader;
      return bodyPart(header, prelude.totalBytes - PRELUDE_BYTES - memory.length);
    },
  };
}

/** Memory for all sections. It is taken only when their lengths add up to what the frame has. */
function bodyPart({ message, sections }: FrameHeader, bodyBytes: number): Part {
  const lengths = sections.map(lengthOf);
  const sum = lengths.reduce((total, length) => total + padded(length), 0);
  if (sum !== bodyBytes) {
    throw new ManyfitError("worker_failed", `frame has sections of ${sum} bytes, its body has ${bodyBytes}`);
  }
  const sharedBytes = sections.reduce(
    (total, [kind], i) => total + (kind === "buffer" ? 0 : padded(lengths[i]!)),
    0,
  );
  const shared = new ArrayBuffer(sharedBytes);
  const targets: Uint8Array[] = [];
  const places: { readonly memory: ArrayBuffer; readonly start: number }[] = [];
  let start = 0;
  for (const [i, [kind]] of sections.entries()) {
    const length = lengths[i]!;
    if (kind === "buffer") {
      const memory = new ArrayBuffer(length);
      targets.push(new Uint8Array(memory), new Uint8Array(padded(length) - length));
      places.push({ memory, start: 0 });
    } else {
      targets.push(new Uint8Array(shared, start, padded(length)));
      places.push({ memory: shared, start });
      start += padded(length);
    }
  }
  return {
    targets: targets.filter((target) => target.length > 0),
    next: () => {
      const values = sections.map((section, i) =>
        valueOfSection(section, places[i]!.memory, places[i]!.start),
      );
      return { message: joinMessage(message, values) };
    },
  };
}

function lengthOf(reference: SectionReference): number {
  const length = sectionBytes(reference);
  if (length !== null) return length;
  throw new ManyfitError(
    "worker_failed",
    `frame names a section ${JSON.stringify(reference)}, which is none`,
  );
}
