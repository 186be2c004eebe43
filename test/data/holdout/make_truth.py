"""Writes truth.json beside this file: what scikit-learn says of rows that are held out.

Needs numpy, pandas, pyarrow and scikit-learn, and shares no code with manyfit: rows are chosen with a MurmurHash3 of its
own, coefficients come from centred normal equations in extended precision, metrics from sklearn.metrics. Run it from
anywhere: python make_truth.py
"""

import json
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

HERE = Path(__file__).parent
RUN_SEED = 42
MASK = 0xFFFFFFFF


def murmur3(data: bytes, seed: int) -> int:
    """MurmurHash3_x86_32."""

    def rotl(x: int, r: int) -> int:
        return ((x << r) | (x >> (32 - r))) & MASK

    def scramble(k: int) -> int:
        return rotl(k * 0xCC9E2D51 & MASK, 15) * 0x1B873593 & MASK

    h = seed
    whole = len(data) // 4 * 4
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        h = (rotl(h ^ scramble(k), 13) * 5 + 0xE6546B64) & MASK
    h ^= scramble(int.from_bytes(data[whole:], "little")) ^ len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & MASK
    h = (h ^ h >> 13) * 0xC2B2AE35 & MASK
    return h ^ h >> 16


def text_key(text: str) -> bytes:
    """Canonical bytes of a key of one text."""
    return b"\x06" + text.encode().replace(b"\0", b"\0\xff") + b"\0\x01"


def held_out(key: str, n: int, percent: int, rows: str) -> np.ndarray:
    k = percent * n // 100
    chosen = np.zeros(n, dtype=bool)
    if rows == "last":
        chosen[n - k :] = True
        return chosen
    seed = murmur3(text_key(key), RUN_SEED)
    ranked = sorted(range(n), key=lambda i: (murmur3(struct.pack("<I", i), seed), i))
    chosen[ranked[:k]] = True
    return chosen


def fit(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> tuple[float, list[float]]:
    """Intercept and coefficients in extended precision; a column that is constant has the coefficient 0."""
    x, y, w = (np.asarray(a, dtype=np.longdouble) for a in (x, y, w))
    means, mean = (w[:, None] * x).sum(axis=0) / w.sum(), (w * y).sum() / w.sum()
    xc, yc = x - means, y - mean
    kept = [j for j in range(x.shape[1]) if np.ptp(x[:, j]) > 0]
    a, b = xc[:, kept].T @ (w[:, None] * xc[:, kept]), xc[:, kept].T @ (w * yc)
    for i in range(len(kept)):  # Gaussian elimination; numpy.linalg has no extended precision
        for r in range(i + 1, len(kept)):
            f = a[r, i] / a[i, i]
            a[r], b[r] = a[r] - f * a[i], b[r] - f * b[i]
    solved = np.zeros(len(kept), dtype=np.longdouble)
    for i in reversed(range(len(kept))):
        solved[i] = (b[i] - a[i, i + 1 :] @ solved[i + 1 :]) / a[i, i]
    coefficients = np.zeros(x.shape[1], dtype=np.longdouble)
    coefficients[kept] = solved
    return float(mean - coefficients @ means), [float(c) for c in coefficients]


def score(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> dict:
    constant = len(y) < 2 or np.ptp(y if w is None else y[w > 0]) == 0
    return {
        "rmse": root_mean_squared_error(y, p, sample_weight=w),
        "mae": mean_absolute_error(y, p, sample_weight=w),
        "r2": None if constant else r2_score(y, p, sample_weight=w),
    }


def fits_of(data: pd.DataFrame, by: str, y: str, xs: list[str], weights: str | None, percent: int, rows: str) -> list:
    groups = []
    for key, read in data.groupby(by, sort=True):
        used = read[[*xs, y, *([weights] if weights else [])]].dropna()
        n = len(used)
        chosen = held_out(key, n, percent, rows)
        group = {"key": key, "read": len(read), "dropped": len(read) - n, "held_out": int(chosen.sum())}
        train, test = used[~chosen], used[chosen]
        if len(train) <= len(xs):
            groups.append({**group, "state": "skipped"})
            continue
        w = train[weights].to_numpy(float) if weights else np.ones(len(train))
        intercept, coefficients = fit(train[xs].to_numpy(float), train[y].to_numpy(float), w)
        scores = {"rmse": None, "mae": None, "r2": None}
        if len(test) > 0:
            p = np.full(len(test), intercept)
            for name, coefficient in zip(xs, coefficients):
                p = p + coefficient * test[name].to_numpy(float)
            test_weights = test[weights].to_numpy(float) if weights else None
            scores = score(test[y].to_numpy(float), p, test_weights)
        groups.append({**group, "state": "fitted", "intercept": intercept, "coefficients": coefficients, **scores})
    return groups


def vectors() -> list:
    """Targets, predictions and weights of many kinds with their scores, apart from any fit."""
    chance = np.random.default_rng(20130101)
    made = []
    for name, n, offset, scale, noise in [
        ("twenty rows", 20, 0, 1, 0.3),
        ("two rows", 2, 0, 1, 0.3),
        ("three hundred rows far from zero", 300, 1e6, 1, 0.1),
        ("predictions worse than the mean", 50, 0, 1, 3.0),
        ("predictions that are nearly right", 50, 0, 10, 1e-6),
        ("large values", 40, 0, 1e150, 0.1),
        ("small values", 40, 0, 1e-140, 0.1),
    ]:
        y = offset + scale * chance.normal(size=n)
        p = y + scale * noise * chance.normal(size=n)
        for weights in (None, chance.uniform(0, 3, size=n)):
            kind = name if weights is None else f"{name}, weighted"
            listed = None if weights is None else weights.tolist()
            made.append({"name": kind, "y": y.tolist(), "p": p.tolist(), "w": listed, **score(y, p, weights)})
    return made


def main() -> None:
    gapminder = pd.read_csv(HERE / "../gapminder/gapminder_unfiltered.csv", keep_default_na=False)
    flights = pd.read_parquet(HERE / "../flights/flights.parquet")
    plain = {"source": "gapminder/gapminder_unfiltered.csv", "by": "country", "target": "lifeExp", "features": ["year"]}
    late = {"source": "flights/flights.parquet", "by": "carrier", "target": "arr_delay"}
    jobs = [
        {**plain, "weights": None, "percent": 20, "rows": "random"},
        {**plain, "weights": None, "percent": 25, "rows": "last", "order_by": "year"},
        {**plain, "weights": "pop", "percent": 30, "rows": "random"},
        {**late, "features": ["dep_delay", "distance"], "weights": None, "percent": 10, "rows": "random"},
    ]
    for job in jobs:
        data = gapminder if "gapminder" in job["source"] else flights
        if "order_by" in job:
            data = data.sort_values(job["order_by"], kind="stable")
        named = (job["by"], job["target"], job["features"], job["weights"], job["percent"], job["rows"])
        job["groups"] = fits_of(data, *named)
    truth = {"sklearn": sklearn.__version__, "numpy": np.__version__, "seed": RUN_SEED, "vectors": vectors(), "fits": jobs}
    (HERE / "truth.json").write_text(json.dumps(truth, separators=(",", ":"), allow_nan=False) + "\n")


main()
