"""How well photos of digits and numbers are read, and how fast.

    RECOGNIZER_DATASETS=FOLDER python tests/benchmarks/bench_photos.py [--model ID]

FOLDER holds `photos_single` and `photos_multi`; where it is not given, the folder `shared/data` beside the checkout.
"""

import argparse
import csv
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from recognizer.base.paths import open_profile
from recognizer.imaging.images import load_rgb
from recognizer.imaging.photo import load_symbol
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.photo import read_photo
from recognizer.inference.registry import ModelRegistry

CHECKOUT = Path(__file__).resolve().parents[2]
SINGLE_BAR, LINES_BAR, SECONDS_BAR = 0.98, 0.90, 1.0
MEGAPIXELS = 12


def rows(folder: Path) -> list[dict[str, str]]:
    """The lines of `labels.csv`."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def single(classifier: Classifier, folder: Path) -> None:
    """Print how many pictures of one digit are read right, kind by kind."""
    preprocessor = Preprocessor(classifier.record.preprocessing)
    right: dict[str, list[bool]] = defaultdict(list)
    groups: dict[str, list[bool]] = defaultdict(list)
    for row in rows(folder):
        picture = preprocessor.from_image(load_symbol(folder / row["file"]))
        is_right = classifier.predict(picture).label == row["label"]
        right[row["kind"]].append(is_right)
        if row["kind"] == "photo":
            groups[row["group"]].append(is_right)
    for kind, hits in sorted(right.items()):
        bar = f"; bar: {SINGLE_BAR * 100:.0f} %" if kind == "photo" else ""
        print(f"photos_single of kind {kind}: {np.mean(hits) * 100:.1f} % of {len(hits)}{bar}")
    mean = np.mean([np.mean(hits) for hits in groups.values()])
    print(f"photos_single of kind photo, mean over {len(groups)} groups: {mean * 100:.1f} %")


def multi(classifier: Classifier, folder: Path) -> Path:
    """Print how many lines are read exactly; returns the largest picture."""
    counts: dict[str, list[int]] = {"digits alone": [0, 0], "expressions": [0, 0]}
    largest, most = folder, 0
    for row in rows(folder):
        picture = load_rgb(folder / row["file"])
        if picture.size > most:
            largest, most = folder / row["file"], picture.size
        found = read_photo(picture, classifier).text.split("\n")
        wanted = row["text"].split("\n")
        # Where more or fewer lines were found than there are, those that say the same at the same place still count.
        hits = sum(read == said for read, said in zip(found, wanted, strict=False))
        count = counts["expressions" if "expression" in row["kind"] else "digits alone"]
        count[0] += hits
        count[1] += len(wanted)
    for name, (hits, lines) in counts.items():
        print(f"photos_multi, lines of {name} exactly right: {hits / lines * 100:.1f} % of {lines}")
    hits, lines = (sum(count[place] for count in counts.values()) for place in (0, 1))
    print(f"photos_multi, lines exactly right: {hits / lines * 100:.1f} % of {lines}; bar: {LINES_BAR * 100:.0f} %")
    return largest


def speed(classifier: Classifier, source: Path) -> None:
    """Print how long a 12-megapixel photo takes from its file to boxes and text."""
    with Image.open(source) as picture:
        scale = (MEGAPIXELS * 1e6 / (picture.width * picture.height)) ** 0.5
        large = picture.convert("RGB").resize((round(picture.width * scale), round(picture.height * scale)))
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "large.jpg"
        large.save(path, quality=92)
        seconds = []
        for _ in range(5):
            began = time.perf_counter()
            reading = read_photo(load_rgb(path), classifier)
            seconds.append(time.perf_counter() - began)
    print(
        f"{MEGAPIXELS}-megapixel photo to boxes and text: {np.median(seconds):.2f} s, worst {max(seconds):.2f} s, "
        f"{len(reading.symbols)} symbols; bar: {SECONDS_BAR:.1f} s"
    )


def main() -> int:
    """Print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    asked = parser.parse_args()
    data = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")
    if not (data / "photos_multi" / "labels.csv").is_file():
        print("photos not found: set RECOGNIZER_DATASETS", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        registry = ModelRegistry(open_profile(temporary))
        classifier = Classifier(registry.get(asked.model) if asked.model else registry.default())
    single(classifier, data / "photos_single")
    speed(classifier, multi(classifier, data / "photos_multi"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
