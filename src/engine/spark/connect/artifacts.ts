import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { create } from "@bufbuild/protobuf";
import {
  type AddArtifactsRequest,
  AddArtifactsRequestSchema,
  SparkConnectService,
} from "#spark-connect/base";
import { ManyfitError } from "../../../errors.ts";
import type { Calls } from "./calls.ts";
import type { SessionIdentity } from "./execute.ts";

/** A file for the session's executors. */
export interface Artifact {
  /** Where it is laid: `files/name`, `pyfiles/name` or `archives/name.tar.gz#folder`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Bytes in one message: with Spark's own 32 KiB a 36 MB archive takes two and a half times as long (measured). */
const CHUNK_BYTES = 2 ** 20;

/**
 * Gives a session's executors a file. The same name with the same bytes again is no error; with other bytes it is Spark's
 * `ARTIFACT_ALREADY_EXISTS`, so names carry a hash ({@link hashedName}).
 */
export async function addArtifact(
  calls: Calls,
  session: SessionIdentity,
  artifact: Artifact,
  signal: AbortSignal,
): Promise<void> {
  const method = SparkConnectService.method.addArtifacts;
  const { artifacts } = await calls.send(method, () => requestsFor(session, artifact), { signal });
  const broken = artifacts.find((summary) => !summary.isCrcSuccessful);
  if (broken !== undefined || artifacts.length !== 1)
    throw new ManyfitError(
      "spark_failed",
      `spark: artifact ${artifact.name} did not arrive as it was sent; try again`,
    );
}

/** `trainer.mjs` as `trainer-<first 16 of its hash>.mjs`. */
export function hashedName(name: string, bytes: Uint8Array): string {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const dot = name.indexOf(".");
  return dot < 0 ? `${name}-${hash}` : `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
}

function* requestsFor(session: SessionIdentity, { name, bytes }: Artifact): Generator<AddArtifactsRequest> {
  const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
  for (let i = 0; i < chunks; i++) {
    const data = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
    const chunk = { data, crc: BigInt(crc32(data)) };
    const first = { name, totalBytes: BigInt(bytes.length), numChunks: BigInt(chunks), initialChunk: chunk };
    const payload =
      chunks === 1
        ? { case: "batch" as const, value: { artifacts: [{ name, data: chunk }] } }
        : i === 0
          ? { case: "beginChunk" as const, value: first }
          : { case: "chunk" as const, value: chunk };
    yield create(AddArtifactsRequestSchema, { ...session, payload });
  }
}
