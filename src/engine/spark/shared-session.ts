import { userInfo } from "node:os";
import { errorFrom } from "../../errors.ts";
import type { Patience } from "./connect/calls.ts";
import { parseConnection } from "./connect/connection.ts";
import { SparkSession } from "./connect/session.ts";

/** A session that answers, and of which Spark its server is. */
export interface OpenSession {
  readonly session: SparkSession;
  /** Such as `4.3.0`. */
  readonly version: string;
}

/** Sessions of this process, by connection string. */
const sessions = new Map<string, SparkSession>();

/**
 * The session of this process with a server, made where there is none: all jobs share one, because each leaves a process of
 * Python's on every executor, also after its end. It ends before the process does, when nothing else is left to do.
 * `patience` is that of a session that is made.
 * @throws ManyfitError `invalid_option` for a string that is none, `spark_unreachable` or `spark_refused` where nobody answers.
 */
export async function openSession(
  server: string,
  signal: AbortSignal,
  patience: Patience = {},
): Promise<OpenSession> {
  const known = sessions.get(server);
  if (known !== undefined) {
    try {
      return { session: known, version: await known.version(signal) };
    } catch (error) {
      signal.throwIfAborted();
      // Others may be at work with it, unless the server let it go: it was started anew, or the session was idle for long.
      if (!/INVALID_HANDLE/.test(errorFrom(error).message)) throw error;
      if (sessions.get(server) === known) await forget(server);
    }
  }
  const session = new SparkSession(parseConnection(server, userName()), "manyfit", patience);
  try {
    const version = await session.version(signal);
    return { session: await keep(server, session), version };
  } catch (error) {
    // Nothing is to be released where nobody answered.
    session.drop();
    throw error;
  }
}

/** This session, or one that another caller has opened meanwhile. */
async function keep(server: string, session: SparkSession): Promise<SparkSession> {
  const first = sessions.get(server);
  if (first !== undefined) {
    await session.close();
    return first;
  }
  if (sessions.size === 0) process.once("beforeExit", endSessions);
  sessions.set(server, session);
  return session;
}

/** Ends all sessions of this process. */
export async function endSessions(): Promise<void> {
  process.off("beforeExit", endSessions);
  await Promise.all([...sessions.keys()].map(forget));
}

async function forget(server: string): Promise<void> {
  const session = sessions.get(server);
  sessions.delete(server);
  if (sessions.size === 0) process.off("beforeExit", endSessions);
  await session?.close();
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "manyfit";
  }
}
