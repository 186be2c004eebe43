import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import {
  type AnalyzePlanRequest,
  AnalyzePlanRequestSchema,
  type AnalyzePlanResponse,
  ConfigRequestSchema,
  type ExecutePlanResponse,
  AnalyzePlanRequest_Explain_ExplainMode as ExplainMode,
  FetchErrorDetailsRequestSchema,
  PlanSchema,
  ReleaseSessionRequestSchema,
  SparkConnectService,
} from "#spark-connect/base";
import type { Relation } from "#spark-connect/relations";
import type { DataType } from "#spark-connect/types";
import type { ManyfitError } from "../../../errors.ts";
import { type Artifact, addArtifact } from "./artifacts.ts";
import { brokenServer, Calls, type Patience } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { execute, type SessionIdentity } from "./execute.ts";
import { errorFactsOf } from "./spark-error.ts";

/** How long the server may take to forget a session, in milliseconds. */
const RELEASE_WITHIN_MS = 5000;

const METHODS = SparkConnectService.method;

/**
 * A session of a Spark Connect server, which it makes when it is first asked something. One for a process and its whole life:
 * each session that runs Python leaves a process of some 55 MB on every executor, also after its end.
 */
export class SparkSession {
  readonly server: string;
  readonly #calls: Calls;
  readonly #identity: SessionIdentity;

  constructor(connection: Connection, clientType: string, patience: Patience = {}) {
    this.#calls = new Calls(connection, patience);
    this.server = this.#calls.server;
    const { userId } = connection;
    this.#identity = { sessionId: randomUUID(), userContext: { userId, userName: userId }, clientType };
  }

  /** Such as `4.3.0`; the first question to a server, by which it is known to be there. */
  async version(signal: AbortSignal): Promise<string> {
    const { result } = await this.#analyze({ case: "sparkVersion", value: {} }, signal);
    if (result.case !== "sparkVersion") throw brokenServer(this.server, "does not tell its version");
    return result.value.version;
  }

  /** The columns of a relation, as Spark resolves it. */
  async schemaOf(relation: Relation, signal: AbortSignal): Promise<DataType> {
    const plan = planOf(relation);
    const { result } = await this.#analyze({ case: "schema", value: { plan } }, signal);
    if (result.case !== "schema" || result.value.schema === undefined)
      throw brokenServer(this.server, "does not tell the columns of a source");
    return result.value.schema;
  }

  /** The physical plan as Spark's `EXPLAIN FORMATTED` writes it. */
  async explain(relation: Relation, signal: AbortSignal): Promise<string> {
    const value = { plan: planOf(relation), explainMode: ExplainMode.FORMATTED };
    const { result } = await this.#analyze({ case: "explain", value }, signal);
    if (result.case !== "explain") throw brokenServer(this.server, "does not explain a plan");
    return result.value.explainString;
  }

  /** Files that a relation reads, as URIs. */
  async inputFiles(relation: Relation, signal: AbortSignal): Promise<readonly string[]> {
    const { result } = await this.#analyze({ case: "inputFiles", value: { plan: planOf(relation) } }, signal);
    if (result.case !== "inputFiles") throw brokenServer(this.server, "does not tell the files of a source");
    return result.value.files;
  }

  /** Values of configuration; null where one is not set. */
  async config(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string | null>> {
    const opType = { case: "getOption" as const, value: { keys: [...names] } };
    const request = create(ConfigRequestSchema, { ...this.#identity, operation: { opType } });
    const { pairs } = await this.#calls.ask(METHODS.config, request, { signal });
    return new Map(pairs.map(({ key, value }) => [key, value ?? null]));
  }

  /** Sets configuration of this session. */
  async configure(values: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const pairs = Object.entries(values).map(([key, value]) => ({ key, value }));
    const opType = { case: "set", value: { pairs } } as const;
    const request = create(ConfigRequestSchema, { ...this.#identity, operation: { opType } });
    await this.#calls.ask(METHODS.config, request, { signal });
  }

  /** Runs a relation and gives what the server says of it, batch by batch; see {@link execute}. */
  run(
    relation: Relation,
    signal: AbortSignal,
    tags: readonly string[] = [],
  ): AsyncGenerator<ExecutePlanResponse, void, undefined> {
    return execute(this.#calls, this.#identity, { plan: planOf(relation), tags }, signal);
  }

  /** Gives the executors a file; see {@link addArtifact}. */
  addArtifact(artifact: Artifact, signal: AbortSignal): Promise<void> {
    return addArtifact(this.#calls, this.#identity, artifact, signal);
  }

  /** Whole words of an error, with the stacks of Java, as the server remembers it; null where it does not (before 4.0). */
  async detailsOf(error: ManyfitError, signal: AbortSignal): Promise<string | null> {
    const cause = error.cause as { metadata?: Parameters<typeof errorFactsOf>[0] } | undefined;
    const errorId = cause?.metadata === undefined ? null : errorFactsOf(cause.metadata).errorId;
    if (errorId === null) return null;
    const request = create(FetchErrorDetailsRequestSchema, { ...this.#identity, errorId });
    const { errors } = await this.#calls.ask(METHODS.fetchErrorDetails, request, { signal });
    if (errors.length === 0) return null;
    return errors
      .map(({ errorTypeHierarchy, message, stackTrace }) => {
        const frames = stackTrace.map((frame) => {
          const line = frame.fileName === undefined ? "" : ` (${frame.fileName}:${frame.lineNumber})`;
          return `    at ${frame.declaringClass}.${frame.methodName}${line}`;
        });
        return [`${errorTypeHierarchy[0] ?? "error"}: ${message}`, ...frames].join("\n");
      })
      .join("\ncaused by ");
  }

  /** Ends the session, as far as the server knows how to (from 4.0), and the connection. Never rejects. */
  async close(): Promise<void> {
    const signal = AbortSignal.timeout(RELEASE_WITHIN_MS);
    const request = create(ReleaseSessionRequestSchema, { ...this.#identity });
    await this.#calls.ask(METHODS.releaseSession, request, { signal }).catch(() => undefined);
    this.#calls.close();
  }

  /** Ends the connection to a server that never answered, without a word. */
  drop(): void {
    this.#calls.close();
  }

  #analyze(analyze: AnalyzeInput, signal: AbortSignal): Promise<AnalyzePlanResponse> {
    const request = create(AnalyzePlanRequestSchema, {
      ...this.#identity,
      analyze: analyze as AnalyzePlanRequest["analyze"],
    });
    return this.#calls.ask(METHODS.analyzePlan, request, { signal });
  }
}

type AnalyzeInput =
  | { readonly case: "sparkVersion"; readonly value: object }
  | { readonly case: "schema" | "inputFiles" | "explain"; readonly value: object };

function planOf(relation: Relation): ReturnType<typeof create<typeof PlanSchema>> {
  return create(PlanSchema, { opType: { case: "root", value: relation } });
}
