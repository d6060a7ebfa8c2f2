"""Preprocessing: what a picture and a drawing cost, alone and among many.

The digits are MNIST's test pictures where they are to be had, else synthetic ones.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.evaluation.corruptions import corrupt
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.synthesis import generate, generate_ink
from recognizer.library.idx import read_idx

CHECKOUT = Path(__file__).resolve().parents[2]
COUNT = 10_000
ROUNDS = 5


def main() -> None:
    """Print the figures."""
    prepare = Preprocessor()
    ready, what = digits()
    # The first call loads OpenCV.
    prepare.from_images(corrupt(ready[:100], "tilt"))
    kinds = {
        f"{what}, as they are": (ready, 15.0),
        f"{what}, to be shifted": (shifted(ready), 60.0),
        f"{what}, inverted": (255 - ready, 60.0),
        f"{what}, tilted, to be scaled": (corrupt(ready, "tilt"), None),
        f"{what}, 9 % of the pixels flipped": (corrupt(ready[:2000], "salt_and_pepper"), None),
        f"{what}, 16 by 16": (scaled(ready[:2000], 16), None),
        f"{what}, 140 by 140": (scaled(ready[:500], 140), None),
    }
    for name, (images, most) in kinds.items():
        alone = fastest(lambda images=images: [prepare.from_image(image) for image in images[:500]], 500)
        together = fastest(lambda images=images: prepare.from_images(images), len(images))
        bar = f"bar: <= {most:g} us" if most else "bar: none"
        print(f"{name}: {together:.1f} us a picture among {len(images):,}, {alone:.0f} us alone ({bar})")
    rng = np.random.default_rng(1)
    inks = [generate_ink(number % 10, rng) for number in range(2000)]
    alone = fastest(lambda: [prepare.from_ink(ink) for ink in inks], len(inks))
    together = fastest(lambda: prepare.from_inks(inks), len(inks))
    print(f"drawings: {together:.0f} us each among {len(inks):,}, {alone:.0f} us alone (bar: none)")


def digits() -> tuple[NDArray[np.uint8], str]:
    """(n, 28, 28) pictures as preprocessing leaves them, and what they are."""
    root = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")
    path = root / "mnist" / "t10k-images-idx3-ubyte.gz"
    if path.is_file():
        return read_idx(path, 3)[:COUNT], "MNIST"
    return generate(COUNT, 1)[0], "synthetic digits"


def shifted(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Moved by up to three pixels each way."""
    rng = np.random.default_rng(2)
    framed = np.pad(images, ((0, 0), (3, 3), (3, 3)))
    places = rng.integers(0, 7, (len(images), 2)).tolist()
    moved = [image[down : down + 28, right : right + 28] for image, (down, right) in zip(framed, places, strict=True)]
    return np.stack(moved)


def scaled(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """In another size."""
    return np.stack(
        [np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)) for image in images]
    )


def fastest(work: Callable[[], object], count: int) -> float:
    """Microseconds for each of `count`, in the fastest of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds) / count * 1e6


if __name__ == "__main__":
    main()
