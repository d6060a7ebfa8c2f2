"""From the `config.json` of a foreign `.keras` file to a recipe: a chain of allowed layers, with residual blocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from recognizer.base.i18n import tr
from recognizer.training.network import Recipe
from recognizer.training.shipping.foreign_layers import (
    CLASSES,
    RUNS_CODE,
    check_precision,
    entry_of,
    is_grey_scale,
    said,
    shown,
)

MAX_LAYERS: Final = 500
_MODELS: Final = {
    "Sequential": ("keras", "keras.models", "keras.src.models.sequential"),
    "Functional": ("keras", "keras.models", "keras.src.models.functional"),
}
_PICTURES: Final = ([None, 28, 28], [None, 28, 28, 1], [None, 784])
_SHAPES: Final = ([28, 28], [28, 28, 1], [784], [-1], [28, 28, -1])


@dataclass(frozen=True, slots=True)
class Network:
    """What the file describes.

    Attributes:
        recipe: Its layers; the last dense one has 0 units, which stands for the number of classes.
        groups: The names under which the arrays of each entry are stored, in the order of the entry's arrays.
        classes: How many outputs it has.
        adds_softmax: Whether it gave scores, which the recipe makes probabilities.
    """

    recipe: Recipe
    groups: tuple[tuple[str, ...], ...]
    classes: int
    adds_softmax: bool


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer of the file: its number, its class, its settings as a recipe's entry, where its arrays are stored."""

    number: int
    name: str
    kind: str
    entry: dict[str, Any]
    group: str
    before: tuple[str, ...]


def network_of(document: Any) -> Network:
    """Read a `config.json`.

    Raises:
        ValueError: It describes something that may not come in; in words.
    """
    top = _mapping(document, "config.json")
    kind = top.get("class_name")
    if kind not in _MODELS or top.get("module") not in _MODELS[kind] or top.get("registered_name") not in (None, kind):
        raise ValueError(
            tr(
                "its model is of the class {name} of {module}; only Sequential and Functional models of Keras come in",
                name=shown(top.get("class_name")),
                module=shown(top.get("module")),
            )
        )
    config = _mapping(top.get("config"), kind)
    check_precision(config.get("dtype"))
    listed = config.get("layers")
    if not isinstance(listed, list) or not 2 <= len(listed) <= MAX_LAYERS:
        raise ValueError(tr("it has no layers, or more than {most}", most=MAX_LAYERS))
    used: dict[str, int] = {}
    layers = [_layer(number, each, used) for number, each in enumerate(listed, start=1)]
    if layers[0].kind != "input" or any(layer.kind == "input" for layer in layers[1:]):
        raise ValueError(tr("it does not begin with one input; save it after it has been built"))
    if len({layer.name for layer in layers}) < len(layers):
        raise ValueError(tr("two of its layers have the same name"))
    chain = _unbranched(layers) if kind == "Functional" else [([layer], layer.entry) for layer in layers[1:]]
    return _ended(chain)


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(tr("{name} is damaged", name=name))
    return value


