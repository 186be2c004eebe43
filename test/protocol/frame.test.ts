import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { FrameDecoder } from "../../src/protocol/frame-decoder.ts";
import { PRELUDE_BYTES, writePrelude } from "../../src/protocol/frame-prelude.ts";

/** All bytes of some frames, one behind the other. */
function bytesOf(messages: readonly unknown[]): Uint8Array {
  return Buffer.concat(messages.flatMap(encodeFrame));
}

function decode(pieces: readonly Uint8Array[]): unknown[] {
  const decoder = new FrameDecoder();
  const messages = pieces.flatMap((piece) => [...decoder.push(piece)]);
  decoder.end();
  return messages;
}

const typedArray = fc.oneof(
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);

const leaf = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: "binary" }),
  // Any UTF-16 units at all, lone surrogates among them, and texts long enough for a section of their own.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.string({ minLength: 1200, maxLength: 1300, unit: "grapheme" }),
  typedArray,
  fc.uint8Array().map((bytes) => bytes.slice().buffer),
);

const name = fc.oneof(fc.string(), fc.constantFrom("__proto__", "$", "$$", "$$x", "toString", "constructor"));

const { message } = fc.letrec((tie) => ({
  message: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("message"), { maxLength: 5 }),
    fc
      .array(fc.tuple(name, tie("message")), { maxLength: 5 })
      .map((members) => Object.fromEntries(members) as object),
  ),
}));

describe("frames", () => {
  test("give back every message as it was, in any cut of the stream", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), fc.array(fc.nat()), (messages, cuts) => {
        const bytes = bytesOf(messages);
        const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
        const pieces = edges.slice(1).map((edge, i) => bytes.slice(edges[i], edge));
        // Vitest takes a member named "constructor" for the class of its object.
        assert.deepStrictEqual(decode(pieces), messages);
      }),
    );
  });

  test("are read byte by byte as they are read at once", () => {
    const messages = [
      { type: "a", x: new Float64Array([Number.NaN, 1]) },
      [],
      { memory: new ArrayBuffer(3) },
    ];
    const bytes = bytesOf(messages);
    expect(decode(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toStrictEqual(messages);
  });

  test("keep the sign of zero, NaN and infinity in arrays", () => {
    const array = new Float64Array([Number.NaN, -Infinity, -0]);
    const [decoded] = decode([bytesOf([{ zero: -0, array }])]) as [{ zero: number; array: Float64Array }];
    expect(Object.is(decoded.zero, -0)).toBe(true);
    expect(new BigUint64Array(decoded.array.buffer, decoded.array.byteOffset, 3)).toEqual(
      new BigUint64Array(array.buffer),
    );
  });

  test("carry shared memory as memory and a part of an array as that part only", () => {
    const shared = new SharedArrayBuffer(16);
    new Float64Array(shared).set([1, 2]);
    const all = new Int32Array(1_000_000).fill(7);
    const pieces = encodeFrame({ shared, part: all.subarray(10, 12) });
    expect(Buffer.concat(pieces).length).toBeLessThan(500);
    const [decoded] = decode(pieces) as [{ shared: ArrayBuffer; part: Int32Array }];
    expect(decoded.shared).toBeInstanceOf(ArrayBuffer);
    expect([...new Float64Array(decoded.shared)]).toEqual([1, 2]);
    expect(decoded.part).toStrictEqual(Int32Array.of(7, 7));
  });

  test("hold every section at a multiple of 8 bytes, and large ones without a copy", () => {
    const large = new Float64Array(100_000).fill(1.5);
    const pieces = encodeFrame({ small: new Uint8Array([1, 2, 3]), large });
    expect(pieces.some((piece) => piece.buffer === large.buffer)).toBe(true);
    const starts = pieces.map((_, i) => pieces.slice(0, i).reduce((sum, piece) => sum + piece.length, 0));
    expect(starts.filter((start) => start % 8 !== 0)).toEqual([]);
  });

  test.each([
    ["NaN", { x: Number.NaN }, /number NaN/],
    ["infinity", [1, Infinity], /number Infinity/],
    ["undefined in a list", [undefined], /undefined/],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    ["a hole", [1, , 2], /undefined/],
    ["undefined as a member", { x: undefined }, /undefined/],
    ["a function", { f: () => 1 }, /function/],
    ["a symbol", [Symbol("s")], /symbol/],
    ["a bigint", 1n, /bigint/],
    ["a Date", { at: new Date(0) }, /class Date/],
    ["a Map", new Map(), /class Map/],
    ["a DataView", new DataView(new ArrayBuffer(8)), /class DataView/],
  ])("refuse %s, which would arrive as something else", (_, value, expected) => {
    expect(() => encodeFrame(value)).toThrow(
      expect.objectContaining({ code: "internal", message: expect.stringMatching(expected) }),
    );
  });
});

