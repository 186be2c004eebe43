import { setTimeout as sleep } from "node:timers/promises";
import {
  type DescMessage,
  type DescMethodClientStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { ManyfitError } from "../../../errors.ts";
import type { Connection } from "./connection.ts";
import { isTransient, sparkError } from "./spark-error.ts";

/** A server that is started anew needs as long. */
const RETRY_FOR_MS = 60_000;
/** The same for a server that has never answered: it is likelier that the connection string is wrong. */
const FIRST_CONTACT_MS = 10_000;
/** Spark from 4.0 tells of a job's progress every two seconds, and all versions end a stream after two minutes. */
const SILENCE_MS = 600_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/** Responses of models may be large; Spark's own clients allow as much. */
const MOST_MESSAGE_BYTES = 256 * 2 ** 20;

/** How patient calls are. */
export interface Patience {
  /** For how long a call that nobody answers is made again, in milliseconds. Default: a minute. */
  readonly retryForMs?: number;
  /** After how long without a message a stream is given up, in milliseconds. Default: ten minutes. */
  readonly silenceMs?: number;
}

/** A stream was given up because nothing came. */
export class Silence extends Error {}

/** Of a call. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/** Calls of one server's methods, with the metadata of a connection. Errors are `ManyfitError`s with Spark's own as cause. */
export class Calls {
  /** As messages name the server: host and port. */
  readonly server: string;
  readonly #client: Client;
  readonly #metadata: Metadata;
  readonly #retryForMs: number;
  readonly #silenceMs: number;
  #hasAnswered = false;

  constructor(connection: Connection, { retryForMs = RETRY_FOR_MS, silenceMs = SILENCE_MS }: Patience = {}) {
    const { host, port, isEncrypted, token, userAgent, headers } = connection;
    this.#retryForMs = retryForMs;
    this.#silenceMs = silenceMs;
    this.server = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const channel = isEncrypted ? credentials.createSsl() : credentials.createInsecure();
    this.#client = new Client(this.server, channel, {
      "grpc.max_receive_message_length": MOST_MESSAGE_BYTES,
      "grpc.max_send_message_length": MOST_MESSAGE_BYTES,
      "grpc.primary_user_agent": userAgent ?? "manyfit",
      // A connection that is cut without a word is noticed. Servers end those that ask more often than every five minutes.
      "grpc.keepalive_time_ms": 310_000,
      "grpc.keepalive_timeout_ms": 20_000,
      // Its own would grow to two minutes, in which calls fail although the server is back.
      "grpc.max_reconnect_backoff_ms": LONGEST_WAIT_MS / 2,
    });
    this.#metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) this.#metadata.set(name, value);
    if (token !== null) this.#metadata.set("authorization", `Bearer ${token}`);
  }

  /** One question, one answer; made again while nobody answers: for a minute, before the first answer for ten seconds. */
  ask<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I>,
    { signal }: CallOptions,
  ): Promise<MessageShape<O>> {
    return this.#untilAnswered(() => this.#askOnce(method, request, signal), signal);
  }

  /**
   * The messages of a stream as they come; rejects with the call's own `ServiceError`, or {@link Silence}. Leaving it early
   * cancels the call.
   */
  async *stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageShape<I>,
    { signal }: CallOptions,
  ): AsyncGenerator<MessageShape<O>, void, undefined> {
    signal.throwIfAborted();
    const call: ClientReadableStream<MessageShape<O>> = this.#client.makeServerStreamRequest(
      pathOf(method),
      (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      request,
      this.#metadata,
    );
    const cancel = (): void => call.cancel();
    signal.addEventListener("abort", cancel);
    let isSilent = false;
    const giveUp = (): void => {
      isSilent = true;
      call.cancel();
    };
    let timer = setTimeout(giveUp, this.#silenceMs);
    try {
      for await (const message of call) {
        clearTimeout(timer);
        yield message as MessageShape<O>;
        timer = setTimeout(giveUp, this.#silenceMs);
      }
    } catch (thrown) {
      signal.throwIfAborted();
      throw isSilent ? new Silence(`nothing came for ${this.#silenceMs / 1000} seconds`) : thrown;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      call.cancel();
    }
  }

  /**
   * Sends messages, as fast as the server takes them, and gives its one answer; all of them again while nobody answers, as with
   * {@link ask}.
   */
  send<I extends DescMessage, O extends DescMessage>(
    method: DescMethodClientStreaming<I, O>,
    requests: () => Iterable<MessageShape<I>>,
    { signal }: CallOptions,
  ): Promise<MessageShape<O>> {
    return this.#untilAnswered(() => this.#sendOnce(method, requests(), signal), signal);
  }

  /**
   * Asks something that any server answers at once.
   * @throws ManyfitError `spark_unreachable` where it does not in the time in which other calls are made again.
   */
  async checkAnswers<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I>,
    { signal }: CallOptions,
  ): Promise<void> {
    const deadline = AbortSignal.timeout(this.#retryForMs);
    try {
      await this.ask(method, request, { signal: AbortSignal.any([signal, deadline]) });
    } catch (thrown) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw thrown;
      const [silence, within] = [this.#silenceMs / 1000, this.#retryForMs / 1000];
      const text = `spark server ${this.server} is there, but said nothing of the running job for ${silence} seconds, and answers no other question within ${within}; look into its log, and start it anew`;
      throw new ManyfitError("spark_unreachable", text, { cause: thrown });
    }
  }

  /** Time for more tries, from now on: a call that nobody answered may have taken long before it was cut. */
  waits(): Waits {
    return new Waits(this.#hasAnswered ? this.#retryForMs : Math.min(FIRST_CONTACT_MS, this.#retryForMs));
  }

  close(): void {
    this.#client.close();
  }

  async #untilAnswered<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    let waits: Waits | null = null;
    for (;;) {
      try {
        const answer = await call();
        this.#hasAnswered = true;
        return answer;
      } catch (thrown) {
        signal.throwIfAborted();
        const error = thrown as ServiceError;
        waits ??= this.waits();
        if (!isTransient(error) || !(await waits.wait(signal))) throw sparkError(error, this.server);
      }
    }
  }

  async #sendOnce<I extends DescMessage, O extends DescMessage>(
    method: DescMethodClientStreaming<I, O>,
    requests: Iterable<MessageShape<I>>,
    signal: AbortSignal,
  ): Promise<MessageShape<O>> {
    signal.throwIfAborted();
    let cancel = (): void => undefined;
    try {
      return await new Promise((answered, failed) => {
        const call = this.#client.makeClientStreamRequest(
          pathOf(method),
          (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
          (bytes: Buffer) => fromBinary(method.output, bytes),
          this.#metadata,
          (error: ServiceError | null, answer?: MessageShape<O>) =>
            error === null && answer !== undefined ? answered(answer) : failed(error),
        );
        cancel = () => call.cancel();
        signal.addEventListener("abort", cancel);
        // The call's end, with its reason, is told to the callback above.
        call.on("error", () => undefined);
        void writeAll(call, requests);
      });
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  #askOnce<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I>,
    signal: AbortSignal,
  ): Promise<MessageShape<O>> {
    signal.throwIfAborted();
    return new Promise((answered, failed) => {
      const call = this.#client.makeUnaryRequest(
        pathOf(method),
        (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        request,
        this.#metadata,
        (error: ServiceError | null, answer?: MessageShape<O>) => {
          signal.removeEventListener("abort", cancel);
          if (error === null && answer !== undefined) answered(answer);
          else failed(error);
        },
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener("abort", cancel);
    });
  }
}

/** Waits between tries, each twice as long as the one before and a little apart from those of other clients. */
export class Waits {
  readonly #until: number;
  #next = FIRST_WAIT_MS;

  constructor(forMs: number) {
    this.#until = Date.now() + forMs;
  }

  /** False, at once, where there is no time for another try. */
  async wait(signal: AbortSignal): Promise<boolean> {
    if (Date.now() + this.#next > this.#until) return false;
    await sleep(this.#next * (0.75 + Math.random() / 2), undefined, { signal }).catch(() =>
      signal.throwIfAborted(),
    );
    this.#next = Math.min(LONGEST_WAIT_MS, this.#next * 2);
    return true;
  }
}

interface Writable<T> {
  write(message: T): boolean;
  once(event: "drain" | "close" | "error", listener: () => void): unknown;
  end(): void;
}

async function writeAll<T>(call: Writable<T>, messages: Iterable<T>): Promise<void> {
  let isOver = false;
  call.once("close", () => (isOver = true));
  for (const message of messages) {
    if (isOver) return;
    if (call.write(message)) continue;
    await new Promise<void>((drained) => {
      for (const event of ["drain", "close", "error"] as const) call.once(event, drained);
    });
  }
  call.end();
}

function pathOf(method: { readonly name: string; readonly parent: { readonly typeName: string } }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** The reason why an answer that was waited for will not come: a broken contract of the server's. */
export function brokenServer(server: string, text: string): ManyfitError {
  return new ManyfitError(
    "spark_failed",
    `spark server ${server}: ${text}; is it Spark Connect of Spark 3.5 or later?`,
  );
}
