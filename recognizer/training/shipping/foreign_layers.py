"""Which Keras layers may come in from a foreign file, and what becomes of each in a recipe.

Everything is a table of names and of values that they may have; nothing that a file says is looked up in a module.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from recognizer.base.i18n import tr
from recognizer.training.shipping.onnx_graph import ACTIVATIONS

Check = Callable[[Any], Any]
"""Gives a value in the form that recipes have; ValueError where it is not allowed."""
_NEEDED: Final = object()
_MOST_FILTERS: Final = 4096
_MOST_UNITS: Final = 65_536
_GREY: Final = 1 / 255


@dataclass(frozen=True, slots=True)
class Known:
    """A layer that may come in.

    Attributes:
        kind: Its type in a recipe; empty for one that does nothing once a network is trained.
        stored: The first part of its group's name in the file of weights.
        parameters: By Keras' name: the recipe's name, what checks the value, and the value that need not be said.
        only: Values that other parameters must have, the first one being what they have where nothing is said.
        fixed: What a recipe says of every such layer.
    """

    kind: str
    stored: str
    parameters: Mapping[str, tuple[str, Check, Any]] = field(default_factory=dict)
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)


def entry_of(known: Known, config: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's entry for a layer with the settings `config`.

    Raises:
        ValueError: A setting is missing or has a value that is not allowed.
    """
    check_precision(config.get("dtype"))
    entry: dict[str, Any] = {"type": known.kind, **known.fixed}
    for name, value in config.items():
        if name in known.parameters:
            target, check, usual = known.parameters[name]
            try:
                checked = check(value)
            except (TypeError, ValueError, OverflowError) as error:
                raise ValueError(said(name, value)) from error
            if checked != usual or type(checked) is not type(usual):
                entry[target] = checked
        elif name in known.only:
            if not any(value == allowed and type(value) is type(allowed) for allowed in known.only[name]):
                raise ValueError(said(name, value))
        elif name not in _FOR_TRAINING and not name.endswith(_ENDINGS) and value is not None and value is not False:
            raise ValueError(said(name, value))
    missing = [name for name, (_, _, usual) in known.parameters.items() if usual is _NEEDED and name not in config]
    if missing:
        raise ValueError(tr("“{name}” is missing", name=missing[0]))
    return entry


def said(name: str, value: Any) -> str:
    """A setting of a foreign file in words of bounded length."""
    return f"{shown(name)} = {shown(value)}"


def shown(value: Any) -> str:
    """Anything out of a foreign file, on one line and not too long."""
    text = value if isinstance(value, str) and value.isidentifier() else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def check_precision(dtype: Any) -> None:
    """Raise ValueError where a layer does not calculate in float32."""
    if isinstance(dtype, dict):
        settings = dtype.get("config")
        dtype = settings.get("name") if isinstance(settings, dict) and dtype.get("class_name") == "DTypePolicy" else "?"
    if dtype not in (None, "float32"):
        raise ValueError(said("dtype", dtype))


_FOR_TRAINING: Final = frozenset(
    {"name", "trainable", "dtype", "seed", "momentum", "renorm_momentum", "rate", "stddev"}
)
"""Settings without a meaning once a network is trained; they are not even looked at."""
_ENDINGS: Final = ("_initializer", "_regularizer", "_constraint")


