import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { Metadata, ServiceError } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { ManyfitError } from "../../../errors.ts";

/** What Spark says of a failed call, beside its text. */
export interface SparkErrorFacts {
  /** Such as `UNRESOLVED_COLUMN.WITH_SUGGESTION`; null where Spark gives none. */
  readonly errorClass: string | null;
  readonly sqlState: string | null;
  /** By which the server tells more; null where it does not. */
  readonly errorId: string | null;
}

const NO_FACTS: SparkErrorFacts = { errorClass: null, sqlState: null, errorId: null };

/** The error of a call as users read it: one line, with Spark's class of it. The original is its cause. */
export function sparkError(error: ServiceError, server: string): ManyfitError {
  if (!isServiceError(error)) {
    const text = `spark server ${server} was not asked: ${oneLine((error as Error).message)}`;
    return new ManyfitError("spark_failed", text, { cause: error });
  }
  if (isTooLarge(error)) {
    const text = `spark server ${server}: a message is too large (${oneLine(error.details)}); key by shorter columns, fit fewer keys at a time, or raise spark.connect.grpc.maxInboundMessageSize of the server`;
    return new ManyfitError("memory_exceeded", text, { cause: error });
  }
  if (error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED) {
    const text = `spark server ${server} cannot be reached: ${oneLine(error.details)}; is it running, and is that its Connect port?`;
    return new ManyfitError("spark_unreachable", text, { cause: error });
  }
  if (error.code === status.UNAUTHENTICATED || error.code === status.PERMISSION_DENIED) {
    const text = `spark server ${server} refuses this user: ${oneLine(error.details)}; check token and user_id of the connection string`;
    return new ManyfitError("spark_refused", text, { cause: error });
  }
  const { errorClass } = errorFactsOf(error.metadata);
  const line = readableLine(error.details);
  const isNamed = errorClass === null || line.includes(errorClass);
  return new ManyfitError("spark_failed", `spark: ${isNamed ? "" : `[${errorClass}] `}${line}`, {
    cause: error,
  });
}

/** Whether a call may be made again: nobody answered, or the server was too busy. */
export function isTransient(error: ServiceError): boolean {
  if (error.code === status.UNAVAILABLE) return true;
  return error.code === status.RESOURCE_EXHAUSTED && !isTooLarge(error);
}

/** What a call throws before it is one, such as of a client that was closed, has no code. */
function isServiceError(error: unknown): error is ServiceError {
  const { code, metadata } = error as Partial<ServiceError>;
  return typeof code === "number" && metadata !== undefined;
}

/** A message that one of both sides does not take will be no smaller when it is sent again. */
function isTooLarge({ code, details }: ServiceError): boolean {
  return code === status.RESOURCE_EXHAUSTED && /larger than max|exceeds (the )?maximum/i.test(details);
}

/** Whether Spark says that it knows nothing of a session, and so of none of its operations and files. */
export function isUnknownSession({ details }: ServiceError): boolean {
  return /INVALID_HANDLE\.SESSION_(NOT_FOUND|CLOSED|CHANGED)/.test(details);
}

/** Whether Spark says that it knows nothing of an operation or session: what was asked was never begun, or is lost. */
export function isUnknownHandle(error: ServiceError): boolean {
  return /INVALID_HANDLE\.(OPERATION_(NOT_FOUND|ABANDONED)|SESSION_(NOT_FOUND|CLOSED|CHANGED))/.test(
    error.details,
  );
}

/** Whether Spark says that an operation runs, and that its answers are there for whoever asks for them anew. */
export function isRunning(error: ServiceError): boolean {
  return /INVALID_HANDLE\.OPERATION_ALREADY_EXISTS|INVALID_CURSOR\.DISCONNECTED/.test(error.details);
}

/**
 * What a failed call carries in `grpc-status-details-bin`: a `google.rpc.Status` whose details have a
 * `google.rpc.ErrorInfo`, https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto.
 */
export function errorFactsOf(metadata: Metadata): SparkErrorFacts {
  const [bytes] = metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(bytes)) return NO_FACTS;
  try {
    for (const any of fieldsOf(bytes).get(3) ?? []) {
      const [type, value] = [fieldsOf(any).get(1)?.[0], fieldsOf(any).get(2)?.[0]];
      if (value !== undefined && textOf(type).endsWith("google.rpc.ErrorInfo")) return factsFrom(value);
    }
  } catch {
    // What cannot be read says nothing; the call's own text is still there.
  }
  return NO_FACTS;
}

function factsFrom(errorInfo: Uint8Array): SparkErrorFacts {
  const entries = (fieldsOf(errorInfo).get(3) ?? []).map((entry): [string, string] => {
    const fields = fieldsOf(entry);
    return [textOf(fields.get(1)?.[0]), textOf(fields.get(2)?.[0])];
  });
  const facts = new Map(entries);
  const told = (name: string): string | null => facts.get(name) || null;
  return { errorClass: told("errorClass"), sqlState: told("sqlState"), errorId: told("errorId") };
}

/** The fields of a message that have a length, by number. */
function fieldsOf(message: Uint8Array): Map<number, Uint8Array[]> {
  const fields = new Map<number, Uint8Array[]>();
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type !== WireType.LengthDelimited) reader.skip(type);
    else fields.set(number, [...(fields.get(number) ?? []), reader.bytes()]);
  }
  return fields;
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : Buffer.from(bytes).toString("utf8");
}

/** Of a Python traceback its last line, of everything else the first; what Java adds is left out. */
function readableLine(details: string): string {
  const text = details.replace(/\bSQLSTATE: \w+\s*$/, "").trim();
  const traceback = /Traceback \(most recent call last\):[\s\S]*/.exec(text)?.[0];
  if (traceback === undefined) return oneLine(text.split("\n")[0] ?? "");
  const raised = traceback
    .split("\n")
    .filter((line) => /^[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt|Warning)?: /.test(line));
  return oneLine(raised.at(-1) ?? text.split("\n")[0] ?? "");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 2000);
}
