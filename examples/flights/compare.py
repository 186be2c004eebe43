"""What the forecasts of some runs are worth: the minutes by which they are off in the mean, over all flights that were
held out, and the size of the models.

Usage: python compare.py <folder of a run> ...
"""

import sys
from pathlib import Path

import pandas as pd

for folder in map(Path, sys.argv[1:]):
    ledger = pd.read_parquet(folder / "ledger.parquet").query("state == 'fitted'")
    minutes = ledger["metrics"].str["holdout_mae"] * ledger["rows_held_out"]
    off = minutes.sum() / ledger["rows_held_out"].sum()
    size = pd.read_parquet(folder / "models.parquet")["model_blob"].str.len().sum()
    print(f"{folder.name:8} {off:6.2f} minutes  {size / 1e6:5.1f} MB of models")
