import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import type { ServiceError } from "@grpc/grpc-js";
import {
  ConfigRequestSchema,
  ExecutePlanRequestSchema,
  type ExecutePlanResponse,
  InterruptRequestSchema,
  InterruptRequest_InterruptType as InterruptType,
  type Plan,
  ReattachExecuteRequestSchema,
  ReleaseExecuteRequestSchema,
  SparkConnectService,
} from "#spark-connect/base";
import { ManyfitError } from "../../../errors.ts";
import { type Calls, Silence, type Waits } from "./calls.ts";
import { isRunning, isTransient, isUnknownHandle, isUnknownSession, sparkError } from "./spark-error.ts";

/** What every request of a session says. */
export interface SessionIdentity {
  readonly sessionId: string;
  readonly userContext: { readonly userId: string; readonly userName: string };
  readonly clientType: string;
}

/** How long what tidies up may take, in milliseconds. */
const TIDY_WITHIN_MS = 10_000;

const { config, executePlan, reattachExecute, releaseExecute, interrupt } = SparkConnectService.method;

/**
 * Runs a plan and gives its responses, each once and in order, also when streams end early (as they do every few minutes by
 * design) or connections are cut: then the rest is asked for anew. What was taken is released on the server. Where the
 * caller leaves early, or the signal is aborted, the operation is interrupted.
 *
 * Source: the protocol of reattachable execution in Spark's `base.proto`.
 * A stream on which nothing comes for long is asked for anew, too, as long as the server answers other questions.
 * @throws ManyfitError `spark_failed` with Spark's error, `spark_lost` where the server forgot the operation, `spark_unreachable`
 *   where it does not answer.
 */
export async function* execute(
  calls: Calls,
  session: SessionIdentity,
  { plan, tags = [] }: { readonly plan: Plan; readonly tags?: readonly string[] },
  signal: AbortSignal,
): AsyncGenerator<ExecutePlanResponse, void, undefined> {
  const operation = new Operation(calls, session, plan, tags);
  try {
    yield* operation.responses(signal);
  } finally {
    await operation.tidy();
  }
}

class Operation {
  readonly #calls: Calls;
  readonly #session: SessionIdentity;
  readonly #plan: Plan;
  readonly #tags: readonly string[];
  readonly #id = randomUUID();
  #lastResponseId: string | undefined;
  #isComplete = false;
  readonly #releases = new Set<Promise<unknown>>();

  constructor(calls: Calls, session: SessionIdentity, plan: Plan, tags: readonly string[]) {
    this.#calls = calls;
    this.#session = session;
    this.#plan = plan;
    this.#tags = tags;
  }

  async *responses(signal: AbortSignal): AsyncGenerator<ExecutePlanResponse, void, undefined> {
    let waits: Waits | null = null;
    let isBegun = false;
    while (!this.#isComplete) {
      try {
        for await (const response of this.#stream(isBegun, signal)) {
          waits = null;
          this.#lastResponseId = response.responseId;
          this.#isComplete = response.responseType.case === "resultComplete";
          // What may go wrong behind it is nobody's business.
          if (this.#isComplete) return;
          yield response;
          this.#release(response.responseId);
        }
        isBegun = true;
        waits = null;
      } catch (thrown) {
        signal.throwIfAborted();
        if (thrown instanceof Silence) {
          await this.#checkServer(signal);
          isBegun = true;
          continue;
        }
        const error = thrown as ServiceError;
        const isForgotten = isUnknownHandle(error);
        // A new session would not have the files that the plan needs.
        const isGone = isBegun && isUnknownSession(error);
        if (isGone || (isForgotten && this.#lastResponseId !== undefined))
          throw lost(error, this.#calls.server);
        // A request that was taken for lost has come to the server after all, or has taken the answers of a later one.
        const isThere = isRunning(error);
        if ((isForgotten && !isBegun) || !(isForgotten || isThere || isTransient(error)))
          throw sparkError(error, this.#calls.server);
        // After a cut nobody knows whether the server has heard of it; one that has not says so.
        isBegun = !isForgotten;
        waits ??= this.#calls.waits();
        if (!(await waits.wait(signal))) throw sparkError(error, this.#calls.server);
      }
    }
  }

  /** Interrupts what still runs, and lets the server forget the rest. Never rejects: nobody could do anything about it. */
  async tidy(): Promise<void> {
    const signal = AbortSignal.timeout(TIDY_WITHIN_MS);
    const identity = { ...this.#session, operationId: this.#id };
    if (!this.#isComplete) {
      const what = { case: "operationId", value: this.#id } as const;
      const request = { ...this.#session, interruptType: InterruptType.OPERATION_ID, interrupt: what };
      await this.#calls
        .ask(interrupt, create(InterruptRequestSchema, request), { signal })
        .catch(() => undefined);
    }
    await Promise.allSettled(this.#releases);
    const all = create(ReleaseExecuteRequestSchema, {
      ...identity,
      release: { case: "releaseAll", value: {} },
    });
    await this.#calls.ask(releaseExecute, all, { signal }).catch(() => undefined);
  }

  /** A job may be silent for long, a server not. */
  #checkServer(signal: AbortSignal): Promise<void> {
    const opType = { case: "getOption", value: {} } as const;
    const request = create(ConfigRequestSchema, { ...this.#session, operation: { opType } });
    return this.#calls.checkAnswers(config, request, { signal });
  }

  #stream(isBegun: boolean, signal: AbortSignal): AsyncGenerator<ExecutePlanResponse, void, undefined> {
    const identity = { ...this.#session, operationId: this.#id };
    if (isBegun) {
      const told = this.#lastResponseId === undefined ? {} : { lastResponseId: this.#lastResponseId };
      return this.#calls.stream(
        reattachExecute,
        create(ReattachExecuteRequestSchema, { ...identity, ...told }),
        { signal },
      );
    }
    const reattachable = { case: "reattachOptions", value: { reattachable: true } } as const;
    const request = create(ExecutePlanRequestSchema, {
      ...identity,
      plan: this.#plan,
      tags: [...this.#tags],
      requestOptions: [{ requestOption: reattachable }],
    });
    return this.#calls.stream(executePlan, request, { signal });
  }

  /** Nobody waits for it: what is not released now is so with the next, or at the end. */
  #release(responseId: string): void {
    if (this.#releases.size > 0) return;
    const request = create(ReleaseExecuteRequestSchema, {
      ...this.#session,
      operationId: this.#id,
      release: { case: "releaseUntil", value: { responseId } },
    });
    const signal = AbortSignal.timeout(TIDY_WITHIN_MS);
    const released = this.#calls.ask(releaseExecute, request, { signal }).catch(() => undefined);
    this.#releases.add(released);
    void released.then(() => this.#releases.delete(released));
  }
}

function lost(error: ServiceError, server: string): ManyfitError {
  const text = `spark server ${server} knows nothing of the running job any more: it was restarted, or the session was ended`;
  return new ManyfitError("spark_lost", text, { cause: error });
}
