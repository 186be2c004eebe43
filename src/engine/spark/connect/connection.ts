import { ManyfitError } from "../../../errors.ts";

/** Where a Spark Connect server is, and who asks. */
export interface Connection {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  /** Bearer token; null where none is needed. Never part of a message. */
  readonly token: string | null;
  readonly userId: string;
  /** What is said of the client to the server's log; null: manyfit. */
  readonly userAgent: string | null;
  /** Metadata sent with every call, such as `x-databricks-cluster-id`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Spark's port where none is told. */
const DEFAULT_PORT = 15002;

const EXAMPLE = "such as sc://localhost:15002 or sc://host:443/;use_ssl=true;token=…";

/**
 * Reads Spark's connection string, `sc://host:port/;name=value;…`, in which values are percent-encoded:
 * https://github.com/apache/spark/blob/master/sql/connect/docs/client-connection-string.md. `defaultUser` is who asks where
 * `user_id` is not told.
 * @throws ManyfitError `invalid_option`; the message never has what stands behind a `=`.
 */
export function parseConnection(text: string, defaultUser: string): Connection {
  // Any parameter may be a secret: metadata of proxies, such as keys, too.
  const shown = text.replace(/(;[^;=]*=)[^;]+/g, "$1…");
  const invalid = (why: string): ManyfitError =>
    new ManyfitError(
      "invalid_option",
      `spark ${JSON.stringify(shown)}: ${why}; give a connection string, ${EXAMPLE}`,
    );
  const match = /^sc:\/\/(\[[^\]]*\]|[^:/;?#@[\]]*)(?::([^/;]*))?(?:\/(.*))?$/i.exec(text.trim());
  if (match === null) throw invalid("is not of the form sc://host:port/;name=value");
  const [, bracketed = "", portText, rest = ""] = match;
  const host = bracketed.replace(/^\[|\]$/g, "");
  if (host === "") throw invalid("names no host");
  if (rest !== "" && !rest.startsWith(";")) throw invalid("has a path, where only ;name=value may stand");
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (!/^\d+$/.test(portText ?? "0") || port > 65_535 || (portText !== undefined && port === 0))
    throw invalid(`has port ${portText}, must be a whole number from 1 to 65535`);
  const params = paramsOf(rest, invalid);
  const {
    use_ssl: ssl,
    token = null,
    user_id: userId = defaultUser,
    user_agent: userAgent = null,
    ...headers
  } = params;
  if (ssl !== undefined && !/^(true|false)$/i.test(ssl))
    throw invalid(`has use_ssl=${ssl}, must be true or false`);
  const session = "session_id";
  if (session in headers) throw invalid("has session_id; sessions are manyfit's own");
  const unsendable = Object.entries(headers).find(([, value]) => !/^[ -~]*$/.test(value))?.[0];
  const binary = Object.keys(headers).find((name) => name.endsWith("-bin"));
  if (binary !== undefined)
    throw invalid(`has ${binary}, and values of such names are bytes, which a string has not`);
  if (unsendable !== undefined) throw invalid(`has ${unsendable} with more than the letters of ASCII`);
  // As pyspark: a token goes over an encrypted channel, unless the user said otherwise.
  const isEncrypted = ssl === undefined ? token !== null : /^true$/i.test(ssl);
  const isLocal = /^(localhost|127(\.\d+){3}|::1)$/i.test(host);
  if (token !== null && !isEncrypted && !isLocal)
    throw invalid("would send its token unencrypted; leave use_ssl=false out");
  return { host, port, isEncrypted, token, userId, userAgent, headers };
}

function paramsOf(rest: string, invalid: (why: string) => ManyfitError): Record<string, string> {
  const params: [string, string][] = [];
  for (const part of rest.split(";").filter((part) => part !== "")) {
    const at = part.indexOf("=");
    const name = at < 0 ? part : part.slice(0, at);
    if (at <= 0) throw invalid(`has ${JSON.stringify(name)} without a value`);
    if (!/^[A-Za-z0-9_.-]+$/.test(name))
      throw invalid(`has a parameter ${JSON.stringify(name)}, which is no name`);
    if (params.some(([known]) => known === name)) throw invalid(`has ${name} twice`);
    params.push([
      name,
      decoded(part.slice(at + 1), () => invalid(`has ${name} with a broken percent-encoding`)),
    ]);
  }
  return Object.fromEntries(params);
}

function decoded(value: string, broken: () => ManyfitError): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw broken();
  }
}
