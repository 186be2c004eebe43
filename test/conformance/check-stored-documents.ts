import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { shuffled } from "../store/changed-run.ts";
import { expectedDigest } from "../store/digest-oracle.ts";
import {
  batchesOf,
  documentRun,
  factsOf,
  type MadeDocument,
  type MadeRun,
  unfitted,
} from "../store/made-run.ts";
import { expectOutcomes, rowsOf, type StoreMember, stored } from "./store-member.ts";

/** Documents that have these metrics, and little else. */
function withMetrics(...metrics: readonly MadeDocument["metrics"][]): MadeRun {
  return documentRun(metrics.map((named, i) => ({ model: JSON.stringify({ i }), metrics: named })));
}

async function digestOf(member: StoreMember, run: MadeRun): Promise<string> {
  const opened = await stored(member, run);
  await opened.close();
  return opened.manifest.digest;
}

/** What becomes of models that are documents in a store. */
export function checkStoredDocuments(member: () => StoreMember): void {
  describe("keeps models that are documents:", () => {
    test("JSON and bytes of every kind, each in its own column, and their length", async () => {
      const models = [
        ...['{"a":[1,null,"\\u0000"]}', '"🦆 é \u2028"', "null", '"'.padEnd(5000, "é").concat('"')],
        ...[new Uint8Array(0), Uint8Array.of(0, 255, 128), Buffer.from('{"a":1}'), new Uint8Array(5000)],
      ];
      const run = documentRun(models.map((model) => ({ model, metrics: {} })));
      const opened = await stored(member(), run, { order: shuffled(models.length, 3), batchRows: 3 });
      await expectOutcomes(opened, run);
      expect(opened.manifest.digest).toBe(expectedDigest(run));
      expect(await rowsOf(opened, "select model_bytes from ledger")).toEqual(
        models.map((model) => [Buffer.from(model as string).length]),
      );
      const { columns } = await opened.query("from models");
      expect(columns).toEqual([
        { name: "partition", type: "INTEGER" },
        { name: "store", type: "BIGINT" },
        { name: "model", type: "VARCHAR" },
        { name: "model_blob", type: "BLOB" },
      ]);
      expect(opened.manifest.files.map((file) => file.name)).toEqual(["ledger.parquet", "models.parquet"]);
      expect(await opened.verify()).toEqual([]);
      await opened.close();
    });

    test("their metrics as a struct with all names that occur, by their UTF-8 bytes", async () => {
      const run = withMetrics({ "🦆": 1, r2: -0 }, {}, { "\uffee": 2.5, "it's": null, r2: 5e-324 });
      const opened = await stored(member(), run, { batchRows: 1 });
      expect(opened.manifest).toMatchObject({
        metricsColumn: "struct",
        resultSchema: {
          form: "document",
          metrics: ["it's", "r2", "\uffee", "🦆"].map((name) => ({ name, better: null })),
        },
      });
      expect(await rowsOf(opened, "select metrics, metrics['r2'] from ledger")).toEqual([
        [{ "it's": null, r2: 0, "\uffee": null, "🦆": 1 }, 0],
        [{ "it's": null, r2: null, "\uffee": null, "🦆": null }, null],
        [{ "it's": null, r2: 5e-324, "\uffee": 2.5, "🦆": null }, 5e-324],
      ]);
      await opened.close();
    });

    test.each([
      ["differ only in case", { R2: 1, r2: 2 }, "r2"],
      ["differ only in the case of a letter beyond ASCII", { Ä: 1, ä: 2 }, "ä"],
      ["are empty", { "": 2 }, ""],
    ])("their metrics as a map where names %s", async (_, metrics, name) => {
      const run = withMetrics(metrics, {}, { other: null });
      const opened = await stored(member(), run);
      expect(opened.manifest.metricsColumn).toBe("map");
      expect(opened.manifest.resultSchema.metrics.map((metric) => metric.name)).toEqual(
        [...Object.keys(metrics), "other"].sort(),
      );
      expect(await rowsOf(opened, `select metrics['${name}'], cardinality(metrics) from ledger`)).toEqual([
        [2, Object.keys(metrics).length],
        [null, 0],
        [null, 1],
      ]);
      await opened.close();
    });

    test("a thousand metrics as a struct, one more as a map", async () => {
      const metrics = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`m${i}`, i]));
      const { m1000: _, ...thousand } = metrics;
      for (const [named, column] of [
        [thousand, "struct"],
        [metrics, "map"],
      ] as const) {
        const opened = await stored(member(), withMetrics(named, { m7: 8 }));
        expect(opened.manifest.metricsColumn).toBe(column);
        expect(await rowsOf(opened, "select metrics['m7'], metrics['m999'] from ledger")).toEqual([
          [7, 999],
          [8, null],
        ]);
        await opened.close();
      }
    });

    test("no metrics as NULL, and no model and no metrics of partitions that are not fitted", async () => {
      const without = await stored(member(), withMetrics({}, {}));
      expect(without.manifest).toMatchObject({ metricsColumn: "map", resultSchema: { metrics: [] } });
      expect(await rowsOf(without, "select metrics, typeof(metrics) from ledger limit 1")).toEqual([
        [null, "MAP(VARCHAR, DOUBLE)"],
      ]);
      await without.close();
      const run = withMetrics({ r2: 1 }, { r2: 2 }, { r2: 3 });
      const error = { code: "x", message: "x", stack: null };
      const outcomes = run.outcomes.map((outcome, i) =>
        i === 1 ? unfitted(outcome, { state: "lost", rowsUsed: null, error }) : outcome,
      );
      const opened = await stored(member(), { ...run, outcomes });
      expect(await rowsOf(opened, "select metrics, model_bytes, rows_read from ledger")).toEqual([
        [{ r2: 1 }, 7, 10],
        [null, null, null],
        [{ r2: 3 }, 7, 10],
      ]);
      expect(await rowsOf(opened, "select partition from models")).toEqual([[0], [2]]);
      await opened.close();
    });

    test("keys that are called as their columns under other names", async () => {
      const run = documentRun([{ model: "1", metrics: {} }]);
      const named = { ...run, keyFields: [{ name: "model_BLOB", type: "integer" }] } as const;
      const opened = await stored(member(), named);
      expect(opened.manifest.keys).toMatchObject([{ name: "model_BLOB", column: "key_model_BLOB" }]);
      expect(await rowsOf(opened, "select key_model_BLOB, model from models")).toEqual([[-5, "1"]]);
      await opened.close();
    });

    test("one that has 50 MB, beside others", async () => {
      const large = Buffer.alloc(50_000_000, "0123456789abcdef");
      const models = ["1", large, `"${"é".repeat(25_000_000)}"`, "2"];
      const run = documentRun(models.map((model) => ({ model, metrics: { r2: 1 } })));
      const opened = await stored(member(), run, { batchRows: 1 });
      expect(opened.manifest.digest).toBe(expectedDigest(run));
      const sql = "select md5(model_blob), octet_length(encode(model)) from models";
      const hash = createHash("md5").update(large).digest("hex");
      expect(await rowsOf(opened, sql)).toEqual([
        [null, 1],
        [hash, null],
        [null, 50_000_002],
        [null, 1],
      ]);
      await opened.close();
    }, 60_000);
  });

  describe("has a digest of documents that", () => {
    const first: MadeDocument = { model: "[1]", metrics: { r2: 1 } };
    const second: MadeDocument = { model: "[2]", metrics: {} };

    test.each([
      ["a model changes", [first, { ...second, model: "[3]" }]],
      ["a model is the same bytes, but not JSON", [first, { ...second, model: Buffer.from("[2]") }]],
      ["models are exchanged", [second, first]],
    ])("is another one when %s", async (_, documents) => {
      const run = documentRun(documents);
      const digest = await digestOf(member(), run);
      expect(digest).toBe(expectedDigest(run));
      expect(digest).not.toBe(expectedDigest(documentRun([first, second])));
    });

    test("does not depend on metrics", async () => {
      const run = documentRun([{ ...first, metrics: { R2: 2, r2: 3 } }, second]);
      expect(await digestOf(member(), run)).toBe(expectedDigest(documentRun([first, second])));
    });
  });

  test("hashes of a model that is bytes the bytes alone, and keeps the JSON that describes them", async () => {
    const run = withMetrics({ r2: 1 }, { r2: 2 });
    const [batch] = batchesOf(run);
    const documents = { ...batch!.documents!, bytes: [Uint8Array.of(1, 2), Uint8Array.of(3)] };
    const digests: string[] = [];
    for (const json of [
      [null, null],
      ['{"class":"a"}', null],
      ['{"class":"b"}', '{"class":"c"}'],
    ]) {
      const writer = await member().createWriter(run);
      await writer.append({ ...batch!, documents: { ...documents, json } });
      digests.push((await writer.commit(factsOf(run))).digest);
    }
    expect(new Set(digests).size).toBe(1);
  });

  test("refuses documents that are not what they must be, and takes the next", async () => {
    const run = withMetrics({ r2: 1 }, { r2: 2 });
    const writer = await member().createWriter(run);
    const [batch] = batchesOf(run);
    const documents = batch!.documents!;
    const broken: [object, string][] = [
      [{ documents: null }, "has no documents, the form of its run's models is document"],
      [{ documents: { ...documents, json: ["1"] } }, "has 1 values of documents.json, must have 2"],
      [{ documents: { ...documents, metrics: [] } }, "has 0 values of documents.metrics, must have 2"],
      [
        { documents: { ...documents, json: ["1", null] } },
        "has no model and metrics in row 1, which is fitted",
      ],
      [{ state: Uint8Array.of(0, 2) }, "has a model and metrics in row 1, which is not fitted"],
      [
        {
          state: Uint8Array.of(0, 2),
          documents: { ...documents, json: ["1", null], bytes: [null, new Uint8Array(1)] },
        },
        "has a model and metrics in row 1, which is not fitted",
      ],
      [
        { state: Uint8Array.of(0, 2), documents: { ...documents, json: ["1", null] } },
        "has no model and metrics in row 1, which is not fitted",
      ],
      [
        { documents: { ...documents, metrics: [{ a: Number.NaN }, null] } },
        'has metric "a" of NaN in row 0, must be finite or null',
      ],
      [
        { documents: { ...documents, metrics: [{ "a\ud800": 1 }, null] } },
        'has a metric in row 0 whose name "a\\ud800" is no whole text',
      ],
      [
        { documents: { ...documents, json: ["1", null], bytes: [null, new Uint8Array(2 ** 29 + 1)] } },
        "has a model of 536870913 bytes in row 1, at most 536870912 are stored",
      ],
    ];
    for (const [changes, message] of broken) {
      await expect(writer.append({ ...batch!, ...changes })).rejects.toMatchObject({
        code: "internal",
        message: `result batch ${message}`,
      });
    }
    await writer.append(batch!);
    expect((await writer.commit(factsOf(run))).digest).toBe(expectedDigest(run));
  });
}
