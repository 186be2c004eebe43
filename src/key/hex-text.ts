/** Bytes as lower-case hexadecimal text, two letters a byte. */
export function hexFromBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The bytes of hexadecimal text in upper or lower case, with or without `0x` before it; null when it is none. */
export function parseHex(text: string): Uint8Array | null {
  const match = /^(?:0x)?((?:[0-9a-f]{2})*)$/i.exec(text);
  if (match === null) return null;
  const digits = match[1]!;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}