def _layer(number: int, description: Any, used: dict[str, int]) -> _Layer:
    found = _mapping(description, tr("layer {number}", number=number))
    name, module, registered = (found.get(key) for key in ("class_name", "module", "registered_name"))
    config = _mapping(found.get("config"), tr("layer {number}", number=number))
    own = config.get("name")
    if isinstance(name, str) and name in RUNS_CODE:
        raise ValueError(tr("layer {number}, {name}, would run code of the file", number=number, name=name))
    if module != "keras.layers" or registered not in (None, name):
        what = shown(registered or module)
        raise ValueError(
            tr("layer {number}, {name}, is not Keras' own ({what})", number=number, name=shown(name), what=what)
        )
    if not isinstance(own, str) or len(own) > 200:
        raise ValueError(tr("layer {number} has no name", number=number))
    before = _before(found.get("inbound_nodes"), number)
    try:
        if name == "InputLayer":
            return _Layer(number, own, "input", _input(config), "", before)
        if name == "Rescaling":
            if not is_grey_scale(config):
                raise ValueError(said("scale", config.get("scale")))
            return _Layer(number, own, "start", {}, "", before)
        if name == "Reshape":
            if config.get("target_shape") not in _SHAPES:
                raise ValueError(said("target_shape", config.get("target_shape")))
            is_flat = len(config["target_shape"]) == 1
            return _Layer(number, own, "start", {"type": "flatten"} if is_flat else {}, "", before)
        known = CLASSES.get(name) if isinstance(name, str) else None
        if known is None:
            raise ValueError(tr("it is not among those that may come in"))
        entry = entry_of(known, config)
    except ValueError as error:
        raise ValueError(
            tr("layer {number}, {name}: {problem}", number=number, name=shown(name), problem=error)
        ) from error
    if entry.get("strides") == entry.get("size") and known.kind.endswith("_pool"):
        entry.pop("strides", None)
    count = used.get(known.stored, 0)
    used[known.stored] = count + 1
    group = f"{known.stored}_{count}" if count else known.stored
    return _Layer(number, own, known.kind, entry, group, before)


def _input(config: Mapping[str, Any]) -> dict[str, Any]:
    """The entry that an input begins the recipe with; empty where it takes pictures."""
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    check_precision(config.get("dtype"))
    if shape not in _PICTURES:
        raise ValueError(tr("the input is {shape}; pictures are 28×28 grey levels", shape=shown(shape)))
    return {"type": "flatten"} if len(shape) == 2 else {}


def _before(nodes: Any, number: int) -> tuple[str, ...]:
    """The names of the layers whose results a layer of a Functional model takes."""
    if not nodes:
        return ()
    bad = ValueError(tr("layer {number} is connected in a way that may not come in", number=number))
    if not isinstance(nodes, list) or len(nodes) != 1 or not isinstance(nodes[0], dict):
        raise bad
    arguments, named = nodes[0].get("args"), nodes[0].get("kwargs", {})
    if not isinstance(named, dict) or any(value is not None and value is not False for value in named.values()):
        raise bad
    given = arguments[0] if isinstance(arguments, list) and len(arguments) == 1 else None
    names = []
    for tensor in given if isinstance(given, list) else [given]:
        history = tensor.get("config", {}).get("keras_history") if isinstance(tensor, dict) else None
        if (
            not isinstance(history, list)
            or len(history) != 3
            or not isinstance(history[0], str)
            or history[1:] != [0, 0]
        ):
            raise bad
        names.append(history[0])
    return tuple(names)


_Chain = list[tuple[list[_Layer], dict[str, Any]]]


def _unbranched(layers: list[_Layer]) -> _Chain:
    """The layers of a Functional model one after the other; residual blocks are one."""
    after: dict[str, list[_Layer]] = {layer.name: [] for layer in layers}
    for layer in layers:
        for name in layer.before:
            if name not in after:
                raise ValueError(tr("layer {number} is connected in a way that may not come in", number=layer.number))
            after[name].append(layer)
    chain: _Chain = []
    at, left = layers[0], len(layers) - 1
    while after[at.name]:
        followers = after[at.name]
        # A circle is longer than all layers together.
        if left <= 0:
            raise _branched(at)
        if len(followers) == 1 and followers[0].kind != "add":
            at, left = followers[0], left - 1
            chain.append(([at], at.entry))
        else:
            parts, entry, at = _residual(at, followers, after)
            left -= len(parts)
            chain.append(([part for part in parts if part.kind in ("conv", "batch_norm")], entry))
    if left:
        raise _branched(at)
    return chain


def _branched(layer: _Layer) -> ValueError:
    return ValueError(
        tr(
            "it branches after layer {number}; only residual blocks as the program makes them come in",
            number=layer.number,
        )
    )


