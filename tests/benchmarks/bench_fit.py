"""How much faster `dense` and `cnn` fit than the plain Keras scripts: `bench_fit.py [dense|cnn ...] [--seeds N]`.

The same mathematics at the same batch size; and how soon the fast variants read the test split as well as the scripts
do after all their epochs. All train in processes of their own on the same 60,000 pictures (MNIST where it is found,
else synthetic digits); the import of TensorFlow is in no time, building and compiling the graphs is in all of them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile, open_profile
from recognizer.library.dataset import Dataset, Split
from recognizer.library.sources import is_available, load_dataset

CHECKOUT = Path(__file__).resolve().parents[2]
SAME_BARS: Final = {"dense": 3.0, "cnn": 1.2}
FAST_BARS: Final = {"dense": 12.0, "cnn": 3.0}
EPOCHS: Final = {"dense": 10, "cnn": 5}


def benchmark_data(profile: Profile) -> Dataset:
    """MNIST where it is on this machine, else synthetic digits."""
    data = CHECKOUT.parent / "shared" / "data"
    if "RECOGNIZER_DATASETS" not in os.environ and data.is_dir():
        os.environ["RECOGNIZER_DATASETS"] = str(data)
    return load_dataset("mnist" if is_available("mnist", profile) else "synthetic", profile)


def fit_ours(folder: Path, preset: str, epochs: int, seed: int) -> None:
    """Train with the program's own trainer; print as `plain_keras.py` does."""
    from recognizer.training.config import TrainingConfig
    from recognizer.training.events import EpochEnded, RunEnded
    from recognizer.training.presets import PRESETS
    from recognizer.training.trainer import Trainer

    profile = open_profile(folder)
    last: list[float] = []

    def follow(event: object) -> None:
        if isinstance(event, EpochEnded):
            last.append(event.metrics.val_accuracy or 0.0)

    usual = PRESETS[preset]
    config = TrainingConfig(preset, epochs or usual.epochs, usual.batch_size, seed=seed, **usual.settings)
    ended = Trainer(profile).fit(config, benchmark_data(profile), follow, CancellationToken())
    assert isinstance(ended, RunEnded)
    print(ended.fit_seconds, last[-1], ended.report.accuracy)


def measure(title: str, *arguments: object) -> tuple[float, float]:
    """Run a script; its seconds, and its accuracy on the test split."""
    done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, check=True)
    seconds, validation, test = map(float, done.stdout.split())
    print(f"{title:24} {seconds:6.2f} s, validation {validation:.4f}, test {test:.4f}", flush=True)
    return seconds, test


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", choices=(*EPOCHS, []), default=[])
    parser.add_argument("--seeds", type=int, default=1, help="of the fast variants; the median counts")
    asked = parser.parse_args()
    met = True
    with tempfile.TemporaryDirectory() as name:
        folder, here = Path(name), Path(__file__)
        data = benchmark_data(open_profile(folder))
        train, test = data.indices((Split.TRAIN,)), data.indices((Split.TEST,))
        arrays = {"x": data.images[train], "y": data.labels[train], "x_test": data.images[test]}
        np.savez(folder / "data.npz", **arrays, y_test=data.labels[test])
        for preset in asked.presets or EPOCHS:
            epochs = EPOCHS[preset]
            plain, wanted = measure(
                f"{preset}, plain Keras", here.with_name("plain_keras.py"), folder / "data.npz", preset, epochs
            )
            same, _ = measure(f"{preset}, the same", here, "--ours", folder, preset, epochs, 42)
            fast = [
                measure(f"{preset}-fast, seed {seed}", here, "--ours", folder, f"{preset}-fast", 0, seed)
                for seed in range(42, 42 + asked.seeds)
            ]
            seconds, reached = (float(np.median(column)) for column in zip(*fast, strict=True))
            print(
                f"{preset} fit against plain Keras: {plain / same:.1f} times as fast"
                f" ({data.title}, {epochs} epochs; bar: at least {SAME_BARS[preset]:g})"
            )
            print(
                f"{preset}-fast to the accuracy of plain Keras: {plain / seconds:.1f} times as fast, {reached:.4f}"
                f" against {wanted:.4f} (bar: at least {FAST_BARS[preset]:g}, not worse)"
            )
            met &= plain / same >= SAME_BARS[preset] and plain / seconds >= FAST_BARS[preset] and reached >= wanted
    return 0 if met else 1


if __name__ == "__main__":
    try:
        if sys.argv[1:2] == ["--ours"]:
            fit_ours(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        else:
            sys.exit(main())
    except RecognizerError as error:
        sys.exit(str(error))
