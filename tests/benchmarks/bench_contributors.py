"""How well the shipped recipe reads UNIPEN's contributors when it has never seen any of their ink.

Each contributor is left out in turn and the digits model is trained anew on everything else, with fewer epochs than the
shipped one (about 4 minutes a contributor on 2 quiet cores):

    python tests/benchmarks/bench_contributors.py [--epochs 3] [--only gmd ...]

The folder with the data is named by RECOGNIZER_DATASETS.
"""

import argparse
import os
from pathlib import Path

import numpy as np

from recognizer.base.paths import open_profile
from recognizer.training.network import build_network
from recognizer.training.pen_data import read_pen_data
from recognizer.training.shipped import AUGMENTATIONS, NETWORKS, ShippedRecipe, train
from recognizer.training.shipped_data import digits_data

CHECKOUT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--profile")
    asked = parser.parse_args()
    folder = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")
    profile = open_profile(asked.profile)
    contributors = np.unique(read_pen_data(folder / "unipen" / "digits.npz").groups)
    results: list[tuple[str, int, float]] = []
    for contributor in asked.only or contributors.tolist():
        data = digits_data(profile, folder, seed=1, without=contributor)
        weights = train(ShippedRecipe(epochs=asked.epochs, augmentation=AUGMENTATIONS["digits"], settling=0), data)
        model = build_network(NETWORKS["digits"], len(data.labels) + len(data.extras))
        model.set_weights(weights)
        strangers = next(held for held in data.held_out if held.name == "UNIPEN")
        pictures = strangers.images[..., None].astype(np.float32) / np.float32(255.0)
        answers = [
            np.asarray(model(part, training=False)) for part in np.array_split(pictures, len(pictures) // 500 + 1)
        ]
        right = np.concatenate(answers)[:, : len(data.labels)].argmax(axis=1) == strangers.labels
        results.append((contributor, len(right), float(right.mean())))
        print(f"{contributor}: {right.mean():.4f} of {len(right):,}", flush=True)
    figures = np.array([accuracy for _, _, accuracy in results])
    mean = np.average(figures, weights=[n for _, n, _ in results])
    print(f"UNIPEN contributor left out, mean: {figures.mean():.4f} (over contributors; bar: 0.980)")
    print(f"UNIPEN contributor left out, samples: {mean:.4f} (over samples; bar: 0.980)")


if __name__ == "__main__":
    main()
