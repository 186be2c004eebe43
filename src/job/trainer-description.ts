/** What a trainer that is a module says of itself. */
export interface TrainerDescription {
  /** Names of the columns to read. */
  readonly columns: readonly string[];
  readonly hasPredict: boolean;
  /** Whether it can score rows that are held out. */
  readonly hasScore: boolean;
  /** Partitions with fewer rows are skipped: a whole number from 0. */
  readonly minRows: number;
}