/** What a decoder says of a stream: the messages before the damage, and the error. */
function damage(bytes: Uint8Array): { messages: unknown[]; code: string; message: string } {
  const decoder = new FrameDecoder();
  const messages: unknown[] = [];
  try {
    for (const decoded of decoder.push(bytes)) messages.push(decoded);
    decoder.end();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { messages, code, message };
  }
  throw new Error("nothing was found to be damaged");
}

/** A frame whose prelude is right in itself. */
function forged(header: string, lengths: { headerBytes?: number; totalBytes?: number } = {}): Uint8Array {
  const bytes = Buffer.alloc(PRELUDE_BYTES + Math.ceil(header.length / 8) * 8);
  writePrelude(bytes, { headerBytes: header.length, totalBytes: bytes.length, ...lengths });
  bytes.write(header, PRELUDE_BYTES);
  return bytes;
}

describe("damaged frames", () => {
  test("are an error after the messages before them, and for good", () => {
    const good = bytesOf([{ n: 1 }, { n: 2 }]);
    const { messages, code, message } = damage(
      Buffer.concat([good, Buffer.from("Segmentation fault, or so\n")]),
    );
    expect(messages).toEqual([{ n: 1 }, { n: 2 }]);
    expect(code).toBe("worker_failed");
    expect(message).toMatch(/frame begins with 6d676553, expected 0146666d/);
    const decoder = new FrameDecoder();
    expect(() => [...decoder.push(Buffer.alloc(24, 1))]).toThrow(/begins with/);
    expect(() => [...decoder.push(good)]).toThrow(/begins with/);
  });

  test("are found by any changed bit of the prelude at once, before any memory is taken", () => {
    const bytes = bytesOf([{ x: new Float64Array(4) }]);
    for (let bit = 0; bit < 8 * PRELUDE_BYTES; bit++) {
      const changed = Uint8Array.from(bytes.subarray(0, PRELUDE_BYTES));
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(damage(changed)).toMatchObject({
        code: "worker_failed",
        message: expect.stringMatching(/damaged/),
      });
    }
  });

  test.each([
    ["a header that is no JSON", forged("{nonsense"), /frame cannot be read/],
    ["a header that is no header", forged("7"), /frame cannot be read/],
    ["a section that is not there", forged('{"message":{"$":0},"sections":[]}'), /names section 0, it has 0/],
    ["a section of no known kind", forged('{"message":1,"sections":[["code",1]]}'), /which is none/],
    ["a section of negative length", forged('{"message":1,"sections":[["int8",-1]]}'), /which is none/],
    [
      "a section without end",
      forged('{"message":1,"sections":[["int8",1e12]]}'),
      /sections of 1000000000000 bytes/,
    ],
    ["less body than sections", forged('{"message":1,"sections":[["int8",16]]}'), /16 bytes, its body has 0/],
    [
      "more body than sections",
      forged('{"message":1,"sections":[]}', { totalBytes: 1000 }),
      /0 bytes, its body has/,
    ],
    ["a header longer than its frame", forged("1", { headerBytes: 900 }), /has a header of 900/],
  ])("are found with %s", (_, bytes, expected) => {
    expect(damage(bytes)).toMatchObject({ code: "worker_failed", message: expect.stringMatching(expected) });
  });

  test("are found where a stream ends early", () => {
    const bytes = bytesOf([{ x: new Float64Array(4) }]);
    for (let length = 1; length < bytes.length; length++) {
      expect(damage(bytes.subarray(0, length)).message).toBe("stream ends within a frame");
    }
  });

  test("never make the decoder take memory that was not sent for, whatever byte is changed", () => {
    const bytes = bytesOf([{ x: new Float64Array([1, 2, 3]), y: "text", z: [new ArrayBuffer(5), -0] }]);
    const place = fc.nat({ max: bytes.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Uint8Array.from(bytes);
        changed[at]! ^= change;
        const before = process.memoryUsage().arrayBuffers;
        try {
          expect(decode([changed]).length).toBeLessThanOrEqual(1);
        } catch (error) {
          expect(error).toMatchObject({ code: "worker_failed" });
        }
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
      }),
    );
  });
});
