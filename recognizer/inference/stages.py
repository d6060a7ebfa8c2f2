"""A network at one picture, taken apart into the steps that it takes: what goes into each, and what comes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.inference.forward import forward, residual_branches

Floats = NDArray[np.float32]
Recipe = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One step of a network.

    Attributes:
        kind: Its type, as recipes name it.
        number: Among those of its kind, counted from 1.
        layer: Of the recipe that it belongs to, counted from 1.
        entry: How it is set.
        weights: float32, its own, in Keras' order.
        before: (h, w, c) or (n,) float32, what goes in.
        after: (h, w, c) or (n,) float32, what comes out.
        branches: Of a residual block: what its convolutions give, and what takes the shortcut; both as `after`.
    """

    kind: str
    number: int
    layer: int
    entry: dict[str, Any]
    weights: tuple[Floats, ...]
    before: Floats
    after: Floats
    branches: tuple[Floats, ...] = ()

    @property
    def geometry(self) -> tuple[int, int, str]:
        """Side of the window, pixels from one to the next, and padding; 1, 1 where it looks at single pixels."""
        size = self.entry.get("size", 1)
        is_pool = self.kind in ("max_pool", "average_pool")
        return size, self.entry.get("strides", 0) or (size if is_pool else 1), self.entry.get("padding", "valid")

    @property
    def padding_before(self) -> tuple[int, int]:
        """How many pixels of padding are above and at the left."""
        size, strides, padding = self.geometry
        if padding != "same":
            return 0, 0
        rows, columns = (max((-(-n // strides) - 1) * strides + size - n, 0) // 2 for n in self.before.shape[:2])
        return rows, columns


def stages(recipe: Recipe, weights: Sequence[NDArray], picture: NDArray[np.uint8]) -> list[Stage]:
    """The steps by which a network comes to its answer.

    An activation is a step of its own, a separable convolution is two; dropout, which does nothing then, is left out.

    Args:
        recipe: Layers in their order, as `recognizer.training.recipe` describes them.
        weights: In Keras' order.
        picture: (h, w) uint8, 0 the ground and 255 full ink.

    Raises:
        RecognizerError: Recipe and weights do not fit together.
    """
    try:
        parts = _taken_apart(recipe)
        outputs = forward([entry for _, entry in parts], weights, picture[None])
        found: list[Stage] = []
        numbers: dict[str, int] = {}
        left = [np.asarray(array, np.float32) for array in weights]
        before: Floats = picture[..., None].astype(np.float32) / np.float32(255)
        for (layer, entry), batch in zip(parts, outputs, strict=True):
            kind = str(entry["type"])
            numbers[kind] = numbers.get(kind, 0) + 1
            count = _weight_count(entry, before)
            own, left = tuple(left[:count]), left[count:]
            branches: tuple[Floats, ...] = ()
            if kind == "residual":
                branches = tuple(each[0] for each in residual_branches(entry, before[None], iter(own)))
            after: Floats = batch[0]
            found.append(Stage(kind, numbers[kind], layer, entry, own, before, after, branches))
            before = after
    except (ValueError, KeyError, IndexError, StopIteration) as error:
        raise RecognizerError(
            tr("The weights of the model do not fit its recipe"),
            where=" ".join(str(error).split())[:200],
            fix=tr("Choose another model, or train it again"),
        ) from error
    return found


def _taken_apart(recipe: Recipe) -> list[tuple[int, dict[str, Any]]]:
    """The same network with a layer for every step, each with the number of the layer that it is of."""
    parts: list[tuple[int, dict[str, Any]]] = []
    for number, layer in enumerate(recipe, start=1):
        entry = {name: value for name, value in layer.items() if name != "activation"}
        match entry["type"]:
            case "dropout":
                continue
            case "separable_conv":
                alone = {name: entry[name] for name in ("size", "strides", "padding") if name in entry}
                parts.append((number, alone | {"type": "depthwise_conv", "use_bias": False}))
                mixing = {"type": "conv", "filters": entry["filters"], "size": 1}
                parts.append((number, mixing | {"use_bias": entry.get("use_bias", True)}))
            case _:
                parts.append((number, entry))
        function = layer.get("activation", "linear")
        if function != "linear":
            parts.append((number, {"type": "activation", "function": function}))
    return parts


def _weight_count(entry: dict[str, Any], before: Floats) -> int:
    match entry["type"]:
        case "conv" | "depthwise_conv" | "dense":
            return 1 + bool(entry.get("use_bias", True))
        case "batch_norm":
            return 4
        case "residual":
            has_projection = entry.get("strides", 1) != 1 or before.shape[-1] != entry["filters"]
            return 15 if has_projection else 10
        case _:
            return 0
