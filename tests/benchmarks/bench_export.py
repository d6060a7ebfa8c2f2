"""How exported models answer on MNIST's 10,000 test digits, and how fast.

The presets dense and cnn are trained for one epoch on the real MNIST, in the folder named by RECOGNIZER_DATASETS, else
on synthetic digits; then every format is written, run on all test digits and stamped. The bars: no label changes and no
probability more than 1e-4 away for formats of float32, at most 0.1 points of accuracy lost for whole numbers.

    python tests/benchmarks/bench_export.py [--presets dense cnn] [--epochs 1]
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from recognizer.base.cancellation import CancellationToken
from recognizer.base.paths import open_profile
from recognizer.inference.registry import ModelRegistry
from recognizer.library.dataset import Split
from recognizer.library.sources import is_available, load_dataset
from recognizer.training.config import TrainingConfig
from recognizer.training.events import RunEnded
from recognizer.training.shipping.shipment import ship
from recognizer.training.shipping.vectors import Samples
from recognizer.training.trainer import Trainer

CHECKOUT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=["dense", "cnn"])
    parser.add_argument("--epochs", type=int, default=1)
    asked = parser.parse_args()
    os.environ.setdefault("RECOGNIZER_DATASETS", str(CHECKOUT.parent / "shared" / "data"))
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        profile = open_profile(Path(folder) / "profile")
        data = load_dataset("mnist" if is_available("mnist", profile) else "synthetic", profile)
        tests, trained = data.indices((Split.TEST,)), data.indices((Split.TRAIN,))
        samples = Samples(data.images[tests], data.labels[tests], f"{data.title}, test", data.images[trained[::110]])
        print(
            f"{data.title}, {len(tests):,} test digits, {len(samples.like)} to quantise with, {asked.epochs} epoch(s)"
        )
        for preset in asked.presets:
            config = TrainingConfig(preset=preset, epochs=asked.epochs)
            ended = Trainer(profile).fit(config, data, lambda event: None, CancellationToken())
            assert isinstance(ended, RunEnded)
            record = ModelRegistry(profile).get(ended.model_id)
            began = time.perf_counter()
            shipment = ship(record, profile, Path(folder) / preset, samples=samples)
            for stamp in shipment.stamps:
                bar = "at most 0.1 points lost" if stamp.format == "litert-int8" else "0 label changes, at most 1e-4"
                accuracy = f"accuracy {100 * (stamp.accuracy or 0):.2f} %"
                how = f"{accuracy}, {stamp.bytes:,} bytes, {stamp.milliseconds:.3f} ms a picture"
                print(
                    f"{preset} as {stamp.format}: {stamp.label_changes} label changes, by {stamp.difference:.1e}, "
                    f"{stamp.points_lost:.2f} points lost ({how}, {stamp.runtime}; bar: {bar}; "
                    f"{'met' if stamp.passed else 'missed'})",
                    flush=True,
                )
            print(f"{preset} exported and tried in {time.perf_counter() - began:.0f} s")
            failed += [f"{preset} {stamp.format}" for stamp in shipment.stamps if not stamp.passed]
            failed += [f"{preset} {name}: {reason}" for name, reason in shipment.missing.items()]
    print("bars kept" if not failed else f"bars broken: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
