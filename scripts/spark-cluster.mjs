import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * @typedef {object} SparkCluster
 * @property {string} server Connection string of its Connect server, such as `sc://127.0.0.1:40123`.
 * @property {string} folder Logs and work folders of its parts.
 * @property {Readonly<Record<string, number>>} pids Process numbers of `master`, `worker-1`, `worker-2` and `server`.
 * @property {() => Promise<void>} close Ends all of it and removes the folder.
 */

/** Milliseconds after which a part that does not answer is given up: a first start on a slow disk takes a minute. */
const START_WITHIN_MS = 180_000;

/** Settings of the Connect server: responses come over streams of one second, so that every job is reattached. */
const SERVER_CONF = {
  "spark.connect.execute.reattachable.senderMaxStreamDuration": "1s",
  "spark.driver.host": "127.0.0.1",
  "spark.ui.enabled": "true",
  "spark.ui.showConsoleProgress": "false",
};

/** Ends the program with whoever started it (Linux), however that ends. */
const WITH_PARENT = `
import ctypes, os, signal, sys
try: ctypes.CDLL(None).prctl(1, signal.SIGKILL)
except Exception: pass
os.setpgid(0, 0)
os.execv(sys.argv[1], sys.argv[1:])
`;

/**
 * Starts a Spark cluster on this machine: a master, two workers of one core with work folders of their own, and a Connect
 * server, all with the pyspark of an interpreter. It ends with this process.
 *
 * @param {string} python Path of an interpreter that has pyspark.
 * @param {{ conf?: Readonly<Record<string, string>>, workers?: number, jars?: readonly string[] }} [options] `jars` are given
 *   to the server: Connect itself, before Spark 4.
 * @returns {Promise<SparkCluster>} Rejects with the last lines of what could not be started.
 */
export async function startSparkCluster(python, { conf = {}, workers = 2, jars = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "manyfit-spark-"));
  /** @type {Map<string, import("node:child_process").ChildProcess>} */
  const parts = new Map();
  const close = async () => {
    for (const part of parts.values()) end(part);
    await Promise.all([...parts.values()].map((part) => gone(part)));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const home = homeOf(python);
    const environment = {
      ...process.env,
      SPARK_HOME: home,
      PYSPARK_PYTHON: python,
      SPARK_LOCAL_IP: "127.0.0.1",
      SPARK_DAEMON_MEMORY: "512m",
      SPARK_LOCAL_DIRS: join(folder, "local"),
      SPARK_CONNECT_MODE: "0",
    };
    /** @param {string} name @param {string} program @param {readonly string[]} args */
    const start = (name, program, args) => {
      mkdirSync(join(folder, name), { recursive: true });
      // Not through this process: a part that nobody reads from stands still, and this one may be busy.
      const log = openSync(join(folder, `${name}.log`), "a");
      const command = ["-c", WITH_PARENT, join(home, "bin", program), ...args];
      const part = spawn(python, command, {
        cwd: join(folder, name),
        env: environment,
        stdio: ["ignore", log, log],
      });
      closeSync(log);
      parts.set(name, part);
    };
    const [masterPort = 0, port = 0, ...pages] = await freePorts(3 + workers);
    const master = `spark://127.0.0.1:${masterPort}`;
    const deploy = "org.apache.spark.deploy";
    start("master", "spark-class", [
      `${deploy}.master.Master`,
      ...["-h", "127.0.0.1", "-p", String(masterPort), "--webui-port", String(pages[0])],
    ]);
    await untilOpen(masterPort, "master", parts, folder);
    for (let i = 1; i <= workers; i++) {
      const work = join(folder, `worker-${i}`, "work");
      start(`worker-${i}`, "spark-class", [
        `${deploy}.worker.Worker`,
        ...["-h", "127.0.0.1", "-c", "1", "-m", "2g", "-d", work, "--webui-port", String(pages[i])],
        master,
      ]);
    }
    const settings = { ...SERVER_CONF, "spark.connect.grpc.binding.port": String(port), ...conf };
    start("server", "spark-submit", [
      ...["--master", master, "--driver-memory", "1g", "--executor-memory", "1500m", "--executor-cores", "1"],
      ...["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"],
      ...(jars.length === 0 ? [] : ["--jars", jars.join(",")]),
      ...Object.entries(settings).flatMap(([name, value]) => ["--conf", `${name}=${value}`]),
    ]);
    await untilOpen(port, "server", parts, folder);
    const pids = Object.fromEntries([...parts].map(([name, part]) => [name, Number(part.pid)]));
    return { server: `sc://127.0.0.1:${port}`, folder, pids, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param {string} python */
function homeOf(python) {
  const code = "import os, pyspark; print(os.path.dirname(pyspark.__file__))";
  const { status, stdout, stderr } = spawnSync(python, ["-c", code], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${python} has no pyspark: ${stderr.trim().split("\n").at(-1)}`);
  return stdout.trim();
}

/** @param {number} count @returns {Promise<number[]>} */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((open) => server.listen(0, "127.0.0.1", () => open(undefined)));
      return server;
    }),
  );
  const ports = servers.map(
    (server) => /** @type {import("node:net").AddressInfo} */ (server.address()).port,
  );
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

/**
 * @param {number} port
 * @param {string} name
 * @param {ReadonlyMap<string, import("node:child_process").ChildProcess>} parts
 * @param {string} folder
 */
async function untilOpen(port, name, parts, folder) {
  const giveUpAt = Date.now() + START_WITHIN_MS;
  while (!(await isOpen(port))) {
    const dead = [...parts].find(([, part]) => part.exitCode !== null || part.signalCode !== null);
    if (dead === undefined && Date.now() < giveUpAt) {
      await new Promise((later) => setTimeout(later, 250));
      continue;
    }
    const broken = dead?.[0] ?? name;
    const said = readFileSync(join(folder, `${broken}.log`), "utf8")
      .trim()
      .split("\n")
      .slice(-20)
      .join("\n");
    throw new Error(`Spark's ${broken} ${dead === undefined ? "did not answer in time" : "ended"}:\n${said}`);
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function isOpen(port) {
  return new Promise((answer) => {
    const socket = connect(port, "127.0.0.1");
    const tell = (/** @type {boolean} */ isThere) => {
      socket.destroy();
      answer(isThere);
    };
    socket.once("connect", () => tell(true)).once("error", () => tell(false));
  });
}

/** @param {import("node:child_process").ChildProcess} part */
function end(part) {
  try {
    if (part.pid !== undefined) process.kill(-part.pid, "SIGKILL");
  } catch {
    part.kill("SIGKILL");
  }
}

/** @param {import("node:child_process").ChildProcess} part */
function gone(part) {
  if (part.exitCode !== null || part.signalCode !== null || part.pid === undefined) return Promise.resolve();
  return new Promise((ended) => part.once("exit", () => ended(undefined)));
}
