"""What fine-tuning is worth to one person: 50 samples of a pendigits writer are kept, 200 others of theirs are read.

    python tests/benchmarks/bench_finetune.py [--writers 19,15] [--profile DIR --model ID]

The shipped model has seen neither of the two writers. Needs the data folder that RECOGNIZER_DATASETS names.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.paths import Profile, open_profile
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import ModelRecord, ModelRegistry
from recognizer.ink.npz import read_npz
from recognizer.ink.stroke import Ink
from recognizer.ink.stroke_npz import read_strokes
from recognizer.library.handwriting import FILE, Handwriting
from recognizer.training.events import RunEnded
from recognizer.training.finetune import fine_tune

CHECKOUT = Path(__file__).resolve().parents[2]
KEPT = 50
READ = 200


def main() -> int:
    """Print the figures of every writer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", default="19,15", help="numbers, with commas between them")
    parser.add_argument("--profile", type=Path, help="where the model is; its own handwriting must be empty")
    parser.add_argument("--model", default="digits", help="the model to begin with")
    asked = parser.parse_args()
    root = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")
    path = root / "pendigits" / "train.npz"
    if not path.is_file():
        print("fine-tuning: no pendigits data found")
        return 0
    os.environ["RECOGNIZER_DATASETS"] = str(root)
    arrays, writers = read_strokes(path), read_npz(path, ("writer",))["writer"]
    with tempfile.TemporaryDirectory() as temporary:
        profile = open_profile(asked.profile or temporary)
        if Handwriting(profile).count():
            print("fine-tuning: this profile has handwriting of its own", file=sys.stderr)
            return 2
        base = ModelRegistry(profile).get(asked.model)
        for writer in asked.writers.split(","):
            chosen = np.random.default_rng(int(writer)).permutation(np.flatnonzero(writers == int(writer)))
            inks, labels = [arrays.ink(int(i)) for i in chosen], [arrays.labels[i] for i in chosen]
            measure(profile, base, writer, inks, labels)
    return 0


def measure(profile: Profile, base: ModelRecord, writer: str, inks: list[Ink], labels: list[str]) -> None:
    """Keep the first samples of a writer, tune, and print what became of the others and of the guard."""
    own = Handwriting(profile)
    for ink, label in zip(inks[:KEPT], labels[:KEPT], strict=True):
        own.add(ink, label)
    preprocessor = Preprocessor()
    unseen = np.stack([preprocessor.from_ink(ink) for ink in inks[KEPT : KEPT + READ]])
    truth = np.array(labels[KEPT : KEPT + READ])
    began = time.perf_counter()
    ended = fine_tune(profile, base.id, lambda event: None, CancellationToken())
    seconds = time.perf_counter() - began
    assert isinstance(ended, RunEnded)
    tuned = ModelRegistry(profile).get(ended.model_id)
    guard = tuned.card["metrics"]["guard"]
    before, after = share(base, unseen, truth), share(tuned, unseen, truth)
    print(
        f"own handwriting read after fine-tuning, writer {writer}: {after * 100:.1f} % "
        f"({base.id}, {KEPT} samples kept, {len(truth)} others read, {before * 100:.1f} % before; bar: no worse)"
    )
    print(
        f"guard after fine-tuning, writer {writer}: {guard['after'] * 100:.2f} % "
        f"({guard['n']} of {guard['data']}, {guard['before'] * 100:.2f} % before, {guard['step'] * 100:.0f} % of the "
        f"step; bar: 0.1 points)"
    )
    print(f"time of fine-tuning, writer {writer}: {seconds:.0f} s ({KEPT} samples; bar: 120 s)", flush=True)
    own.close()
    for leftover in profile.root.glob(f"{FILE}*"):
        leftover.unlink()


def share(record: ModelRecord, pictures: NDArray[np.uint8], truth: NDArray[np.str_]) -> float:
    """The share of `pictures` that the model reads rightly."""
    best = Classifier(record).predict_proba(pictures).argmax(axis=1)
    return float((np.array(record.labels)[best] == truth).mean())


if __name__ == "__main__":
    sys.exit(main())
