import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MemoryRequest, planFitMemory, planMemory } from "../../src/engine/local/memory-budget.ts";

const MIB = 2 ** 20;

function request(told: Partial<MemoryRequest> = {}): MemoryRequest {
  return {
    totalBytes: 4e9,
    availableBytes: 16e9,
    workers: 2,
    isProcess: false,
    perWorkerBytes: null,
    ...told,
  };
}

describe("planMemory", () => {
  test("gives out exactly what there is, each share above zero", () => {
    const requests = fc.record({
      totalBytes: fc.integer({ min: 800 * MIB, max: 2 ** 45 }),
      workers: fc.integer({ min: 0, max: 4 }),
      isProcess: fc.boolean(),
      perWorkerBytes: fc.constantFrom(null, 128 * MIB, 150 * MIB),
    });
    fc.assert(
      fc.property(requests, (told) => {
        fc.pre(!told.isProcess || told.totalBytes > 1200 * MIB);
        const budget = planMemory(request(told));
        const { totalBytes, processBytes, isPython: _, ...shares } = budget;
        const sum = Object.values(shares).reduce((a, b) => a + b, 0);
        const processes = told.isProcess ? told.workers : 0;
        expect(totalBytes).toBe(told.totalBytes);
        expect(sum + processes * (processBytes ?? 0)).toBeCloseTo(totalBytes, 0);
        expect(processBytes === null).toBe(processes === 0);
        for (const share of Object.values(shares)) expect(share).toBeGreaterThan(0);
      }),
    );
  });

  test("counts Python children with what their packages take, one at least, and the threads that read for them", () => {
    const python = { isProcess: true, isPython: true };
    expect(() => planMemory(request({ ...python, totalBytes: 1e9 }))).toThrow(
      /: a run with 2 worker processes needs at least 1088 MiB; give --memory 1088MiB or more, or fewer --workers$/,
    );
    const one = planMemory(request({ ...python, totalBytes: 1e9, workers: 1 }));
    expect(one.processBytes).toBeGreaterThanOrEqual(256 * MIB);
    expect(planMemory(request({ ...python, totalBytes: 1e9, workers: 0 }))).toEqual(one);
    const none = { inventoryBytes: 0, workers: 1 };
    // Rows, their copy in order, and the message that is made of them are in the thread, before the child has any.
    const threadBytes = one.fitBytes * 0.4;
    expect(planFitMemory(one, none).partitionBytes * 2.5).toBeLessThanOrEqual(threadBytes);
    expect(planFitMemory(one, none).partitionBytes).toBeGreaterThan(10e6);
  });

  test("takes half of what is free where nothing is told, and what it needs where that is too little", () => {
    expect(planMemory(request({ totalBytes: null })).totalBytes).toBe(8e9);
    expect(planMemory(request({ totalBytes: null, availableBytes: 1 })).totalBytes).toBe(576 * MIB);
  });

  test("refuses too little with what is needed", () => {
    expect(() => planMemory(request({ totalBytes: 100e6 }))).toThrow(
      /^memory of 100 MB \(--memory\) is too little: a run with 2 worker threads needs at least 576 MiB; give --memory 576MiB or more, or fewer --workers$/,
    );
    expect(() => planMemory(request({ totalBytes: 700e6, isProcess: true }))).toThrow(
      /: a run with 2 worker processes needs at least 800 MiB; give --memory 800MiB or more, or fewer --workers$/,
    );
    expect(() => planMemory(request({ isProcess: true, perWorkerBytes: 3e9 }))).toThrow(
      /needs at least 6267 MiB/,
    );
    expect(() => planMemory(request({ isProcess: true, perWorkerBytes: 1e7 }))).toThrow(
      /^each worker may take 10 MB \(--memory-per-worker\), and needs at least 135 MB$/,
    );
  });

  test("leaves a worker process what it is told, and else an equal share", () => {
    expect(planMemory(request({ isProcess: true, perWorkerBytes: 5e8 })).processBytes).toBe(5e8);
    const two = planMemory(request({ isProcess: true })).processBytes!;
    const four = planMemory(request({ isProcess: true, workers: 4 })).processBytes!;
    expect(two / four).toBeCloseTo(2, 5);
    expect(two).toBeGreaterThan(8e8);
  });
});

describe("planFitMemory", () => {
  const budget = planMemory(request());

  test("leaves the less for rows the more keys there are, and never more in all than there is", () => {
    const few = planFitMemory(budget, { inventoryBytes: 1e6, workers: 2 });
    const many = planFitMemory(budget, { inventoryBytes: 5e8, workers: 2 });
    expect(many.exchangeBytes).toBeLessThan(few.exchangeBytes);
    for (const { inventoryBytes, exchangeBytes, partitionBytes } of [few, many])
      expect(inventoryBytes + exchangeBytes + 2 * partitionBytes).toBeLessThanOrEqual(budget.fitBytes);
  });

  test("refuses keys that leave no room for rows, with a memory in which there is", () => {
    const needed = (): string => {
      try {
        planFitMemory(budget, { inventoryBytes: 3e9, workers: 2 });
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    const text = needed();
    expect(text).toMatch(
      /^keys take 3,000 MB and leave too little of 4,000 MB \(--memory\) for their rows; give --memory \d+MiB or more$/,
    );
    const told = Number(/--memory (\d+)MiB/.exec(text)![1]) * MIB;
    const larger = planMemory(request({ totalBytes: told }));
    expect(planFitMemory(larger, { inventoryBytes: 3e9, workers: 2 }).exchangeBytes).toBeGreaterThan(30e6);
  });

  test("lets a worker process hold its rows twice beside what it is itself", () => {
    const processes = planMemory(request({ isProcess: true, perWorkerBytes: 480 * MIB }));
    expect(planFitMemory(processes, { inventoryBytes: 0, workers: 2 }).partitionBytes).toBe(
      Math.floor(Math.min(200 * MIB, (processes.fitBytes * 0.6) / 4)),
    );
  });
});
