import { defineTrainer } from "manyfit";

/**
 * Which file numbers a model has seen. Minimum and maximum are the file's own number if and only if no row of another
 * file came in; the count says that none of its rows is missing.
 */
export default defineTrainer({
  columns: ["file_number"],
  fit({ table }) {
    let minimum = Number.POSITIVE_INFINITY;
    let maximum = Number.NEGATIVE_INFINITY;
    for (const number of table.numbers("file_number")) {
      minimum = Math.min(minimum, number);
      maximum = Math.max(maximum, number);
    }
    return { model: { minimum, maximum, count: table.rowCount } };
  },
});
