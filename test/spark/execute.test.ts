import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import {
  ConfigResponseSchema,
  type ExecutePlanResponse,
  ExecutePlanResponseSchema,
} from "#spark-connect/base";
import type { Patience } from "../../src/engine/spark/connect/calls.ts";
import { parseConnection } from "../../src/engine/spark/connect/connection.ts";
import { SparkSession } from "../../src/engine/spark/connect/session.ts";
import { queryRows } from "../../src/engine/spark/relations.ts";
import { openFakeServer, type Script } from "./fake-server.ts";

const NEVER = new AbortController().signal;

/** An answer with the row count as its number. */
function rows(number: number): ExecutePlanResponse {
  return create(ExecutePlanResponseSchema, {
    responseId: `r${number}`,
    responseType: { case: "arrowBatch", value: { rowCount: BigInt(number), data: new Uint8Array() } },
  });
}

const COMPLETE = create(ExecutePlanResponseSchema, {
  responseId: "end",
  responseType: { case: "resultComplete", value: {} },
});

/** Numbers of the answers that a client is given by a server with a script. */
async function numbersOf(script: Script, patience: Patience = {}): Promise<number[]> {
  const { server, close } = await openFakeServer(script);
  const session = new SparkSession(parseConnection(server, "tester"), "manyfit tests", patience);
  const numbers: number[] = [];
  try {
    for await (const { responseType } of session.run(queryRows("select 1"), NEVER))
      if (responseType.case === "arrowBatch") numbers.push(Number(responseType.value.rowCount));
  } finally {
    await session.close();
    close();
  }
  return numbers;
}

describe("an operation", () => {
  test("is whole with its last answer, whatever becomes of the stream", async () => {
    const numbers = await numbersOf({
      executePlan: (call) => {
        for (const answer of [rows(1), COMPLETE]) call.write(answer);
        setTimeout(() => call.emit("error", { code: status.INTERNAL, details: "reset" }), 50);
      },
      reattachExecute: (call) => call.end(),
    });
    expect(numbers).toEqual([1]);
  });

  test("is lost, and not begun again, where its session is gone after a cut", async () => {
    let begun = 0;
    const numbers = numbersOf({
      executePlan: (call) => {
        begun++;
        call.emit("error", { code: status.UNAVAILABLE });
      },
      reattachExecute: (call) =>
        call.emit("error", { code: status.INTERNAL, details: "[INVALID_HANDLE.SESSION_NOT_FOUND] no such" }),
    });
    await expect(numbers).rejects.toMatchObject({ code: "spark_lost" });
    expect(begun).toBe(1);
  });

  test("fails at once where a message is larger than one side takes", async () => {
    let begun = 0;
    const details = "Received message larger than max (300000000 vs 268435456)";
    const numbers = numbersOf({
      executePlan: (call) => {
        begun++;
        call.emit("error", { code: status.RESOURCE_EXHAUSTED, details });
      },
      reattachExecute: (call) => call.end(),
    });
    await expect(numbers).rejects.toMatchObject({
      code: "memory_exceeded",
      message: expect.stringMatching(/too large \(Received message larger than max.*maxInboundMessageSize/),
    });
    expect(begun).toBe(1);
  });

  test("goes on behind the last answer, however long the server was silent before the cut", async () => {
    const asked: (string | undefined)[] = [];
    const numbers = await numbersOf(
      {
        executePlan: (call) => {
          call.write(rows(1));
          setTimeout(() => call.emit("error", { code: status.UNAVAILABLE }), 700);
        },
        reattachExecute: (call) => {
          asked.push(call.request.lastResponseId);
          for (const answer of [rows(2), COMPLETE]) call.write(answer);
          call.end();
        },
      },
      { retryForMs: 500 },
    );
    expect({ numbers, asked }).toEqual({ numbers: [1, 2], asked: ["r1"] });
  });

  test.each([
    ["is begun again where the server never heard of it", "INVALID_HANDLE.OPERATION_NOT_FOUND"],
    ["is taken up where the server heard of it after all", "INVALID_HANDLE.OPERATION_ALREADY_EXISTS"],
  ])("%s", async (_, name) => {
    const asked: string[] = [];
    const complete = (call: { write: (answer: ExecutePlanResponse) => void; end: () => void }): void => {
      for (const answer of [rows(1), COMPLETE]) call.write(answer);
      call.end();
    };
    const numbers = await numbersOf({
      executePlan: (call) => {
        asked.push("execute");
        if (asked.length === 1) call.emit("error", { code: status.UNAVAILABLE });
        else if (name.endsWith("EXISTS"))
          call.emit("error", { code: status.INTERNAL, details: `[${name}] The handle is invalid` });
        else complete(call);
      },
      reattachExecute: (call) => {
        asked.push("reattach");
        if (asked.length > 2) complete(call);
        else
          call.emit("error", {
            ...{
              code: status.INTERNAL,
              details: "[INVALID_HANDLE.OPERATION_NOT_FOUND] The handle is invalid",
            },
          });
      },
    });
    const again = name.endsWith("EXISTS") ? ["reattach"] : [];
    expect({ numbers, asked }).toEqual({
      ...{ numbers: [1], asked: ["execute", "reattach", "execute", ...again] },
    });
  });

  test("is taken up again where a late request of its own took its answers", async () => {
    const numbers = await numbersOf({
      executePlan: (call) => {
        call.write(rows(1));
        const details = "[INVALID_CURSOR.DISCONNECTED] The cursor has been disconnected by the server.";
        setImmediate(() => call.emit("error", { code: status.INTERNAL, details }));
      },
      reattachExecute: (call) => {
        for (const answer of [rows(2), COMPLETE]) call.write(answer);
        call.end();
      },
    });
    expect(numbers).toEqual([1, 2]);
  });

  const silent: Script = {
    executePlan: (call) => {
      call.write(rows(1));
    },
    reattachExecute: (call) => {
      for (const answer of [rows(2), COMPLETE]) call.write(answer);
      call.end();
    },
  };

  test("that is silent for long is taken up again where the server answers", async () => {
    let questions = 0;
    const script: Script = {
      ...silent,
      config: (_, answer) => {
        questions++;
        answer(null, create(ConfigResponseSchema));
      },
    };
    expect(await numbersOf(script, { silenceMs: 200 })).toEqual([1, 2]);
    expect(questions).toBe(1);
  });

  test("that is silent for long is given up where the server answers nothing else", async () => {
    const patience = { silenceMs: 200, retryForMs: 300 };
    await expect(numbersOf({ ...silent, config: () => undefined }, patience)).rejects.toMatchObject({
      code: "spark_unreachable",
      message: expect.stringMatching(
        /^spark server 127\.0\.0\.1:\d+ is there, but said nothing of the running job for 0\.2 seconds/,
      ),
    });
  });

  test.each([
    ...[
      "OPERATION_NOT_FOUND",
      "OPERATION_ABANDONED",
      "SESSION_NOT_FOUND",
      "SESSION_CLOSED",
      "SESSION_CHANGED",
    ],
  ])("that has had an answer is lost where the server says %s", async (name) => {
    const found = numbersOf({
      executePlan: (call) => {
        call.write(rows(1));
        call.end();
      },
      reattachExecute: (call) => {
        const details = `[INVALID_HANDLE.${name}] The handle is invalid.`;
        call.emit("error", { code: status.INTERNAL, details });
      },
    });
    await expect(found).rejects.toMatchObject({ code: "spark_lost" });
  });
});
