import { describe, expect } from "vitest";
import { test, trainerFile } from "./python-test.ts";

const USED = { x: [1], y: [1] };
const NUMPY = 'frame = "numpy"\n';

/** What user code may change for the whole process, and what says whether it is as before. */
const STATES = [
  ["the working folder", "import os", "os.chdir('/')", "os.getcwd()"],
  [
    "the environment",
    "import os",
    "os.environ['NEW'] = '1'; del os.environ['PATH']",
    "sorted(os.environ.items())",
  ],
  [
    "the time zone",
    "import os, time",
    "os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()",
    "(time.tzname, time.localtime(0).tm_hour)",
  ],
  ["where modules are found", "import sys", "sys.path.insert(0, '/nowhere')", "sys.path"],
  ["the recursion limit", "import sys", "sys.setrecursionlimit(200)", "sys.getrecursionlimit()"],
  ["the garbage collector", "import gc", "gc.disable()", "gc.isenabled()"],
  [
    "the locale",
    "import locale",
    "locale.setlocale(locale.LC_ALL, 'C.UTF-8' if locale.setlocale(locale.LC_ALL) == 'C' else 'C')",
    "locale.setlocale(locale.LC_ALL)",
  ],
  ["numpy's errors", "import numpy as np", "np.seterr(all='raise')", "np.geterr()"],
  ["decimals", "import decimal", "decimal.getcontext().prec = 3", "str(decimal.Decimal(1) / 3)"],
  [
    "options of pandas",
    "import pandas",
    "pandas.set_option('mode.sim_interactive', True)",
    "pandas.get_option('mode.sim_interactive')",
  ],
  [
    "standard output",
    "import sys, io",
    "sys.stdout = io.StringIO(); sys.stderr = sys.stdout",
    "(type(sys.stdout).__name__, type(sys.stderr).__name__)",
  ],
  [
    "the root logger",
    "import logging",
    "logging.basicConfig(level=1)",
    "(len(logging.root.handlers), logging.root.level)",
  ],
  ["warnings", "import warnings", "warnings.simplefilter('error')", "len(warnings.filters)"],
  ["the mode of new files", "import os", "os.umask(0o7)", "[mask := os.umask(0), os.umask(mask)][0]"],
  [
    "all of the environment",
    "import os",
    "os.environ = dict(os.environ, NEW='1')",
    "type(os.environ).__name__",
  ],
  ["all of the places of modules", "import sys", "sys.path = None", "type(sys.path).__name__"],
  [
    "handlers of signals",
    "import signal",
    "signal.signal(signal.SIGUSR1, lambda *_: None)",
    "str(signal.getsignal(signal.SIGUSR1))",
  ],
  [
    "signals that wait",
    "import signal",
    "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])",
    "signal.pthread_sigmask(signal.SIG_BLOCK, [])",
  ],
  [
    "timers of its own time",
    "import signal",
    "signal.setitimer(signal.ITIMER_VIRTUAL, 1000, 7); signal.setitimer(signal.ITIMER_PROF, 1000, 7)",
    "(signal.getitimer(signal.ITIMER_VIRTUAL)[1], signal.getitimer(signal.ITIMER_PROF)[1])",
  ],
  [
    "what it may take of the system",
    "import resource",
    "resource.setrlimit(resource.RLIMIT_NOFILE, (99, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))",
    "resource.getrlimit(resource.RLIMIT_NOFILE)",
  ],
  [
    "who looks on",
    "import sys",
    "sys.settrace(lambda *_: None); sys.setprofile(lambda *_: None)",
    "[look() is None for look in (sys.gettrace, sys.getprofile)]",
  ],
  ["digits of integers", "import sys", "sys.set_int_max_str_digits(1000)", "sys.get_int_max_str_digits()"],
  ["turns of threads", "import sys", "sys.setswitchinterval(0.5)", "sys.getswitchinterval()"],
  ["when garbage is collected", "import gc", "gc.set_threshold(3, 4, 5)", "gc.get_threshold()"],
  ["what is logged at all", "import logging", "logging.disable(50)", "logging.root.manager.disable"],
  ["what the program is called", "import sys", "sys.argv = ['x']", "len(sys.argv) and sys.argv[0][-8:]"],
  ["standard input", "import sys, io", "sys.stdin = io.StringIO('typed')", "type(sys.stdin).__name__"],
  ["who shows warnings", "import warnings", "warnings.showwarning = print", "warnings.showwarning is print"],
  ["how long sockets wait", "import socket", "socket.setdefaulttimeout(3)", "socket.getdefaulttimeout()"],
  ["how numpy prints", "import numpy as np", "np.set_printoptions(precision=2)", "str(np.array([1 / 3]))"],
  [
    "whom numpy calls",
    "import numpy as np",
    "np.seterrcall(lambda *_: None); np.setbufsize(16_384)",
    "(np.geterrcall() is None, np.getbufsize())",
  ],
  [
    "what numpy draws from",
    "import numpy as np",
    "np.random.set_bit_generator(np.random.PCG64(1))",
    "(type(np.random.get_bit_generator()).__name__, np.random.random())",
  ],
  [
    "decimals of a partition that imports them",
    "pass",
    "import decimal; decimal.getcontext().prec = 3",
    "str(__import__('decimal').Decimal(1) / 3)",
  ],
  [
    "options of a pandas that a partition imports",
    "pass",
    "import pandas; pandas.set_option('mode.sim_interactive', True)",
    "__import__('pandas').get_option('mode.sim_interactive')",
  ],
  [
    "generators",
    "import random, numpy as np",
    "random.random(); np.random.random()",
    "(random.random(), np.random.random())",
  ],
] as const;