def _residual(
    start: _Layer, followers: list[_Layer], after: Mapping[str, list[_Layer]]
) -> tuple[list[_Layer], dict[str, Any], _Layer]:
    """The layers of a residual block, those with arrays in the order of the recipe's; its entry; and its last layer."""
    branches = [_until_add(follower, after) for follower in followers]
    branches.sort(key=len, reverse=True)
    # Pixels are left out by a pooling of 1×1, as this program has it, or by the shortcut's convolution itself.
    picks = branches[-1].pop(0) if branches[-1][0].kind == "max_pool" else None
    kinds = [[layer.kind for layer in branch] for branch in branches]
    norm = ["conv", "batch_norm"]
    if (
        len(branches) != 2
        or kinds[0] != [*norm, "activation", *norm, "add"]
        or kinds[1] not in (["add"], [*norm, "add"])
    ):
        raise _branched(start)
    main, short = branches
    add, ends = main[-1], after[main[-1].name]
    if short[-1] is not add or len(add.before) != 2 or len(ends) != 1:
        raise _branched(start)
    first, second, last = main[0].entry, main[3].entry, ends[0]
    filters, strides = first["filters"], first.get("strides", 1)
    relu = {"type": "activation", "function": "relu"}
    plain = {"type": "conv", "filters": filters, "padding": "same", "use_bias": False}
    moved = {} if strides == 1 else {"strides": strides}
    wanted = [
        (first, {**plain, "size": 3, **moved}),
        (second, {**plain, "size": 3}),
        (main[2].entry, relu),
        (last.entry, relu),
        *((norm_layer.entry, {"type": "batch_norm"}) for norm_layer in (main[1], main[4], *short[1:-1])),
    ]
    if picks is not None:
        wanted.append((picks.entry, {"type": "max_pool", "size": 1, **moved}))
        if len(short) != 3 or not moved:
            raise _branched(start)
    if len(short) == 3:
        wanted.append((short[0].entry, {**plain, "size": 1, **({} if picks is not None else moved)}))
        # With a size of 1, nothing is padded whatever is said.
        wanted[-1][0]["padding"] = "same"
    if any(found != expected for found, expected in wanted):
        raise _branched(start)
    with_arrays = [main[0], main[1], main[3], *short[:1][: len(short) - 1], main[4], *short[1:-1]]
    parts = [*with_arrays, main[2], add, last, *([] if picks is None else [picks])]
    return parts, {"type": "residual", "filters": filters, **moved}, last


def _until_add(layer: _Layer, after: Mapping[str, list[_Layer]]) -> list[_Layer]:
    branch = [layer]
    while branch[-1].kind != "add":
        followers = after[branch[-1].name]
        if len(followers) != 1 or len(branch) > 6:
            raise _branched(branch[-1])
        branch.append(followers[0])
    return branch


def _ended(chain: _Chain) -> Network:
    """The recipe, which begins with what works on pictures and ends with probabilities."""
    recipe: list[dict[str, Any]] = []
    groups: list[tuple[str, ...]] = []
    for parts, entry in chain:
        if parts[0].kind == "start" and any(each["type"] != "flatten" for each in recipe):
            raise ValueError(
                tr("layer {number} changes the form or the range of values in the middle", number=parts[0].number)
            )
        if parts[0].kind == "add":
            raise _branched(parts[0])
        if entry.get("type"):
            recipe.append(dict(entry))
            groups.append(tuple(part.group for part in parts))
    ends = [place for place, entry in enumerate(recipe) if entry["type"] == "dense"]
    if not ends or any(entry["type"] not in ("activation", "dropout") for entry in recipe[ends[-1] + 1 :]):
        raise ValueError(tr("its last layer is not Dense"))
    last = recipe[ends[-1]]
    classes, last["units"] = int(last["units"]), 0
    final = recipe[-1].get("activation" if recipe[-1] is last else "function", "linear")
    functions = [last.get("activation", "linear"), *(each.get("function") for each in recipe[ends[-1] + 1 :])]
    adds_softmax = not any(function not in ("linear", None) for function in functions)
    if adds_softmax:
        last["activation"] = "softmax"
    elif final != "softmax":
        raise ValueError(tr("its outputs are no probabilities: {function}", function=shown(final)))
    return Network(tuple(recipe), tuple(groups), classes, adds_softmax)
