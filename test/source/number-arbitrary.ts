import fc from "fast-check";

const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength, maxLength });

const signs = fc.constantFrom("", "", "-", "+");

/** Of 1 to 30 digits, with a point anywhere or nowhere. */
const plain = fc
  .tuple(signs, digits(1, 30), fc.nat({ max: 31 }))
  .map(([sign, all, at]) => sign + (at > all.length ? all : `${all.slice(0, at)}.${all.slice(at)}`));

const withExponent = fc
  .tuple(plain, fc.constantFrom("e", "E", "e+", "e-"), fc.nat({ max: 340 }))
  .map(([mantissa, e, exponent]) => `${mantissa}${e}${exponent}`);

/** Exactly between two doubles, or one unit of some far digit beside it: the nearest is known from all digits only. */
const nearHalfway = fc
  .tuple(
    signs,
    fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n }),
    fc.nat({ max: 60 }),
    fc.constantFrom(-1n, 0n, 1n),
    fc.nat({ max: 30 }),
  )
  .map(([sign, significand, halvings, beside, far]) => {
    // (2 s + 1) / 2^h = (2 s + 1) × 5^h / 10^h
    const scale = halvings + far;
    const unscaled = (2n * significand + 1n) * 5n ** BigInt(halvings) * 10n ** BigInt(far) + beside;
    const text = unscaled.toString().padStart(scale + 1, "0");
    return sign + (scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`);
  });

/** Numbers as people and programs write them, with a point, most of them with more digits than a double holds. */
export const writtenNumbers: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: plain },
  { weight: 2, arbitrary: withExponent },
  { weight: 2, arbitrary: nearHalfway },
);