describe("what a partition changes for the process is as before for the next", () => {
  test.for(STATES)("%s", async ([, imports, change, look], { startWith }) => {
    const talk = await startWith(`${NUMPY}${imports}
def fit(df, seed):
    found = repr(${look})
    if seed == 7:
        ${change}
        return {"found": found, "changed": repr(${look}) != found}, {"changed": repr(${look}) != found}
    return found`);
    const [before, changed, after] = await talk.fit(
      { used: USED, seed: 1 },
      { used: USED, seed: 7 },
      { used: USED, seed: 1 },
    );
    expect(changed!.metrics).toEqual({ changed: 1 });
    expect(after!.model).toEqual(before!.model);
  });

  test("and what the file and its setup change stays", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import logging, os
import numpy as np
np.seterr(divide="raise")
def setup(): os.environ["FROM_SETUP"] = "1"; logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
def fit(df, seed):
    logging.info("fit %d", seed)
    return os.environ["FROM_SETUP"] + np.geterr()["divide"], {"handlers": len(logging.root.handlers)}`);
    const fits = await talk.fit({ used: USED, seed: 1 }, { used: USED, seed: 2 });
    expect(fits.map(({ error, metrics }) => [error, metrics])).toEqual(
      Array(2).fill([null, { handlers: 1 }]),
    );
    expect(fits[0]!.model).toEqual(fits[1]!.model);
    expect([0, 1].map((i) => talk.textOf(0, i, "stderr"))).toEqual(["INFO fit 1\n", "INFO fit 2\n"]);
  });

  test("standard output that is deleted is there again", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import sys
def fit(df, seed):
    if seed: del sys.stdout, sys.stderr, sys.stdin
    else: print("there")
    return 1`);
    const fits = await talk.fit({ used: USED, seed: 1 }, { used: USED, seed: 0 });
    expect(fits.map(({ error }) => error)).toEqual([null, null]);
    expect(talk.textOf(0, 1)).toBe("there\n");
  });

  test("an alarm that a partition leaves behind never comes", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import signal, time
def fit(df, seed):
    if seed: signal.setitimer(signal.ITIMER_REAL, 0.05)
    else: time.sleep(0.2)
    return 1`);
    const fits = await talk.fit({ used: USED, seed: 1 }, { used: USED, seed: 0 });
    expect(fits.map(({ error }) => error)).toEqual([null, null]);
  });

  test("a folder that is gone is the next partition's own trouble", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import os, shutil, tempfile
def setup(): os.chdir(tempfile.mkdtemp())
def fit(df, seed):
    if seed: shutil.rmtree(os.getcwd())
    else: os.getcwd()
    return 1`);
    const fits = await talk.fit({ used: USED, seed: 1 }, { used: USED, seed: 0 });
    expect(fits[0]!.error).toBeNull();
    expect(fits[1]!.error!.message).toMatch(/^FileNotFoundError/);
  });
});

describe("the logging of Python", () => {
  test("that nobody set up tells warnings on standard error", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import logging
def fit(df, seed):
    logging.getLogger("mine").warning("careful %d", seed)
    logging.getLogger("mine").info("nobody asked")
    return 1`);
    await talk.fit({ used: USED, seed: 3 });
    expect(talk.textOf(0, 0, "stderr")).toBe("careful 3\n");
  });

  test("with a handler of the file's is told with its partition", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import logging, sys
log = logging.getLogger("mine")
log.addHandler(logging.StreamHandler(sys.stdout))
log.setLevel(logging.DEBUG)
def fit(df, seed):
    log.debug("seed %d", seed)
    return 1`);
    await talk.fit({ used: USED, seed: 3 }, { used: USED, seed: 4 });
    expect([0, 1].map((i) => talk.textOf(0, i))).toEqual(["seed 3\n", "seed 4\n"]);
  });
});

test("a file that cannot put back the locale it found goes on", async ({ start }) => {
  const talk = start({ env: { LC_ALL: "xx_YY.nowhere" } });
  const answer = await talk.init(trainerFile(`${NUMPY}def fit(df): return 1`));
  expect(answer.type).toBe("ready");
  expect((await talk.fit({ used: USED }))[0]!.error).toBeNull();
});
