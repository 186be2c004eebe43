import { ManyfitError } from "../../errors.ts";

/** What is said of a run before anything of its source is known. */
export interface MemoryRequest {
  /** Bytes that the process and its workers may take together; null: half of what is free. */
  readonly totalBytes: number | null;
  /** Free bytes of this machine. */
  readonly availableBytes: number;
  /** Workers; 0 fits in the caller's thread. */
  readonly workers: number;
  /** Whether workers are processes, as for trainers of the user's, and not threads. */
  readonly isProcess: boolean;
  /** Whether these are Python: of such there is one at least, and each has a thread that reads for it. Default: false. */
  readonly isPython?: boolean;
  /** Bytes that each worker process may take; null: what is left for it. */
  readonly perWorkerBytes: number | null;
}

/** Who may take how much of a run's memory, in bytes. */
export interface MemoryBudget {
  /** What all of this adds up to. */
  readonly totalBytes: number;
  /** Node, code, heaps and stacks, those of worker threads included. */
  readonly baseBytes: number;
  /** DuckDB's own limit, beyond which it spills. */
  readonly duckdbBytes: number;
  /** What DuckDB takes beyond its limit: readers, sorts at work, pages of its allocator. */
  readonly overshootBytes: number;
  /** Rows that DuckDB has ready for their reader, which do not count within its limit. */
  readonly streamBytes: number;
  /** Results on their way to disk. */
  readonly resultBytes: number;
  /** What each worker process may take in all; null where workers are threads. */
  readonly processBytes: number | null;
  /** Whether these are Python. Default: false. */
  readonly isPython?: boolean;
  /** What is left to this process for keys, rows that are brought together, and the work of threads. */
  readonly fitBytes: number;
}

const MIB = 2 ** 20;

/** Measured: 115 MiB after a run of 100 partitions; the rest is garbage that V8 has not collected yet, most on Node 24. */
const BASE_BYTES = 256 * MIB;

/** Heap and stack of a worker thread. */
const THREAD_BYTES = 16 * MIB;

/** A worker process that fits nothing yet, and a little to fit in. */
const LEAST_PROCESS_BYTES = 128 * MIB;

/** Measured: 114 MB resident with pandas loaded, 195 MB with pandas, pyarrow and scikit-learn, before anything is fitted. */
const LEAST_PYTHON_BYTES = 256 * MIB;

/** Least memory for everything but base and processes. DuckDB cannot join and sort in less than its share of it. */
const LEAST_REST_BYTES = 288 * MIB;

/** Shares of what base and processes leave. The remainder is for keys and fits. */
const SHARES = { duckdb: 0.33, overshoot: 0.12, stream: 0.06, results: 0.12 };

/** More is no faster. */
const MOST_STREAM_BYTES = 256 * MIB;
const MOST_RESULT_BYTES = 512 * MIB;

/** Of what base leaves, the share of worker processes where nobody says what each may take. */
const PROCESS_SHARE = 0.5;

/**
 * Divides a run's memory. Pure.
 * @throws ManyfitError `invalid_option` where it is too little to run in, with the bytes that are needed.
 */
export function planMemory(request: MemoryRequest): MemoryBudget {
  const { isProcess, isPython = false, perWorkerBytes, availableBytes } = request;
  const workers = isPython ? Math.max(1, request.workers) : request.workers;
  const baseBytes = BASE_BYTES + (isProcess && !isPython ? 0 : workers * THREAD_BYTES);
  const processes = isProcess ? workers : 0;
  const leastEach = isPython ? LEAST_PYTHON_BYTES : LEAST_PROCESS_BYTES;
  if (processes > 0 && perWorkerBytes !== null && perWorkerBytes < leastEach) {
    throw new ManyfitError(
      "invalid_option",
      `each worker may take ${megabytes(perWorkerBytes)} (--memory-per-worker), and needs at least ${megabytes(leastEach)}`,
    );
  }
  const leastBytes = baseBytes + LEAST_REST_BYTES + processes * (perWorkerBytes ?? leastEach);
  const totalBytes = request.totalBytes ?? Math.max(leastBytes, Math.floor(availableBytes / 2));
  if (totalBytes < leastBytes) throw tooLittle(totalBytes, leastBytes, request);
  const processBytes =
    processes === 0
      ? null
      : (perWorkerBytes ??
        Math.max(leastEach, Math.floor(((totalBytes - baseBytes) * PROCESS_SHARE) / processes)));
  const restBytes = totalBytes - baseBytes - processes * (processBytes ?? 0);
  return { totalBytes, baseBytes, processBytes, isPython, ...divideRest(restBytes) };
}

function divideRest(
  restBytes: number,
): Omit<MemoryBudget, "totalBytes" | "baseBytes" | "processBytes" | "isPython"> {
  const duckdbBytes = Math.floor(restBytes * SHARES.duckdb);
  const overshootBytes = Math.floor(restBytes * SHARES.overshoot);
  const streamBytes = Math.min(MOST_STREAM_BYTES, Math.floor(restBytes * SHARES.stream));
  const resultBytes = Math.min(MOST_RESULT_BYTES, Math.floor(restBytes * SHARES.results));
  const fitBytes = restBytes - duckdbBytes - overshootBytes - streamBytes - resultBytes;
  return { duckdbBytes, overshootBytes, streamBytes, resultBytes, fitBytes };
}