def _whole(most: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int or not 1 <= value <= most:
            raise ValueError
        return value

    return check


def _sides(value: Any) -> int | list[int]:
    """Two sides in pixels; one number where they are the same."""
    sides = [value, value] if type(value) is int else value
    if (
        not isinstance(sides, list)
        or len(sides) != 2
        or not all(type(side) is int and 1 <= side <= 64 for side in sides)
    ):
        raise ValueError
    return sides[0] if sides[0] == sides[1] else sides


def _switch(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _word(*allowed: str) -> Check:
    def check(value: Any) -> str:
        # Of another type, it would be a function's description.
        if not isinstance(value, str) or value not in allowed:
            raise ValueError
        return value

    return check


def _function(value: Any) -> str:
    return "linear" if value is None else str(_word(*ACTIVATIONS)(value))


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 1:
        raise ValueError
    return float(value)


def _tiny(value: Any) -> float:
    if type(value) is not float or not 0 < value <= 0.1:
        raise ValueError
    return value


def _last_axis(value: Any) -> int:
    """The last one, which is number 3 where there are four."""
    axis = value[0] if isinstance(value, list) and len(value) == 1 else value
    if type(axis) is not int or axis not in (-1, 3):
        raise ValueError
    return -1


_LAST: Final = {"data_format": ("channels_last", None)}
_BIAS: Final = {"use_bias": ("use_bias", _switch, True), "activation": ("activation", _function, "linear")}
_WINDOW: Final = {
    "strides": ("strides", _sides, 1),
    "padding": ("padding", _word("valid", "same"), "valid"),
    "dilation_rate": ("dilation_rate", _sides, 1),
    "kernel_size": ("size", _sides, _NEEDED),
    **_BIAS,
}
_FILTERS: Final = {"filters": ("filters", _whole(_MOST_FILTERS), _NEEDED)}
_MULTIPLIER: Final = {"depth_multiplier": ("depth_multiplier", _whole(_MOST_FILTERS), 1)}
_POOL: Final = {
    "pool_size": ("size", _sides, _NEEDED),
    "strides": ("strides", lambda value: None if value is None else _sides(value), None),
    "padding": ("padding", _word("valid", "same"), "valid"),
}

CLASSES: Final[dict[str, Known]] = {
    "Flatten": Known("flatten", "flatten", only=_LAST),
    "Dense": Known("dense", "dense", {"units": ("units", _whole(_MOST_UNITS), _NEEDED), **_BIAS}),
    "Conv2D": Known(
        "conv", "conv2d", {**_WINDOW, **_FILTERS, "groups": ("groups", _whole(_MOST_FILTERS), 1)}, only=_LAST
    ),
    "DepthwiseConv2D": Known("depthwise_conv", "depthwise_conv2d", {**_WINDOW, **_MULTIPLIER}, only=_LAST),
    "SeparableConv2D": Known("separable_conv", "separable_conv2d", {**_WINDOW, **_FILTERS, **_MULTIPLIER}, only=_LAST),
    "MaxPooling2D": Known("max_pool", "max_pooling2d", _POOL, only=_LAST),
    "AveragePooling2D": Known("average_pool", "average_pooling2d", _POOL, only=_LAST),
    "GlobalAveragePooling2D": Known(
        "global_average_pool", "global_average_pooling2d", only={**_LAST, "keepdims": (False,)}
    ),
    "BatchNormalization": Known(
        "batch_norm",
        "batch_normalization",
        {
            "axis": ("axis", _last_axis, -1),
            "epsilon": ("epsilon", _tiny, 1e-3),
            "center": ("center", _switch, True),
            "scale": ("scale", _switch, True),
        },
        only={"synchronized": (False, True)},
    ),
    "Activation": Known("activation", "activation", {"activation": ("function", _function, _NEEDED)}),
    "ReLU": Known(
        "activation",
        "re_lu",
        only={"max_value": (None,), "negative_slope": (0.0, 0), "threshold": (0.0, 0)},
        fixed={"function": "relu"},
    ),
    "Softmax": Known("activation", "softmax", only={"axis": (-1,)}, fixed={"function": "softmax"}),
    "Dropout": Known("dropout", "dropout", {"rate": ("rate", _share, _NEEDED)}),
    "SpatialDropout2D": Known("", "spatial_dropout2d", only=_LAST),
    "GaussianNoise": Known("", "gaussian_noise"),
    "GaussianDropout": Known("", "gaussian_dropout"),
    "Add": Known("add", "add"),
}
"""By the names of their classes; what is not here does not come in."""

RUNS_CODE: Final = frozenset({"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"})
"""Layers whose settings are code, or name some."""


def is_grey_scale(config: Mapping[str, Any]) -> bool:
    """Whether a `Rescaling` layer makes of grey levels what the program's networks take anyway."""
    scale, offset = config.get("scale"), config.get("offset", 0)
    if not isinstance(scale, int | float) or not isinstance(offset, int | float):
        return False
    return math.isclose(scale, _GREY, rel_tol=1e-5) and offset == 0
