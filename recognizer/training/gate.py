"""The network behind `recognizer.inference.plausibility`.

`python -m recognizer.training.gate --out models/plausibility.tflite` trains it on MNIST's training split and synthetic
digits against synthetic drawings that are no digits, all varied by `augment`.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic
from recognizer.base.i18n import tr
from recognizer.base.paths import open_profile
from recognizer.ink.synthesis import generate, non_digits
from recognizer.library.dataset import Dataset, Split
from recognizer.library.sources import load_dataset
from recognizer.training.augment import Augmentation, augment
from recognizer.training.export import to_litert
from recognizer.training.network import build_network
from recognizer.training.runtime import import_keras

HELD_OUT: Final = 5_000
_SYNTHETIC: Final = 20_000
_OTHERS: Final = 40_000
NETWORK: Final[tuple[dict[str, Any], ...]] = (
    {"type": "conv", "filters": 12, "size": 3, "strides": 2, "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "conv", "filters": 24, "size": 3, "strides": 2, "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "conv", "filters": 32, "size": 3, "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "flatten"},
    {"type": "dropout", "rate": 0.2},
    {"type": "dense", "units": 0, "activation": "softmax"},
)


def train_gate(data: Dataset, epochs: int, seed: int) -> bytes:
    """Train the network; its two outputs are the probabilities of "a digit" and "something else".

    Args:
        data: Digits; the last 5,000 of the training split are left out.
        epochs: How often all samples are seen, each time varied anew.
        seed: Of weights, order, variation and synthesis.

    Returns:
        A LiteRT flatbuffer.
    """
    _, keras = import_keras()
    keras.utils.set_random_seed(seed)
    digits = data.images[data.indices((Split.TRAIN,))[:-HELD_OUT]]
    symbols = np.concatenate([digits, generate(_SYNTHETIC, seed)[0]])
    images = np.concatenate([symbols, non_digits(_OTHERS, seed)])
    targets = (np.arange(len(images)) >= len(symbols)).astype(np.int64)
    model = build_network(NETWORK, 2)
    steps = epochs * -(-len(images) // 128)
    model.compile(
        keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(3e-3, steps)),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    for epoch in range(epochs):
        pictures = augment(images, np.random.default_rng([seed, epoch]), Augmentation(shift=1.0, zoom=0.1))
        history = model.fit(pictures[..., None], targets, batch_size=128, verbose=0).history
        print(f"epoch {epoch + 1}: " + ", ".join(f"{name} {values[-1]:.4f}" for name, values in history.items()))
    return to_litert(model)


def main(arguments: list[str] | None = None) -> int:
    """Train and write the network; the exit code."""
    parser = argparse.ArgumentParser(description=tr("Train the network that tells digits from other drawings"))
    parser.add_argument("--out", type=Path, required=True, help=tr("the LiteRT file to write"))
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", help=tr("the profile in which MNIST is looked for"))
    options = parser.parse_args(arguments)
    try:
        data = load_dataset("mnist", open_profile(options.profile))
        write_atomic(options.out.absolute(), train_gate(data, options.epochs, options.seed))
    except RecognizerError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
