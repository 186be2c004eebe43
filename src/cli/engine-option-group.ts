import type { OptionGroup } from "./job-option.ts";

const MOST_TASKS = 100_000;

/** Where a job is run. */
export const ENGINE_OPTIONS: OptionGroup = {
  heading: "Where to run (on this machine, or on a Spark cluster):",
  options: [
    {
      name: "engine",
      value: { kind: "choice", choices: ["local", "spark"] },
      argument: "<engine>",
      about: "local: this machine; spark: a cluster, by its Connect server",
      otherwise: "local, or spark beside --spark",
    },
    {
      name: "spark",
      value: { kind: "text" },
      argument: "<url>",
      about:
        "connection string of the server, such as sc://localhost:15002; one with a token is better in SPARK_REMOTE, as others see what stands here",
      otherwise: "SPARK_REMOTE",
    },
    {
      name: "spark-node",
      value: { kind: "text" },
      argument: "<path>",
      about: "Node on the executors, which fits there",
      otherwise: "node on their PATH, in their Python, or this machine's is sent",
    },
    {
      name: "spark-tasks",
      value: { kind: "whole", min: 1, max: MOST_TASKS },
      argument: "<count>",
      about: "tasks that the partitions are divided into; never changes a model",
      otherwise: "by rows and cores",
    },
  ],
};
