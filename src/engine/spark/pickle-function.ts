/** What a function of the executors' Python is made of. */
export interface PythonFunction {
  /** Python source text that defines `entry`, a function of one argument (an iterator of record batches). */
  readonly source: string;
  /** Its name in tracebacks, such as `<manyfit>`. */
  readonly fileName: string;
  readonly entry: string;
  /** Texts that the source finds as global variables. */
  readonly globals: Readonly<Record<string, string>>;
  /** Its result's type, as JSON of Spark's `StructType`. */
  readonly resultType: string;
}

const PROTO = Buffer.of(0x80, 3);
const EMPTY_DICT_MARK = Buffer.from("}(", "latin1");
const SETITEMS = Buffer.from("u", "latin1");
const TUPLE1_REDUCE = Buffer.from("\x85R", "latin1");
const TUPLE2_REDUCE = Buffer.from("\x86R", "latin1");
const TUPLE2_STOP = Buffer.from("\x86.", "latin1");

/**
 * The bytes that Spark's Python worker unpickles to run a function: the pair (function, result type), written with opcodes
 * of protocol 3 for texts, dicts and calls alone: no code objects, so that every Python 3 reads them, and no cloudpickle.
 *
 * Source: `read_command` and `read_udfs` in Spark's `pyspark/worker.py`; the opcodes are those of CPython's `pickletools`.
 */
export function pickleFunction({ source, fileName, entry, globals, resultType }: PythonFunction): Uint8Array {
  const expression = `[exec(compile(__source, __file_name, 'exec'), globals()), ${entry}][1]`;
  const variables = Object.entries({ ...globals, __source: source, __file_name: fileName });
  return Buffer.concat([
    PROTO,
    globalName("builtins", "eval"),
    unicode(expression),
    EMPTY_DICT_MARK,
    ...variables.flatMap(([name, value]) => [unicode(name), unicode(value)]),
    SETITEMS,
    TUPLE2_REDUCE,
    globalName("pyspark.sql.types", "_parse_datatype_json_string"),
    unicode(resultType),
    TUPLE1_REDUCE,
    TUPLE2_STOP,
  ]);
}

function globalName(module: string, name: string): Buffer {
  return Buffer.from(`c${module}\n${name}\n`, "latin1");
}

function unicode(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const head = Buffer.alloc(5);
  head.write("X", "latin1");
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
