"""What people write for one scikit-learn model per key or file: pandas and a loop, or joblib's processes, each model
dumped to a file of its own by joblib.

Arguments: a Parquet file with a column `key` or a folder of gzip CSV files, folder to write to, a trainer's file with
`fit(df)`, processes (1 is a plain loop). Prints one line of JSON.
"""

import json
import os
import resource
import sys
import time

import joblib
import pandas as pd
from trainer_file import frame_for, load_trainer, parts_of

TASKS_PER_PROCESS = 8


def fit_one(trainer, out, name, part):
    joblib.dump(trainer.fit(frame_for(trainer, part)), os.path.join(out, f"{name}.joblib"))


def fit_parts(trainer_path, out, parts):
    """A task of joblib's: keys with their rows."""
    trainer = load_trainer(trainer_path)
    for name, part in parts:
        fit_one(trainer, out, name, part)


def fit_files(trainer_path, out, folder, names):
    """A task of joblib's: files, which the process reads itself."""
    trainer = load_trainer(trainer_path)
    for name in names:
        fit_one(trainer, out, name, pd.read_csv(os.path.join(folder, name), usecols=trainer.columns))


def in_processes(trainer_path, source, out, processes):
    def tasks_of(items):
        size = max(1, -(-len(items) // (TASKS_PER_PROCESS * processes)))
        return [items[first : first + size] for first in range(0, len(items), size)]

    if os.path.isdir(source):
        fit = joblib.delayed(fit_files)
        tasks = [fit(trainer_path, out, source, names) for names in tasks_of(sorted(os.listdir(source)))]
    else:
        fit = joblib.delayed(fit_parts)
        parts = list(parts_of(load_trainer(trainer_path), source))
        tasks = [fit(trainer_path, out, some) for some in tasks_of(parts)]
    joblib.Parallel(n_jobs=processes, batch_size=1)(tasks)


def main(source, out, trainer_path, processes):
    os.makedirs(out)
    if processes == 1:
        trainer = load_trainer(trainer_path)
        for name, part in parts_of(trainer, source):
            fit_one(trainer, out, name, part)
    else:
        in_processes(trainer_path, source, out, processes)


if __name__ == "__main__":
    source, out, trainer_path, processes = sys.argv[1:]
    started = time.perf_counter()
    main(source, out, trainer_path, int(processes))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"models": len(os.listdir(out)), "seconds": seconds, "peak_mb": peak}))
