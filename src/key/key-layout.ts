/**
 * The version of the canonical key bytes. The bytes of a key decide its place in a run, its seed and its part of
 * the digest, so this layout never changes; another layout is another version.
 *
 * # key-v1
 *
 * A key is the concatenation of its values in the order of the key columns, nothing before, between or after; the
 * key of a pooled run is empty. A value is one tag byte and a body that tells its own end, so no key is a proper
 * prefix of another key of the same types, and comparing two keys byte by byte (unsigned) compares them value by
 * value in the orders below. Bytes are written in hexadecimal; all numbers are big-endian. Equal values have equal
 * bytes and every value has one form: other bytes are no key.
 *
 * | tag | value | order |
 * |---|---|---|
 * | 01 | NULL of any type | before all others |
 * | 02 | boolean | false, true |
 * | 03 | integer, hugeint | by value |
 * | 04 | decimal of any width and scale | by value |
 * | 05 | double | -infinity, negative, zero, positive, infinity, NaN |
 * | 06 | text | by UTF-8 bytes, which is by code points |
 * | 07 | blob | by bytes |
 * | 08 | date | by day |
 * | 09 | timestamp, timestamp_ns | by instant |
 * | 0a | timestamptz | by instant |
 *
 * **01 NULL** has no body.
 *
 * **02 boolean**: one byte, 00 false or 01 true.
 *
 * **03 integer**, -2^127 to 2^128 - 1: a header byte, then the magnitude in the fewest bytes, n of them (0 to 16,
 * none for zero). Not negative: header 80 + n, then the magnitude. Negative: header 80 - n, then the magnitude with
 * every bit flipped. Width plays no part: 17 is `03 81 11` from any integer column, -1 is `03 7f fe`.
 *
 * **04 decimal**: zero is the one byte 80. Every other value is ±0.d₁d₂…d_k × 10^e with d₁ and d_k not 0, k from 1
 * to 38 and e from -37 to 38. Positive: the header byte c0 + e; then the digits two to a byte, each byte 1 + 10 × the
 * first + the second digit (01 to 64), where an odd k is filled up with a digit 0; then 00. Negative: the same with
 * every bit of all these bytes flipped. 1.5 is `04 c1 10 00`, as decimal(3,1) and as decimal(4,2).
 *
 * **05 double**: eight bytes, the IEEE 754 binary64 form; where its sign bit is set all bits are flipped, else the
 * sign bit alone. -0 is written as 0, and every NaN as 7ff8000000000000 before the flip (fff8000000000000 after).
 *
 * **06 text**: the UTF-8 bytes of its code points, as they are (no normalisation, no mark dropped), each 00 written
 * as `00 ff`; then `00 01`. Text with a lone surrogate has no UTF-8 form and is refused.
 *
 * **07 blob**: its bytes, each 00 written as `00 ff`; then `00 01`.
 *
 * **08 date**: four bytes, days since 1970-01-01 + 2^31. Infinity is day 2^31 - 1 and -infinity day -(2^31 - 1).
 *
 * **09 timestamp, timestamp_ns**: eight bytes, whole microseconds since 1970-01-01T00:00 (rounded down) + 2^63;
 * then two bytes, the nanoseconds beyond that microsecond (0 to 999). So one instant is one key in either type.
 * Infinity is microsecond 2^63 - 1 and -infinity microsecond -(2^63 - 1), nanosecond 0, in either type;
 * microsecond -2^63 is none.
 *
 * **0a timestamptz**: as 09, in UTC.
 */
export const KEY_VERSION = "key-v1";

/** The tag bytes of {@link KEY_VERSION}. */
export const KEY_TAG = {
  null: 0x01,
  boolean: 0x02,
  integer: 0x03,
  decimal: 0x04,
  double: 0x05,
  text: 0x06,
  blob: 0x07,
  date: 0x08,
  timestamp: 0x09,
  timestamptz: 0x0a,
} as const;
