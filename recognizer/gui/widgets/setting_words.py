"""What parts the settings of several runs, in the words of the training form."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from recognizer.base.i18n import tr
from recognizer.gui.widgets.training_words import OPTIMIZER_NAMES, layers_words, schedule_words
from recognizer.training.config import BASELINES, TrainingConfig
from recognizer.training.run_comparison import differing_settings
from recognizer.training.run_records import network_title

_OF_ALL: Final = frozenset({"preset", "seed", "validation_share"})
"""What means something to methods that are no networks, too."""
NOTHING: Final = "–"

Row = tuple[str, tuple[str, ...]]


def setting_rows(configs: Sequence[TrainingConfig]) -> list[Row]:
    """Each setting that is not the same in all of `configs`: what the form calls it, and its value in each."""
    rows: list[Row] = []
    for name, _ in differing_settings(configs):
        if name == "augmentation":
            rows += _variation_rows(configs)
            continue
        values = tuple(
            NOTHING
            if config.preset in BASELINES and not config.layers and name not in _OF_ALL
            else _value(config, name)
            for config in configs
        )
        if len(set(values)) > 1:
            rows.append((_titles()[name], values))
    return rows


def _titles() -> dict[str, str]:
    return {
        "preset": tr("Model"),
        "epochs": tr("Epochs"),
        "batch_size": tr("Batch size"),
        "learning_rate": tr("Learning rate"),
        "optimizer": tr("Optimiser"),
        "seed": tr("Seed"),
        "validation_share": tr("Validation"),
        "schedule": tr("Course of the learning rate"),
        "momentum": tr("Momentum"),
        "class_weights": tr("Rare classes count for more"),
        "label_smoothing": tr("Label smoothing"),
        "patience": tr("Stop early after … epochs without gain"),
        "deterministic": tr("Exactly repeatable"),
        "layers": tr("Layers"),
    }


def _value(config: TrainingConfig, name: str) -> str:
    value = getattr(config, name)
    words: dict[str, Callable[[], str]] = {
        "preset": lambda: network_title(value),
        "optimizer": lambda: OPTIMIZER_NAMES.get(value, value),
        "validation_share": lambda: f"{100 * value:g} %",
        "schedule": lambda: schedule_words(value)[0],
        "patience": lambda: f"{value:,}" if value else tr("never"),
        "layers": lambda: layers_words(config.recipe),
    }
    if name in words:
        return words[name]()
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _variation_rows(configs: Sequence[TrainingConfig]) -> list[Row]:
    """Whether the pictures are varied; how far, amount by amount, where all are."""
    amounts = [config.augmentation for config in configs]
    if any(one is None for one in amounts):
        values = tuple(_plain(one is not None) for one in amounts)
        return [(tr("Vary the pictures"), values)] if len(set(values)) > 1 else []
    dicts = [one.to_dict() for one in amounts if one is not None]
    rows = ((name, tuple(f"{one[name]:g}" for one in dicts)) for name in dicts[0])
    return [
        (tr("{name}: {value}", name=tr("Vary the pictures"), value=_amount_words(name)), values)
        for name, values in rows
        if len(set(values)) > 1
    ]


def _amount_words(name: str) -> str:
    words = {
        "rotation": tr("Rotation"),
        "shear": tr("Slant"),
        "zoom": tr("Size"),
        "shift": tr("Place"),
        "bend": tr("Bends"),
        "thin": tr("Thinner pen"),
        "thick": tr("Thicker pen"),
        "blur": tr("Blur"),
        "noise": tr("Noise"),
    }
    return words.get(name, name)
