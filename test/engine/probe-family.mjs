/**
 * An estimator for tests whose model depends on the order of its rows: it sees the number of each row in the source
 * as its only feature and keeps how often that number did not rise, beside count, sum and a hash that any exchange of
 * two rows changes.
 */
export const probeFamily = {
  name: "row-order-probe",
  resolveColumns: (params) => ({ features: [params.number], target: params.number, weights: null }),
  createEstimator: () => ({
    minRows: 1,
    resultSchema: {
      form: "fields",
      model: ["count", "sum", "breaks", "hash"].map((name) => ({ name, listLength: null })),
      metrics: [],
      terms: [],
    },
    fit: (blocks) => {
      let [count, sum, breaks, hash, previous] = [0, 0, 0, 0, Number.NEGATIVE_INFINITY];
      for (const { features } of blocks) {
        for (const number of features[0]) {
          if (number === -666) throw new Error("the probe was told to fail here");
          count += 1;
          sum += number;
          if (number <= previous) breaks += 1;
          previous = number;
          hash = (Math.imul(hash, 31) + number) | 0;
        }
      }
      return { model: [count, sum, breaks, hash], metrics: [], terms: [], warnings: [] };
    },
    predict: ([count, sum], { rowCount, features }) => {
      if (features[0].includes(-667)) throw new Error("the probe was told to fail at scoring");
      return new Float64Array(rowCount).fill(sum / count);
    },
  }),
};
