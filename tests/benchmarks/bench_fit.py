"""How much faster `dense` fits than a plain Keras script: `bench_fit.py [EPOCHS]`.

Both train in a process of their own on the same 60,000 pictures (MNIST where it is found, else synthetic digits), with
the same settings; the import of TensorFlow is in neither time, building and compiling the graphs is in both.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile, open_profile
from recognizer.library.dataset import Dataset, Split
from recognizer.library.sources import is_available, load_dataset

CHECKOUT = Path(__file__).resolve().parents[2]
BAR = 2.5


def benchmark_data(profile: Profile) -> Dataset:
    """MNIST where it is on this machine, else synthetic digits."""
    data = CHECKOUT.parent / "shared" / "data"
    if "RECOGNIZER_DATASETS" not in os.environ and data.is_dir():
        os.environ["RECOGNIZER_DATASETS"] = str(data)
    return load_dataset("mnist" if is_available("mnist", profile) else "synthetic", profile)


def fit_ours(folder: Path, epochs: int) -> None:
    """Train with the program's own trainer and print the seconds inside `fit` and the last validation accuracy."""
    from recognizer.training.config import TrainingConfig
    from recognizer.training.events import EpochEnded, RunEnded
    from recognizer.training.trainer import Trainer

    profile = open_profile(folder)
    last: list[float] = []

    def follow(event: object) -> None:
        if isinstance(event, EpochEnded):
            last.append(event.metrics.val_accuracy or 0.0)

    config = TrainingConfig(preset="dense", epochs=epochs)
    ended = Trainer(profile).fit(config, benchmark_data(profile), follow, CancellationToken())
    assert isinstance(ended, RunEnded)
    print(ended.fit_seconds, last[-1])


def main() -> int:
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = benchmark_data(open_profile(folder))
        chosen = data.indices((Split.TRAIN,))
        np.savez(folder / "data.npz", x=data.images[chosen], y=data.labels[chosen])
        here = Path(__file__)
        commands = {
            "plain Keras": [here.with_name("plain_keras.py"), folder / "data.npz", epochs],
            "recognizer": [here, "--ours", folder, epochs],
        }
        seconds = {}
        for title, arguments in commands.items():
            command = [sys.executable, *map(str, arguments)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds[title], accuracy = map(float, done.stdout.split())
            print(f"{title:12} {seconds[title]:6.2f} s, validation accuracy {accuracy:.4f}", flush=True)
    ratio = seconds["plain Keras"] / seconds["recognizer"]
    how = f"{data.title}, {epochs} epochs, {seconds['recognizer']:.1f} s against {seconds['plain Keras']:.1f} s"
    print(f"dense fit against plain Keras: {ratio:.1f} times as fast ({how}; bar: at least {BAR} times)")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    try:
        if sys.argv[1:2] == ["--ours"]:
            fit_ours(Path(sys.argv[2]), int(sys.argv[3]))
        else:
            sys.exit(main())
    except RecognizerError as error:
        sys.exit(str(error))
