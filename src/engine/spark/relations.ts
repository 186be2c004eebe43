import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Expression,
  ExpressionSchema,
  Expression_SortOrder_NullOrdering as NullOrdering,
  Expression_SortOrder_SortDirection as SortDirection,
} from "#spark-connect/expressions";
import {
  Aggregate_GroupType as GroupType,
  Join_JoinType as JoinType,
  type Relation,
  RelationSchema,
} from "#spark-connect/relations";
import type { DataType } from "#spark-connect/types";

/** Every relation of a plan has a number of its own. */
let nextPlanId = 0n;

type RelationType = NonNullable<MessageInitShape<typeof RelationSchema>["relType"]>;

function relationOf(relType: RelationType): Relation {
  return create(RelationSchema, { common: { planId: nextPlanId++ }, relType });
}

/** An expression in Spark's SQL over the columns of a relation. */
export function sqlExpression(text: string): Expression {
  return create(ExpressionSchema, { exprType: { case: "expressionString", value: { expression: text } } });
}

/** A name as Spark's SQL has it, whatever is in it. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** The rows of a query in Spark's SQL. */
export function queryRows(query: string): Relation {
  return relationOf({ case: "sql", value: { query } });
}

/** The rows of a table of Spark's catalog, by its name as SQL has it, such as `shop.sales`. */
export function tableRows(name: string): Relation {
  const value = { unparsedIdentifier: name };
  return relationOf({ case: "read", value: { readType: { case: "namedTable", value } } });
}

/**
 * Files that Spark reads by one of its formats, such as `parquet` and `binaryFile`, with the options of that format. `schema` are
 * their columns with types as Spark's DDL has them; without it Spark looks into the files for them each time.
 */
export function fileRows(
  format: string,
  paths: readonly string[],
  options: Readonly<Record<string, string>> = {},
  schema?: string,
): Relation {
  const columns = schema === undefined ? {} : { schema };
  const value = { format, paths: [...paths], options: { ...options }, ...columns };
  return relationOf({ case: "read", value: { readType: { case: "dataSource", value } } });
}

/** Rows that the driver has, as an Arrow stream. */
export function localRows(ipc: Uint8Array): Relation {
  return relationOf({ case: "localRelation", value: { data: ipc } });
}

/** Columns by expressions in SQL, such as `a + 1 as b`. */
export function projected(input: Relation, columns: readonly string[]): Relation {
  return relationOf({ case: "project", value: { input, expressions: columns.map(sqlExpression) } });
}

/** Rows for which an expression in SQL is true. */
export function filtered(input: Relation, condition: string): Relation {
  return relationOf({ case: "filter", value: { input, condition: sqlExpression(condition) } });
}

/** One row for each value of `keys` (for all rows where there are none) with aggregates, both as expressions in SQL. */
export function grouped(input: Relation, keys: readonly string[], aggregates: readonly string[]): Relation {
  return relationOf({
    case: "aggregate",
    value: {
      input,
      groupType: GroupType.GROUPBY,
      groupingExpressions: keys.map(sqlExpression),
      aggregateExpressions: aggregates.map(sqlExpression),
    },
  });
}

/** A relation whose columns are named `alias.name` in expressions above it. */
export function named(input: Relation, alias: string): Relation {
  return relationOf({ case: "subqueryAlias", value: { input, alias, qualifier: [] } });
}

/** A relation that is copied to every executor where it is joined. */
export function broadcast(input: Relation): Relation {
  return relationOf({ case: "hint", value: { input, name: "broadcast", parameters: [] } });
}

/**
 * Pairs of rows for which a condition in SQL is true; with `left outer` also rows of the left that have no partner, beside NULL.
 */
export function joined(
  left: Relation,
  right: Relation,
  condition: string,
  kind: "inner" | "left outer" = "inner",
): Relation {
  const joinCondition = sqlExpression(condition);
  const joinType = kind === "inner" ? JoinType.INNER : JoinType.LEFT_OUTER;
  return relationOf({ case: "join", value: { left, right, joinCondition, joinType } });
}

/**
 * Rows in exactly so many tasks, those with equal values of an expression in SQL in one: the task is
 * pmod(murmur3(value, 42), tasks).
 */
export function repartitioned(input: Relation, expression: string, tasks: number): Relation {
  const partitionExprs = [sqlExpression(expression)];
  return relationOf({
    case: "repartitionByExpression",
    value: { input, partitionExprs, numPartitions: tasks },
  });
}

/** The rows of each task sorted by columns, ascending, NULL first and NaN last. */
export function sortedWithinTasks(input: Relation, columns: readonly string[]): Relation {
  const order = columns.map((column) => ({
    child: sqlExpression(quoteName(column)),
    direction: SortDirection.ASCENDING,
    nullOrdering: NullOrdering.SORT_NULLS_FIRST,
  }));
  return relationOf({ case: "sort", value: { input, order, isGlobal: false } });
}

/** A function of Python's that is given the record batches of each task, and gives record batches. */
export interface ArrowFunction {
  /** What `pickleFunction` gives. */
  readonly command: Uint8Array;
  readonly outputType: DataType;
  /** Python's version on the executors, such as `3.11`: Spark refuses any other. */
  readonly pythonVersion: string;
  /** Names of all columns of the input. */
  readonly columns: readonly string[];
}

/** Spark's number for functions from record batches to record batches (`mapInArrow`). */
const MAP_IN_ARROW = 207;

/** What a function makes of the rows of each task. */
export function mappedInArrow(
  input: Relation,
  { command, outputType, pythonVersion, columns }: ArrowFunction,
): Relation {
  const pythonUdf = { outputType, evalType: MAP_IN_ARROW, command, pythonVer: pythonVersion };
  const func = {
    functionName: "manyfit",
    deterministic: true,
    arguments: columns.map((column) =>
      create(ExpressionSchema, {
        exprType: { case: "unresolvedAttribute", value: { unparsedIdentifier: quoteName(column) } },
      }),
    ),
    function: { case: "pythonUdf", value: pythonUdf } as const,
  };
  return relationOf({ case: "mapPartitions", value: { input, func } });
}
