"""The floor: calls of `fit` on frames that are ready in memory, and joblib.dump to memory, in one thread.

Arguments: a Parquet file with a column `key` or a folder of gzip CSV files, a trainer's file. Prints one line of JSON:
processor seconds of the fits and dumps, and those of the imports.
"""

import io
import json
import resource
import sys
import time

import joblib
from trainer_file import frame_for, load_trainer, parts_of

if __name__ == "__main__":
    source, trainer_path = sys.argv[1:]
    trainer = load_trainer(trainer_path)
    import_seconds = time.process_time()
    frames = [
        frame_for(trainer, part[trainer.columns].reset_index(drop=True))
        for _, part in parts_of(trainer, source)
    ]
    before = time.process_time()
    for frame in frames:
        joblib.dump(trainer.fit(frame), io.BytesIO())
    seconds = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {"models": len(frames), "seconds": seconds, "importSeconds": import_seconds, "peak_mb": peak}
        )
    )
