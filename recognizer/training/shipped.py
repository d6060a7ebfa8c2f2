"""The model that comes with the program: `python -m recognizer.training.shipped --out models/digits`.

Trained on MNIST's training split alone, varied by `augment`, together with synthetic drawings that are no digits, for
which every class is to be equally probable. MNIST's last 5,000 training samples are held out to choose the reject
rule; its test split is judged once, at the end.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr
from recognizer.base.paths import open_profile
from recognizer.inference.classifier import Classifier
from recognizer.inference.judge import judge
from recognizer.inference.reject import RejectRule
from recognizer.ink.synthesis import non_digits
from recognizer.library.dataset import Dataset, Split
from recognizer.library.sources import load_dataset
from recognizer.training.augment import Augmentation, augment
from recognizer.training.checkpoint import Weights, pack_weights, unpack_weights
from recognizer.training.export import check_same, stage_model, to_litert
from recognizer.training.network import build_network
from recognizer.training.runtime import import_keras

TITLE: Final = "Digits"
VALIDATION: Final = 5_000
_HELD_OUT_SEED: Final = 900_000
_POOL: Final = 60_000
_FLOAT16_DIFFERENCE: Final = 0.01
NETWORK: Final[tuple[dict[str, Any], ...]] = (
    {"type": "conv", "filters": 24, "size": 5, "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "max_pool", "size": 2},
    {"type": "conv", "filters": 48, "size": 3, "padding": "same", "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "conv", "filters": 48, "size": 3, "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "max_pool", "size": 2},
    {"type": "conv", "filters": 96, "size": 3, "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "flatten"},
    {"type": "dropout", "rate": 0.4},
    {"type": "dense", "units": 0, "activation": "softmax"},
)


@dataclass(frozen=True, slots=True)
class ShippedRecipe:
    """Everything that shapes the shipped model.

    Attributes:
        epochs: How often all training samples are seen, each time varied anew.
        batch_size: Samples a step.
        learning_rate: At its height, after the first twentieth; it falls to 0 along a cosine.
        weight_decay: Of AdamW.
        non_digits: For each digit of an epoch, so many drawings that are none.
        seed: Of weights, order, variation and synthesis.
        augmentation: How far pictures are varied.
    """

    epochs: int = 14
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    non_digits: float = 0.2
    seed: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {**asdict(self), "network": list(NETWORK)}


def train(
    recipe: ShippedRecipe, images: NDArray[np.uint8], labels: NDArray[np.int64], held_out: int = VALIDATION
) -> Weights:
    """The weights after training; the last `held_out` samples are only looked at between epochs.

    Args:
        recipe: How.
        images: (n, 28, 28) uint8 digits.
        labels: (n,) class indices 0 to 9.
        held_out: How many samples at the end are not trained on.
    """
    _, keras = import_keras()
    keras.utils.set_random_seed(recipe.seed)
    model = build_network(NETWORK, 10)
    n = len(images) - held_out
    steps = recipe.epochs * -(-round(n * (1 + recipe.non_digits)) // recipe.batch_size)
    warm_up = max(1, steps // 20)
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20, steps - warm_up, 0.0, warmup_target=recipe.learning_rate, warmup_steps=warm_up
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay),
        "categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    check = images[n:, :, :, None].astype(np.float32) / np.float32(255.0), np.eye(10, dtype=np.float32)[labels[n:]]
    for epoch, (pictures, targets) in enumerate(_varied(recipe, images[:n], labels[:n])):
        began = time.perf_counter()
        history = model.fit(
            pictures,
            targets,
            batch_size=recipe.batch_size,
            epochs=epoch + 1,
            initial_epoch=epoch,
            validation_data=check if held_out else None,
            validation_batch_size=500,
            verbose=0,
        ).history
        figures = ", ".join(f"{name} {values[-1]:.4f}" for name, values in history.items())
        print(f"epoch {epoch + 1}: {figures}, {time.perf_counter() - began:.0f} s", flush=True)
    return model.get_weights()


def _varied(
    recipe: ShippedRecipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Each epoch's pictures and soft targets, made while the epoch before is trained on."""
    count = round(len(images) * recipe.non_digits)
    pool = non_digits(min(_POOL, count * recipe.epochs), recipe.seed) if count else images[:0]
    targets = np.concatenate([np.eye(10, dtype=np.float32)[labels], np.full((count, 10), 0.1, np.float32)])

    def make(epoch: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rng = np.random.default_rng([recipe.seed, epoch])
        others = pool[rng.choice(len(pool), count, replace=False)] if count else pool
        order = rng.permutation(len(targets))
        mixed = np.concatenate([images, others])[order]
        return augment(mixed, rng, recipe.augmentation)[..., None], targets[order]

    with ThreadPoolExecutor(1) as maker:
        following = maker.submit(make, 0)
        for epoch in range(recipe.epochs):
            current = following.result()
            if epoch + 1 < recipe.epochs:
                following = maker.submit(make, epoch + 1)
            yield current


def finish(recipe: ShippedRecipe, weights: Weights, data: Dataset, out: Path) -> dict[str, Any]:
    """Export the trained network, choose its reject rule, judge it on the test split, write the model folder.

    Returns:
        The metrics that `model.json` holds.
    """
    model = build_network(NETWORK, 10)
    model.set_weights(weights)
    network = to_litert(model, optimize="float16")
    train_split, test_split = data.indices((Split.TRAIN,)), data.indices((Split.TEST,))
    fitted, held_out = train_split[:-VALIDATION], train_split[-VALIDATION:]
    details: dict[str, Any] = {
        "id": out.name,
        "parameters": model.count_params(),
        "training": {
            "recipe": recipe.to_dict(),
            "data": {"name": data.name, "title": data.title, "source": data.source},
            "samples": {"train": len(fitted), "validation": len(held_out), "test": len(test_split)},
            "command": "python -m recognizer.training.shipped --out models/digits"
            f" --epochs {recipe.epochs} --seed {recipe.seed}",
        },
    }

    def stage(rule: RejectRule) -> Classifier:
        return Classifier(
            stage_model(out, network, title=TITLE, labels=data.label_set.names, reject=rule, details=details)
        )

    classifier = stage(RejectRule())
    difference = check_same(model, classifier, data.images[held_out[:256]], _FLOAT16_DIFFERENCE)
    others = non_digits(2_000, _HELD_OUT_SEED)
    rule = choose_rule(classifier, data.images[held_out], others)
    classifier = stage(rule)
    report = judge(classifier, data.images[test_split], data.labels[test_split], data.label_set).report
    checked = judge(classifier, data.images[held_out], data.labels[held_out], data.label_set).report
    unseen = non_digits(2_000, _HELD_OUT_SEED + 1)
    verdicts = rule.verdicts(unseen, classifier.predict_proba(unseen))
    details["metrics"] = {
        "accuracy": report.accuracy,
        "n": report.n,
        "split": "test",
        "rejected": report.rejected,
        "confusion": report.confusion.counts.tolist(),
        "validation_accuracy": checked.accuracy,
        "non_digits_sure": sum(verdict == "sure" for verdict in verdicts) / len(verdicts),
        "difference_to_keras": difference,
    }
    stage(rule)
    return details["metrics"]


def choose_rule(classifier: Classifier, digits: NDArray[np.uint8], others: NDArray[np.uint8]) -> RejectRule:
    """A reject rule that loses at most 0.5 % of held-out digits and doubts at most 2 %."""
    best = np.sort(classifier.predict_proba(digits).max(axis=1))
    reject_below = min(float(best[int(0.003 * len(best))]), 0.6)
    unsure_below = min(float(best[int(0.018 * len(best))]), 0.95)
    return RejectRule(reject_below=round(reject_below, 3), unsure_below=round(max(unsure_below, reject_below), 3))


def main(arguments: list[str] | None = None) -> int:
    """Train the model, or finish one from weights that were kept; the exit code."""
    defaults = ShippedRecipe()
    parser = argparse.ArgumentParser(description=tr("Train the model that comes with the program"))
    parser.add_argument("--out", type=Path, required=True, help=tr("the model's folder"))
    parser.add_argument("--epochs", type=int, default=defaults.epochs)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--profile", help=tr("the profile in which MNIST is looked for"))
    parser.add_argument("--keep-weights", type=Path, help=tr("where the trained weights are written as well"))
    parser.add_argument("--from-weights", type=Path, help=tr("weights that were kept; nothing is trained"))
    options = parser.parse_args(arguments)
    recipe = ShippedRecipe(epochs=options.epochs, seed=options.seed)
    try:
        data = load_dataset("mnist", open_profile(options.profile))
        if options.from_weights is not None:
            try:
                weights = unpack_weights(options.from_weights.read_bytes())
            except OSError as error:
                raise read_error(options.from_weights, error) from error
        else:
            chosen = data.indices((Split.TRAIN,))
            weights = train(recipe, data.images[chosen], data.labels[chosen])
        if options.keep_weights is not None:
            write_atomic(options.keep_weights, pack_weights(weights))
        metrics = finish(recipe, weights, data, options.out.absolute())
    except RecognizerError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print({name: value for name, value in metrics.items() if name != "confusion"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
