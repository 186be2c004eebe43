"""A trainer's file, loaded as people load a module by its path."""

import importlib.util
import os

import pandas as pd


def load_trainer(path):
    """The module of a file with `columns`, `fit(df)` and, where it wants arrays, `frame = "numpy"`."""
    spec = importlib.util.spec_from_file_location("trainer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def frame_for(trainer, part):
    """What `fit` wants of some rows: a dict of arrays, or the rows themselves."""
    if getattr(trainer, "frame", "pandas") == "numpy":
        return {name: part[name].to_numpy() for name in trainer.columns}
    return part


def parts_of(trainer, source):
    """Names and rows: of each key of a Parquet file, or of each file of a folder, read one after the other."""
    if os.path.isdir(source):
        for name in sorted(os.listdir(source)):
            yield name, pd.read_csv(os.path.join(source, name), usecols=trainer.columns)
    else:
        yield from pd.read_parquet(source, columns=["key", *trainer.columns]).groupby("key", sort=False)
