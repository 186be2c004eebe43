import { StringDecoder } from "node:string_decoder";

/** Who is told what was printed. */
export type PrintListener = (stream: "stdout" | "stderr", text: string) => void;

/**
 * From now on whatever this process prints by `process.stdout`, `process.stderr` or `console` is told to the listener
 * and goes nowhere else.
 */
export function captureOutput(listener: PrintListener): void {
  for (const name of ["stdout", "stderr"] as const) {
    const decoder = new StringDecoder("utf8");
    const write = (chunk: unknown, encodingOrDone?: unknown, done?: unknown): boolean => {
      const encoding = typeof encodingOrDone === "string" ? (encodingOrDone as BufferEncoding) : "utf8";
      const text = decoder.write(bytesOf(chunk, encoding));
      if (text !== "") listener(name, text);
      const callback = typeof encodingOrDone === "function" ? encodingOrDone : done;
      if (typeof callback === "function") process.nextTick(callback as () => void);
      return true;
    };
    process[name].write = write;
  }
}

function bytesOf(chunk: unknown, encoding: BufferEncoding): Buffer {
  if (typeof chunk === "string") return Buffer.from(chunk, encoding);
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(
    `what is written must be a string or bytes, not ${chunk === null ? "null" : typeof chunk}`,
  );
}
