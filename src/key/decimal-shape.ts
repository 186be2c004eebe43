import { ManyfitError } from "../errors.ts";
import type { KeyType } from "./key-type.ts";

/** The decimal types among the key types. */
export type DecimalType = Extract<KeyType, `decimal(${string})`>;

/** Digits of a decimal type: `width` in all (1 to 38), `scale` of them after the point (0 to `width`). */
export interface DecimalShape {
  readonly width: number;
  readonly scale: number;
}

/** Whether a key type is one of the decimals. */
export function isDecimalType(type: KeyType): type is DecimalType {
  return type.startsWith("decimal(");
}

/** The shape that text such as `decimal(18,3)` or `decimal(18, 3)` names; null when it names none. */
export function parseDecimalShape(text: string): DecimalShape | null {
  const match = /^decimal\((\d{1,2}), ?(\d{1,2})\)$/.exec(text);
  if (match === null) return null;
  const width = Number(match[1]);
  const scale = Number(match[2]);
  return width >= 1 && width <= 38 && scale <= width ? { width, scale } : null;
}

/**
 * Width and scale of a decimal type.
 * @throws ManyfitError `unsupported_type` for a width or scale out of range.
 */
export function decimalShape(type: DecimalType): DecimalShape {
  const shape = parseDecimalShape(type);
  if (shape !== null) return shape;
  throw new ManyfitError(
    "unsupported_type",
    `key type ${type}: a decimal has a width of 1 to 38 and a scale of 0 to its width`,
  );
}
