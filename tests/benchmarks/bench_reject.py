"""How often models call a drawing that is no digit a sure one: dots, scribbles, letters, shapes that no training saw.

    python tests/benchmarks/bench_reject.py [--profile DIR]

Judges the shipped model, and those of the profile where one is given.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from recognizer.base.paths import open_profile
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Verdict
from recognizer.inference.registry import ModelRegistry
from recognizer.ink.synthesis import non_digits
from recognizer.library.dataset import DIGITS

SEED = 777
COUNT = 3000


def main() -> int:
    """Print a line a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", type=Path)
    folder = parser.parse_args().profile
    pictures = non_digits(COUNT, SEED)
    with tempfile.TemporaryDirectory() as temporary:
        for record in ModelRegistry(open_profile(folder or temporary)).list():
            if record.labels != DIGITS.names:
                continue
            probabilities = Classifier(record).predict_proba(pictures)
            with_gate = record.reject.verdicts(pictures, probabilities)
            without = replace(record.reject, plausible_above=0.0).verdicts(pictures, probabilities)
            sure, ungated = (np.mean([verdict == Verdict.SURE for verdict in each]) for each in (with_gate, without))
            print(
                f"non-digits called a sure digit by {record.id}: {sure * 100:.1f} % "
                f"({COUNT} drawings, {ungated * 100:.1f} % without the second network; bar: none set)"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
