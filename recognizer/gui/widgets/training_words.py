"""What networks, learning rates and optimisers are called, in the user's language."""

from typing import Final

from recognizer.base.i18n import ntr, tr
from recognizer.training.presets import PRESETS
from recognizer.training.recipe import Recipe

OPTIMIZER_NAMES: Final = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}


def preset_summary(name: str) -> str:
    """What the preset or method `name` is."""
    known = {
        "dense": tr("one hidden layer of 128"),
        "cnn": tr("two convolutions"),
        "lenet5": tr("the network of 1998"),
        "residual": tr("a small residual network"),
        "separable": tr("few parameters"),
        "shipped": tr("that of the model for digits"),
        "dense-fast": tr("in large steps"),
        "cnn-fast": tr("in large steps"),
        "logistic": tr("logistic regression"),
        "knn": tr("the nearest neighbours"),
        "forest": tr("a random forest"),
        "svm": tr("support vectors, RBF kernel"),
    }
    return known.get(name) or PRESETS[name].summary


def layers_words(recipe: Recipe) -> str:
    """How large a network is."""
    return ntr("{n} layer", "{n} layers", len(recipe))


def schedule_words(name: str) -> tuple[str, str]:
    """What a schedule of the learning rate is called, and what it does."""
    known = {
        "constant": (tr("constant"), tr("The same rate from the first step to the last")),
        "cosine": (tr("cosine: falls slowly to 0"), tr("The rate falls along half a cosine until the last epoch")),
        "one-cycle": (
            tr("one cycle: up, then down"),
            tr("The rate rises for the first three tenths and falls then; it allows a rate ten times as large"),
        ),
        "plateau": (
            tr("halved on a plateau"),
            tr("The rate is halved whenever two epochs have brought no smaller loss"),
        ),
    }
    return known.get(name, (name, ""))
