// Writes proto/spark from the image of Spark's message descriptors that is kept beside it (see spark-descriptors.py).
// Usage: node scripts/spark-messages.mjs
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

const FOLDER = join(import.meta.dirname, "../proto");
const IMAGE = join(FOLDER, "spark-connect-4.3.0.binpb");
/** What describes the service, and imports all else that it needs. */
const SERVICE = "spark/connect/base.proto";
const SETTINGS = "target=js+dts,import_extension=js";

/**
 * The code of Spark's messages, by its path below `proto`, as the plugin of protobuf-es makes it of the image.
 * @returns {Map<string, string>}
 */
export function sparkMessages() {
  const { file: protoFile } = fromBinary(FileDescriptorSetSchema, readFileSync(IMAGE));
  const fileToGenerate = withImports(SERVICE, protoFile).filter((name) => name.startsWith("spark/"));
  const request = create(CodeGeneratorRequestSchema, { fileToGenerate, parameter: SETTINGS, protoFile });
  const plugin = join(
    dirname(createRequire(import.meta.url).resolve("@bufbuild/protoc-gen-es/package.json")),
    "bin/protoc-gen-es",
  );
  const { stdout, stderr, status } = spawnSync(process.execPath, [plugin], {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`protoc-gen-es ended with ${status}: ${stderr}`);
  const { file, error } = fromBinary(CodeGeneratorResponseSchema, stdout);
  if (error !== "") throw new Error(`protoc-gen-es: ${error}`);
  return new Map(file.map(({ name, content }) => [name, content]));
}

/**
 * A file and all that it imports.
 * @param {string} name
 * @param {readonly import("@bufbuild/protobuf/wkt").FileDescriptorProto[]} files
 * @returns {string[]}
 */
function withImports(name, files) {
  const imports = files.find((file) => file.name === name)?.dependency ?? [];
  return [...new Set([name, ...imports.flatMap((imported) => withImports(imported, files))])];
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, content] of sparkMessages()) {
    mkdirSync(dirname(join(FOLDER, name)), { recursive: true });
    writeFileSync(join(FOLDER, name), content);
  }
}
