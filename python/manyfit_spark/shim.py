"""What Spark's Python workers run: it brings the rows of a task to a process of Node's, and its results back.

This text behind those of frames.py and node.py, whose functions it calls, is pickled and run on executors,
with Python 3.9 or newer, the standard library and pyarrow: nothing can be imported from beside it there.
The process of Node's (the host) outlives a task: a worker of Spark's that runs the next task of the same job
uses it again, and ends it where none comes for a while.
"""

import ctypes
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types

import pyarrow as pa

HOST: str
"""Name of the host's program among the session's files."""
JOB: str
"""Name of the file that tells the host what to do, there too."""
IDLE_SECONDS: str
"""For how long a host waits for another task."""

OUTPUT = pa.schema(
    [
        pa.field("frame", pa.binary()),
        pa.field("stage", pa.int32()),
        pa.field("partition", pa.int32()),
        pa.field("attempt", pa.int32()),
        pa.field("task_attempt", pa.int64()),
        pa.field("host", pa.string()),
        pa.field("executor", pa.string()),
        pa.field("process", pa.int32()),
    ]
)

OUTPUT_BYTES = 2**23
"""Frames are given to Spark together until they have so many bytes."""
LAST_WORDS_BYTES = 800
ENDS_WITHIN_SECONDS = 2
DIES_WITH_PARENT = 1
"""`PR_SET_PDEATHSIG` of Linux's `prctl`."""


def run_task(batches):
    """Rows with one frame of the host's each, of all record batches of a task; none before the task is done.

    Spark gives the rows of a task to its client when the task has ended, so nothing is won by giving them
    earlier, and a host that dies can be replaced without a result that comes twice.
    """
    task = Task()
    kept = []
    frames = [task.failed("spark_failed", task.problem)] if task.node is None else None
    if frames is None:
        frames = answers_of(task, batches, kept)
    try:
        yield from task.rows_of(frames)
    except BaseException:
        release(None)
        raise
    rest()


def answers_of(task, batches, kept):
    """The frames of a task: of the first host, or where that dies, of a second with the same rows."""
    deaths = []
    for feed in (batches, None):
        host = host_for(task)
        try:
            feed_host(host, task, batches=feed or (), kept=kept)
            answer = host.answer()
            # Nobody will need the rows again, and results may take long to leave.
            kept.clear()
        except HostDied as death:
            deaths.append(str(death))
            release(host)
            if feed is not None:
                kept.extend(batch for batch in feed if batch.num_rows > 0)
            continue
        except BaseException:
            release(host)
            raise
        first = [*(task.restarted(cause) for cause in deaths), task.ran()]
        return (frame for frames in (first, answer) for frame in frames)
    raise RuntimeError(f"manyfit: executor {task.executor} on {task.host}: {'; then '.join(deaths)}")


def feed_host(host, task, *, batches, kept):
    """Gives a host all rows of a task: those that are kept, and others, which are kept from now on."""
    try:
        host.begin()
        for batch in kept:
            write_batch(host, task, batch)
        for batch in batches:
            if batch.num_rows > 0:
                kept.append(batch)
                write_batch(host, task, batch)
        host.write(frame_of({"type": "end", "task": task.partition}))
    except HostDeaf:
        # It may have said before why: its answer tells.
        return


def write_batch(host, task, batch):
    """Rows, or files whole: one frame each, as they are large."""
    if "content" not in batch.schema.names:
        host.write(rows_frame(task.partition, batch))
        return
    for row in range(batch.num_rows):
        host.write(file_frame(task.partition, batch, row))


class HostDied(Exception):
    """The host has ended without an answer."""


class HostDeaf(Exception):
    """The host reads no more."""


class Task:
    """Where a task of Spark's runs."""

    def __init__(self):
        from pyspark import SparkFiles, TaskContext

        context = TaskContext.get()
        self.started = time.time()
        self.stage = context.stageId()
        self.partition = context.partitionId()
        self.attempt = context.attemptNumber()
        self.task_attempt = context.taskAttemptId()
        self.host = socket.gethostname()
        self.executor = executor_id()
        self.folder = SparkFiles.getRootDirectory()
        self.node, problem = node_for(self.folder)
        self.problem = f"executor {self.executor} on {self.host} {problem}"

    def failed(self, code, message):
        """A frame that ends the run: no other try would go better."""
        return b"".join(
            frame_of({"type": "failed", "task": self.partition, "code": code, "message": message})
        )

    def restarted(self, cause):
        """A frame that tells of a host that died and was replaced."""
        return b"".join(frame_of({"type": "restarted", "task": self.partition, "cause": cause}))

    def ran(self):
        """A frame that tells when the task ran."""
        times = {"startedAtMs": round(self.started * 1000), "endedAtMs": round(time.time() * 1000)}
        return b"".join(frame_of({"type": "ran", "task": self.partition, **times}))

    def rows_of(self, frames):
        """Record batches of Spark's, each with some of the frames."""
        some, size = [], 0
        for frame in frames:
            if some and size + len(frame) > OUTPUT_BYTES:
                yield self._batch_of(some)
                some, size = [], 0
            some.append(frame)
            size += len(frame)
        if some:
            yield self._batch_of(some)

    def _batch_of(self, frames):
        same = (
            self.stage,
            self.partition,
            self.attempt,
            self.task_attempt,
            self.host,
            self.executor,
            os.getpid(),
        )
        fields = list(OUTPUT)
        arrays = [pa.array(frames, fields[0].type)]
        for field, value in zip(fields[1:], same):
            arrays.append(pa.array([value] * len(frames), field.type))
        return pa.RecordBatch.from_arrays(arrays, schema=OUTPUT)