function tooLittle(
  totalBytes: number,
  leastBytes: number,
  { workers, isProcess }: MemoryRequest,
): ManyfitError {
  const needed = Math.ceil(leastBytes / MIB);
  const kind = `${isProcess ? "process" : "thread"}${workers === 1 ? "" : isProcess ? "es" : "s"}`;
  const fewer = workers > 1 ? ", or fewer --workers" : "";
  return new ManyfitError(
    "invalid_option",
    `memory of ${megabytes(totalBytes)} (--memory) is too little: a run with ${workers} worker ${kind} needs at least ${needed} MiB; give --memory ${needed}MiB or more${fewer}`,
  );
}

/** What the keys of a job leave for its rows, in bytes. */
export interface FitMemory {
  /** Keys and counts of all partitions. */
  readonly inventoryBytes: number;
  /** Rows that are brought together: beyond this they go to disk. */
  readonly exchangeBytes: number;
  /** What the rows of one partition may take, with the copy in which they are put in order. */
  readonly partitionBytes: number;
  /** Partitions of one bucket at most, so that results on their way keep within their share. */
  readonly bucketPartitions: number;
}

/** Share of the exchange in what keys leave; workers have the rest for the copies in which they order rows. */
const EXCHANGE_SHARE = 0.6;

/** Of a worker process, what is not for rows: Node, code and models. */
const PROCESS_BASE_BYTES = 80 * MIB;

/** A process has the rows as they came, in order, and as what its trainer makes of them. */
const PROCESS_COPIES = 2;

/** Of a Python child, what is not for rows: the interpreter and its packages. */
const PYTHON_BASE_BYTES = 200 * MIB;

/**
 * Rows in a worker's thread on their way to its Python child, with the copy in which they are ordered as 1: the message
 * that grows, which is copied when it is complete.
 */
const PYTHON_THREAD_COPIES = 2.5;

/** Batches of results that are somewhere at a time: with workers, waiting, and being collected for a file. */
const RESULT_BATCHES = 48;

/** Bytes of one result on its way, with models of some ten numbers. */
const RESULT_BYTES = 512;

const MOST_BUCKET_PARTITIONS = 16_384;

/** Least memory in which rows are brought together at all. */
const LEAST_EXCHANGE_BYTES = 32 * MIB;

/**
 * Divides what a budget has for fits, once the keys are counted. Pure.
 * @throws ManyfitError `memory_exceeded` where the keys leave too little.
 */
export function planFitMemory(
  budget: MemoryBudget,
  { inventoryBytes, workers }: { readonly inventoryBytes: number; readonly workers: number },
): FitMemory {
  const { fitBytes, totalBytes, resultBytes } = budget;
  const leftBytes = fitBytes - inventoryBytes;
  if (leftBytes * EXCHANGE_SHARE < LEAST_EXCHANGE_BYTES) {
    const missing = LEAST_EXCHANGE_BYTES / EXCHANGE_SHARE - leftBytes;
    const needed = totalBytes + missing * (totalBytes / fitBytes);
    throw new ManyfitError(
      "memory_exceeded",
      `keys take ${megabytes(inventoryBytes)} and leave too little of ${megabytes(totalBytes)} (--memory) for their rows; give --memory ${Math.ceil(needed / MIB)}MiB or more`,
    );
  }
  const exchangeBytes = Math.floor(leftBytes * EXCHANGE_SHARE);
  const threadBytes = Math.floor((leftBytes - exchangeBytes) / Math.max(1, workers));
  const workerBytes = workerRowBytes(budget, threadBytes);
  return {
    inventoryBytes,
    exchangeBytes,
    partitionBytes: Math.floor(Math.min(workerBytes, exchangeBytes / 4)),
    bucketPartitions: Math.min(
      MOST_BUCKET_PARTITIONS,
      Math.max(256, Math.floor(resultBytes / (RESULT_BATCHES * RESULT_BYTES))),
    ),
  };
}

/** What the rows of one partition may take in a worker. */
function workerRowBytes({ processBytes, isPython }: MemoryBudget, threadBytes: number): number {
  if (processBytes === null) return threadBytes;
  if (!isPython) return (processBytes - PROCESS_BASE_BYTES) / PROCESS_COPIES;
  return Math.min(threadBytes / PYTHON_THREAD_COPIES, (processBytes - PYTHON_BASE_BYTES) / PROCESS_COPIES);
}

/** Bytes as text for people, rounded up, such as `512 MB` and `0.7 MB`. */
export function megabytes(bytes: number): string {
  const isSmall = bytes < 1e7;
  return `${(isSmall ? Math.ceil(bytes / 1e5) / 10 : Math.ceil(bytes / 1e6)).toLocaleString("en-US")} MB`;
}
