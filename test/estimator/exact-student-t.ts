import { Decimal } from "decimal.js";

/**
 * The two-sided p value of Student's t from its closed form, a finite sum (Abramowitz & Stegun 26.7.3 for odd and
 * 26.7.4 for even degrees of freedom), in enough digits that 1 - A(t) keeps forty; rounded once to a double.
 */
export function exactTwoSidedP(t: number, df: number): number {
  const lostDigits = (df / 2) * Math.log10(1 + (t * t) / df);
  const Exact = Decimal.clone({ precision: 45 + Math.ceil(lostDigits), minE: -9e15, maxE: 9e15 });
  const ratio = new Exact(t.toPrecision(60)).div(new Exact(df).sqrt());
  const cosine2 = new Exact(1).div(ratio.times(ratio).plus(1));
  const sine = ratio.times(cosine2.sqrt());
  const isOdd = df % 2 === 1;
  let term = isOdd ? cosine2.sqrt() : new Exact(1);
  let sum = df === 1 ? new Exact(0) : term;
  for (let k = isOdd ? 3 : 2; k <= df - 2; k += 2) {
    term = term
      .times(cosine2)
      .times(k - 1)
      .div(k);
    sum = sum.plus(term);
  }
  const even = sine.times(sum);
  const central = isOdd ? even.plus(ratio.atan()).times(2).div(Exact.acos(-1)) : even;
  return new Exact(1).minus(central).toNumber();
}
