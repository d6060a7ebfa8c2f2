"""The models that come with the program: `python -m recognizer.training.shipped digits --out models/digits`.

Trained on MNIST's training split, two corpora of pen ink (pendigits, UNIPEN) and synthetic handwriting, all varied.
Some writers of both corpora and MNIST's last 5,000 training samples are never trained on: they fit the temperature and
the reject rule and say how well strangers are read. MNIST's test split is judged once, at the end.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr
from recognizer.base.paths import open_profile
from recognizer.training.augment import Augmentation, augment
from recognizer.training.checkpoint import Weights, pack_weights, unpack_weights
from recognizer.training.mixture import mix, prepared
from recognizer.training.network import build_network
from recognizer.training.presets import NETWORKS
from recognizer.training.release import release
from recognizer.training.runtime import import_keras
from recognizer.training.shipped_data import HeldOut, ShippedData, digits_data, letters_data

AUGMENTATIONS: Final[dict[str, Augmentation]] = {
    "digits": Augmentation(
        rotation=17, shear=0.25, zoom=0.1, bend=0.8, thin=0.6, thick=0.9, extreme=0.15, fade=0.35, blur=0.9, noise=0.15
    ),
    # Letters that differ by little more than a turn, as n and u, or d and a, leave less room.
    "letters": Augmentation(
        rotation=9, shear=0.15, zoom=0.08, bend=0.6, thin=0.5, thick=0.8, extreme=0.05, fade=0.5, blur=0.6, noise=0.08
    ),
}


@dataclass(frozen=True, slots=True)
class ShippedRecipe:
    """Everything that shapes a shipped model, besides its data.

    Attributes:
        model: `digits` or `letters`.
        epochs: How many mixtures are seen, each drawn and varied anew.
        batch_size: Samples a step.
        learning_rate: At its height, after the first twentieth; it falls to 0 along a cosine.
        weight_decay: Of AdamW.
        precision: Keras' dtype policy; what is kept is float32.
        seed: Of weights, order, variation and synthesis.
        augmentation: How far pictures are varied.
        settling: Further epochs at the end, from a fifth of the learning rate down to 0 again, in which they are varied
            half as far, so that the last steps are taken on pictures as they are written.
        settling_seed: Of the variations while settling.
    """

    model: str = "digits"
    epochs: int = 24
    batch_size: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 2e-3
    precision: str = "mixed_bfloat16"
    seed: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)
    settling: int = 6
    settling_seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {**asdict(self), "network": list(NETWORKS[self.model])}


MODELS: Final[dict[str, Callable[[Any, Path, int], ShippedData]]] = {"digits": digits_data, "letters": letters_data}


def train(recipe: ShippedRecipe, data: ShippedData, weights: Weights | None = None) -> Weights:
    """The weights after training; what is held out is only looked at between epochs.

    Args:
        recipe: How.
        data: What is trained on.
        weights: Those after `recipe.epochs`, where only the settling is left to do.
    """
    _, keras = import_keras(spare_cores=0)
    keras.utils.set_random_seed(recipe.seed)
    keras.mixed_precision.set_global_policy(recipe.precision)
    try:
        model = build_network(NETWORKS[recipe.model], len(data.labels) + len(data.extras))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    if weights is not None:
        model.set_weights(weights)
    else:
        _fit(model, recipe, data, range(recipe.epochs), recipe.learning_rate, recipe.augmentation)
    settling = range(recipe.epochs, recipe.epochs + recipe.settling)
    _fit(
        model,
        recipe,
        data,
        settling,
        recipe.learning_rate / 5,
        recipe.augmentation.scaled(0.5),
        recipe.settling_seed,
    )
    return model.get_weights()


def _fit(
    model: Any,
    recipe: ShippedRecipe,
    data: ShippedData,
    epochs: range,
    peak: float,
    augmentation: Augmentation,
    variation: int = 0,
) -> None:
    """Train for `epochs`, the learning rate rising to `peak` in the first twentieth and falling along a cosine."""
    if not epochs:
        return
    _, keras = import_keras()
    steps = len(epochs) * -(-sum(source.per_epoch for source in data.sources) // recipe.batch_size)
    warm_up = max(1, steps // 20)
    rate = keras.optimizers.schedules.CosineDecay(
        peak / 20, steps - warm_up, 0.0, warmup_target=peak, warmup_steps=warm_up
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
        steps_per_execution=8,
    )

    def make(place: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        rng = np.random.default_rng([recipe.seed, epochs[place], variation])
        images, labels = mix(data.sources, rng)
        return augment(images, rng, augmentation)[..., None], labels

    for epoch, (images, labels) in zip(epochs, prepared(make, len(epochs)), strict=True):
        began = time.perf_counter()
        history = model.fit(images, labels, batch_size=recipe.batch_size, verbose=0).history
        figures = [f"{name} {values[-1]:.4f}" for name, values in history.items()]
        figures += [f"{held.name} {_accuracy(model, held, len(data.labels)):.4f}" for held in data.held_out]
        print(f"epoch {epoch + 1}: {', '.join(figures)}, {time.perf_counter() - began:.0f} s", flush=True)


def _accuracy(model: Any, held: HeldOut, classes: int) -> float:
    pictures = held.images[..., None].astype(np.float32) / np.float32(255.0)
    answers = [
        np.asarray(model(pictures[start : start + 500], training=False)).astype(np.float32)[:, :classes].argmax(axis=1)
        for start in range(0, len(pictures), 500)
    ]
    return float(np.mean(np.concatenate(answers) == held.labels))


def _kept(path: Path) -> Weights:
    try:
        return unpack_weights(path.read_bytes())
    except OSError as error:
        raise read_error(path, error) from error


def main(arguments: list[str] | None = None) -> int:
    """Train a model, or finish one from weights that were kept; the exit code."""
    defaults = ShippedRecipe()
    parser = argparse.ArgumentParser(description=tr("Train a model that comes with the program"))
    parser.add_argument("model", choices=tuple(MODELS))
    parser.add_argument("--out", type=Path, required=True, help=tr("the model's folder"))
    parser.add_argument("--epochs", type=int, default=defaults.epochs)
    parser.add_argument("--settling", type=int, default=defaults.settling)
    parser.add_argument("--settling-seed", type=int, default=defaults.settling_seed)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("RECOGNIZER_DATASETS"),
        help=tr("the folder with mnist, pendigits and unipen; RECOGNIZER_DATASETS if not given"),
    )
    parser.add_argument("--keep-weights", type=Path, help=tr("where the trained weights are written as well"))
    parser.add_argument("--from-weights", type=Path, help=tr("weights that were kept; nothing is trained"))
    parser.add_argument(
        "--settle-from", type=Path, help=tr("weights that were kept before settling; only that is trained")
    )
    parser.add_argument("--profile", help=tr("the profile in which MNIST is looked for"))
    options = parser.parse_args(arguments)
    recipe = ShippedRecipe(
        options.model,
        options.epochs,
        settling=options.settling,
        settling_seed=options.settling_seed,
        seed=options.seed,
        augmentation=AUGMENTATIONS[options.model],
    )
    try:
        if options.data is None:
            raise RecognizerError(
                tr("The folder with the ink is not named"),
                where="--data",
                fix=tr("Name the folder that holds mnist, pendigits and unipen"),
            )
        data = MODELS[recipe.model](open_profile(options.profile), options.data, recipe.seed)
        if options.from_weights is not None:
            weights = _kept(options.from_weights)
        else:
            weights = train(recipe, data, _kept(options.settle_from) if options.settle_from else None)
        if options.keep_weights is not None:
            write_atomic(options.keep_weights, pack_weights(weights))
        metrics = release(recipe.to_dict(), NETWORKS[recipe.model], weights, data, options.out.absolute())
    except RecognizerError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print({name: value for name, value in metrics.items() if name != "confusion"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
