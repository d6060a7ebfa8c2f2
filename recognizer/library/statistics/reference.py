"""How the data that the shipped models were trained on is distributed, as histograms.

They are computed once and come with the program, by
`python -m recognizer.library.statistics.reference --data DATA --out resources/statistics/reference.json`;
DATA has `mnist/`, `pendigits/train.npz` and `unipen/digits.npz`.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.resources import resource_path
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.stroke_npz import read_strokes
from recognizer.library import mnist
from recognizer.library.dataset import Split
from recognizer.library.statistics.measures import SCALES, Measure, measured

_log = logging.getLogger(__name__)

_FILE: Final = "statistics/reference.json"
_AT_ONCE: Final = 8192


@cache
def reference() -> dict[Measure, NDArray[np.float64]]:
    """For each measure the share of the training data in each bin of its scale, (bins,).

    Zeros where the figures are missing or were made for other bins; the statistics go on without them.
    """
    try:
        data = json.loads(resource_path(_FILE).read_text(encoding="utf-8"))
        return {measure: _shares(data, measure) for measure in Measure}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("%s: %s", resource_path(_FILE), error)
        return {measure: np.zeros(SCALES[measure].bins) for measure in Measure}


def _shares(data: dict[str, Any], measure: Measure) -> NDArray[np.float64]:
    scale = SCALES[measure]
    counts = np.zeros(scale.bins)
    for corpus in data["corpora"]:
        histogram = corpus["histograms"][measure.value]
        if histogram["step"] != scale.step or len(histogram["counts"]) != scale.bins:
            raise ValueError(f"{measure.value}: {histogram['step']}")
        counts += np.asarray(histogram["counts"], np.float64)
    if counts.sum() == 0:
        raise ValueError(f"{measure.value}: 0")
    return counts / counts.sum()


def histograms(chunks: Iterator[NDArray[np.uint8]]) -> tuple[int, dict[str, Any]]:
    """How many pictures there are, and the JSON form of their histograms."""
    counts = {measure: np.zeros(scale.bins, np.int64) for measure, scale in SCALES.items()}
    n = 0
    for pictures in chunks:
        n += len(pictures)
        for measure, values in measured(pictures).items():
            bins = SCALES[measure].bins_of(values)
            counts[measure] += np.bincount(bins, minlength=256)[: SCALES[measure].bins]
    return n, {measure.value: {"step": SCALES[measure].step, "counts": counts[measure].tolist()} for measure in Measure}


def _mnist(folder: Path) -> Iterator[NDArray[np.uint8]]:
    os.environ[mnist.VARIABLE] = str(folder)
    profile = Profile(folder)
    if not mnist.is_available(profile):
        raise RecognizerError(tr("There is no such dataset"), where=str(folder / mnist.NAME), fix=tr("Check the path"))
    data = mnist.load(profile)
    chosen = data.indices((Split.TRAIN,))
    for start in range(0, len(chosen), _AT_ONCE):
        yield data.images[chosen[start : start + _AT_ONCE]]


def _strokes(path: Path) -> Iterator[NDArray[np.uint8]]:
    drawings = read_strokes(path)
    preprocessor = Preprocessor()
    for start in range(0, len(drawings), _AT_ONCE):
        indices = range(start, min(start + _AT_ONCE, len(drawings)))
        yield np.stack([preprocessor.from_ink(drawings.ink(index)) for index in indices])


def main(arguments: list[str] | None = None) -> int:
    """Compute the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    corpora = []
    try:
        for name, chunks in (
            ("MNIST, training split", _mnist(given.data)),
            ("pendigits", _strokes(given.data / "pendigits" / "train.npz")),
            ("UNIPEN digits", _strokes(given.data / "unipen" / "digits.npz")),
        ):
            n, each = histograms(chunks)
            corpora.append({"name": name, "n": n, "histograms": each})
        write_atomic(given.out, json.dumps({"corpora": corpora}, separators=(",", ":")) + "\n")
    except RecognizerError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
