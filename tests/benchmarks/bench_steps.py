"""What each step of the preprocessing is worth: accuracy on real pen digits with every step, and without each one.

    python tests/benchmarks/bench_steps.py [--model ID] [--profile DIR] [--writers 25-30]

Needs `pendigits/train.npz` in the folder that RECOGNIZER_DATASETS names. Each digit was written in a box of 500 × 500
units, which is taken for the canvas. A model that has learned from pen digits has learned from some of these writers.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from recognizer.base.paths import open_profile
from recognizer.imaging.step_words import without_name
from recognizer.imaging.steps import NOTHING_OFF, SHRINK_ONLY, Frame, Step, step_source
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import ModelRegistry
from recognizer.ink.stroke import Ink
from recognizer.ink.stroke_npz import read_strokes

CHECKOUT = Path(__file__).resolve().parents[2]
BOX: Frame = (0.0, -500.0, 500.0, 500.0)
PEN = 12.0
"""What the tablet's pen would have left, units of the box: 0.7 pixels of 28."""


def main() -> int:
    """Print a line for every step, and for what a program does that only shrinks the canvas."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="digits")
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--writers", default="25-30", help="first and last, usually %(default)s")
    asked = parser.parse_args()
    root = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")
    path = root / "pendigits" / "train.npz"
    if not path.is_file():
        print("pendigits not found; set RECOGNIZER_DATASETS to the folder that holds pendigits/train.npz")
        return 0
    strokes = read_strokes(path)
    with np.load(path, allow_pickle=False) as file:
        writers, labels = file["writer"], file["labels"]
    first, last = map(int, asked.writers.split("-"))
    chosen = np.flatnonzero((writers >= first) & (writers <= last))
    if len(chosen) == 0:
        print(f"bench_steps: no digits by the writers {asked.writers}; there are {np.unique(writers)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        record = ModelRegistry(open_profile(asked.profile or temporary)).get(asked.model)
        classifier = Classifier(record)
    sources = [step_source(Ink(strokes.ink(int(index)).strokes, PEN), record.preprocessing, BOX) for index in chosen]
    truth = labels[chosen].astype(str)
    print(f"{len(chosen):,} digits by writers {first} to {last}, read by the model {record.id}")
    complete = accuracy(sources, truth, classifier, NOTHING_OFF)
    print(f"pen digits, every step: {complete * 100:.2f} % ({len(chosen)} digits; bar: none set)")
    for off in (*(frozenset({step}) for step in Step), SHRINK_ONLY):
        share = accuracy(sources, truth, classifier, off)
        change = f"{(share - complete) * 100:+.2f} points"
        print(f"pen digits, {without_name(off)}: {share * 100:.2f} % ({change}; bar: none set)")
    return 0


def accuracy(sources: list, truth: np.ndarray, classifier: Classifier, off: frozenset[Step]) -> float:
    """The share that is read right without the steps `off`, rejected answers counted by their best label."""
    best = classifier.predict_proba(np.stack([source.final(off) for source in sources])).argmax(axis=1)
    return float((np.array(classifier.record.labels)[best] == truth).mean())


if __name__ == "__main__":
    sys.exit(main())
