"""What people write for one scikit-learn model per group: pandas groupby and a loop, or joblib's processes, each model
dumped to a file of its own by joblib.

Arguments: the Parquet file, folder to write to, processes (1 is a plain loop), a trainer's file with `fit(df)`, groups
to fit (the first so many). `--fit-only` measures calls of `fit` on ready frames and joblib.dump to memory alone, in
processor seconds. Prints one line of JSON.
"""

import importlib.util
import io
import json
import os
import resource
import sys
import time

import joblib
import pandas as pd


def load(path):
    spec = importlib.util.spec_from_file_location("trainer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fit_group(trainer, group, part, out):
    names = load(trainer) if isinstance(trainer, str) else trainer
    arguments = [part, 1] if "seed" in names.fit.__code__.co_varnames[: names.fit.__code__.co_argcount] else [part]
    model = names.fit(*arguments)
    joblib.dump(model, os.path.join(out, f"{group}.joblib"))
    return (group, *linear(model))


def linear(model):
    return (model.intercept_, *model.coef_) if hasattr(model, "coef_") else ()


def main(source, out, processes, trainer, groups, fit_only):
    os.makedirs(out, exist_ok=True)
    started = time.perf_counter()
    module = load(trainer)
    frame = pd.read_parquet(source, columns=["key", *module.columns])
    if groups < frame["key"].nunique():
        frame = frame[frame["key"] < groups]
    parts = frame.groupby("key")
    if fit_only:
        frames = [part.drop(columns="key").reset_index(drop=True) for _, part in parts]
        if getattr(module, "frame", "pandas") == "numpy":
            frames = [{name: part[name].to_numpy() for name in module.columns} for part in frames]
        wants_seed = "seed" in module.fit.__code__.co_varnames[: module.fit.__code__.co_argcount]
        before = time.process_time()
        for part in frames:
            model = module.fit(part, 1) if wants_seed else module.fit(part)
            joblib.dump(model, io.BytesIO())
        return {"models": len(frames), "fit_cpu_seconds": time.process_time() - before}
    if processes == 1:
        rows = [fit_group(module, group, part, out) for group, part in parts]
    else:
        rows = joblib.Parallel(n_jobs=processes)(
            joblib.delayed(fit_group)(trainer, group, part, out) for group, part in parts
        )
    if len(rows[0]) > 1:
        pd.DataFrame(rows).to_parquet(f"{out}.parquet")
    return {"models": len(rows), "seconds": time.perf_counter() - started}


if __name__ == "__main__":
    source, out, processes, trainer, groups, *flags = sys.argv[1:]
    report = main(source, out, int(processes), trainer, int(groups), "--fit-only" in flags)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": report.get("fit_cpu_seconds", 0), "peak_mb": peak, **report}))