class Host:
    """A process of Node's that was told its job."""

    def __init__(self, task):
        self.identity = identity_of(task)
        self._words = tempfile.TemporaryFile()
        self._child, self._outgoing, incoming = start_node(task, self._words)
        self._answers = queue.SimpleQueue()
        self._damage = None
        self._reader = threading.Thread(target=self._read, args=(incoming,), daemon=True)
        self._reader.start()
        self._is_told = False
        self._job = {"type": "job", "path": os.path.join(task.folder, JOB), "python": sys.executable}

    def begin(self):
        """A new task, which nothing that was told before answers."""
        if not self._is_told:
            self.write(frame_of(self._job))
            self._is_told = True

    def write(self, pieces):
        try:
            for piece in pieces:
                rest = memoryview(piece)
                while len(rest) > 0:
                    rest = rest[os.write(self._outgoing, rest) :]
        except OSError as error:
            raise HostDeaf from error

    def answer(self):
        """All frames of the task, when it is done, and what was said since the one before."""
        answer = self._answers.get()
        if answer is None:
            raise HostDied(self._epitaph())
        return answer.frames()

    def is_alive(self):
        return self._child.poll() is None

    def kill(self):
        self._child.kill()
        self._child.wait()
        self._reader.join(ENDS_WITHIN_SECONDS)
        os.close(self._outgoing)
        self._words.close()

    def _read(self, incoming):
        """Runs in a thread, so that a host that tells much while it is given rows never waits."""
        with open(incoming, "rb") as stream:
            try:
                answer = Answer()
                while True:
                    frame, kind = read_frame(stream)
                    answer.add(frame)
                    if kind in ("done", "failed"):
                        # From here on it belongs to the main thread.
                        self._answers.put(answer)
                        answer = Answer()
            except EOFError:
                self._answers.put(None)
            except Exception as error:
                self._damage = f"{type(error).__name__}: {error}"
                self._answers.put(None)

    def _epitaph(self):
        try:
            code = self._child.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            code = self._child.wait()
        self._reader.join(ENDS_WITHIN_SECONDS)
        end = f"by signal {signal_name(-code)}" if code < 0 else f"with exit code {code}"
        if self._damage is not None:
            end = f"because of what it said ({self._damage})"
        size = self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, size - LAST_WORDS_BYTES))
        # In one line: of a traceback Spark tells the last alone.
        words = " ".join(self._words.read().decode("utf-8", "replace").split())
        return f"process of Node's ended {end}" + (f", after: {words}" if words else "")


def host_for(task):
    """The host of this job that this process has already, or a new one."""
    known = registry()
    with known.lock:
        if known.timer is not None:
            known.timer.cancel()
            known.timer = None
    host = known.host
    if host is not None and (host.identity != identity_of(task) or not host.is_alive()):
        release(None)
        host = None
    if host is None:
        host = known.host = Host(task)
    return host


def release(host):
    """Ends a host (None: that of this process) and forgets it."""
    known = registry()
    own = known.host
    if own is not None and host in (None, own):
        known.host = None
        own.kill()


def rest():
    """Ends the host of this process unless another task comes soon: Spark keeps this process for long."""
    known = registry()
    with known.lock:
        known.timer = threading.Timer(float(IDLE_SECONDS), end_idle)
        known.timer.daemon = True
        known.timer.start()


def end_idle():
    """Runs in a thread; a task that has begun meanwhile keeps its host."""
    known = registry()
    with known.lock:
        if known.timer is threading.current_thread():
            known.timer = None
            release(None)


def registry():
    """What this process knows of its host, whichever copy of this text asks."""
    known = sys.modules.get("_manyfit_hosts")
    if known is None:
        known = sys.modules["_manyfit_hosts"] = types.ModuleType("_manyfit_hosts")
        known.host = known.timer = None
        known.nodes = {}
        known.lock = threading.Lock()
    return known


def identity_of(task):
    return (task.folder, task.node, HOST, JOB)


def start_node(task, words):
    """The process, the descriptor to write to it and the one to read from it; it has them as 3 and 4."""
    # Descriptors 3 and 4 have to be taken, or those of the pipes might be among them.
    taken = []
    while not taken or taken[-1] <= 4:
        taken.append(os.open(os.devnull, os.O_RDONLY))
    theirs_in, outgoing = os.pipe()
    incoming, theirs_out = os.pipe()
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform.startswith("linux") else None

    def in_child():
        if prctl is not None:
            # Else a fit that goes on would survive a task that Spark has given up.
            prctl(DIES_WITH_PARENT, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
        os.dup2(theirs_in, 3)
        os.dup2(theirs_out, 4)

    try:
        child = subprocess.Popen(
            [task.node, os.path.join(task.folder, HOST)],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            pass_fds=(3, 4),
            preexec_fn=in_child,
        )
    except BaseException:
        os.close(outgoing)
        os.close(incoming)
        raise
    finally:
        for descriptor in (*taken, theirs_in, theirs_out):
            os.close(descriptor)
    return child, outgoing, incoming


def executor_id():
    """The executor's name: Spark's own where it can be known, else its process."""
    for text in (os.environ.get("SPARK_EXECUTOR_ID", ""), os.environ.get("SPARK_LOG_URL_STDERR", "")):
        found = re.search(r"executorId=([\w-]+)", text) or re.fullmatch(r"([\w-]+)", text)
        if found:
            return found.group(1)
    return f"{socket.gethostname()}:{os.getppid()}"


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
