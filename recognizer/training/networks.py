"""Networks that the user has put together and named: a JSON file each in the profile's folder `networks`."""

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic, write_error
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.training.config import CUSTOM, FINE_TUNE
from recognizer.training.presets import PRESETS
from recognizer.training.recipe import MAX_LAYERS, SIZE, LayerTrace, Recipe, layer_traces, trace

MAX_NAME: Final = 40
_MAX_BYTES: Final = 1_000_000
_SUFFIX: Final = ".json"
_FORBIDDEN: Final = '<>:"/\\|?*'
_DEVICES: Final = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))}
"""What Windows keeps for itself, whatever follows after a dot."""


@dataclass(frozen=True, slots=True)
class Network:
    """A named network.

    Attributes:
        name: Its file's name without the ending; two that differ only in capitals are the same.
        layers: The recipe; it need not be one that can be trained yet.
    """

    name: str
    layers: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """What is known of a network's layers.

    Attributes:
        traces: Of the layers before the one that is wrong; of all of them where none is.
        number: Of the layer that is wrong, counted from 1; 0 where none is.
        problem: What is wrong, with that number, in the user's language; empty where nothing is.
    """

    traces: tuple[LayerTrace, ...]
    number: int = 0
    problem: str = ""


def examine(recipe: Recipe, classes: int, size: int = SIZE) -> Examination:
    """What each layer gives and costs, and which one is wrong; never raises.

    Args:
        recipe: Layers in their order.
        classes: How many classes there are.
        size: Side of the pictures, pixels.
    """
    traces: list[LayerTrace] = []
    try:
        for one in layer_traces(recipe[:MAX_LAYERS], classes, size):
            traces.append(one)
    except RecognizerError as error:
        return Examination(tuple(traces), len(traces) + 1, error.where)
    shape = traces[-1].shape if traces else ()
    try:
        trace(recipe, classes, size)
    except RecognizerError as error:
        # The whole is wrong: its end, or its size, which the largest layer has most of.
        last = recipe[-1] if recipe else {}
        has_end = shape == (classes,) and "softmax" in (last.get("activation"), last.get("function"))
        largest = max(range(len(traces)), key=lambda i: (traces[i].parameters, traces[i].multiplies), default=0)
        return Examination(tuple(traces), largest + 1 if has_end else max(len(recipe), 1), error.where)
    return Examination(tuple(traces))


def check_name(name: str) -> str:
    """The name under which a network may be saved, without blanks around it.

    Raises:
        RecognizerError: It is empty, too long, taken by the program, or no file can be called so.
    """
    name = unicodedata.normalize("NFC", name).strip()
    reserved = {FINE_TUNE, CUSTOM, *PRESETS}
    problem = ""
    if not name:
        problem = tr("it is empty")
    elif len(name) > MAX_NAME or len(name.encode()) > 3 * MAX_NAME:
        problem = tr("it has more than {most} characters", most=MAX_NAME)
    elif name.casefold() in reserved:
        problem = tr("the program has a network of this name")
    elif strange := [c for c in name if c in _FORBIDDEN or not (c.isprintable() or c == " ")]:
        problem = tr("it has the character {character}", character=ascii(strange[0]).strip("'"))
    elif name[0] == "." or name[-1] == "." or name.split(".")[0].casefold() in _DEVICES:
        problem = tr("no file can be called so on every computer")
    if problem:
        raise RecognizerError(
            tr("The network cannot have this name"), where=f"“{name[:60]}”: {problem}", fix=tr("Choose another name")
        )
    return name


def list_networks(profile: Profile) -> tuple[list[Network], list[RecognizerError]]:
    """The networks of the profile by their names, and what is wrong with the files that cannot be read.

    Damaged files are left as they are.
    """
    folder = _folder(profile)
    found: list[Network] = []
    problems: list[RecognizerError] = []
    try:
        paths = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda path: (path.stem.casefold(), path.stem))
    except OSError as error:
        return [], [read_error(folder, error)]
    for path in paths:
        if path.name.startswith("."):
            continue
        try:
            found.append(_read(path))
        except RecognizerError as error:
            problems.append(error)
    return found, problems


def load_network(profile: Profile, name: str) -> Network:
    """The network `name`.

    Raises:
        RecognizerError: There is none of this name, or its file is damaged.
    """
    path = _find(profile, check_name(name))
    if path is None:
        known = ", ".join(network.name for network in list_networks(profile)[0]) or "–"
        raise RecognizerError(
            tr("There is no network of this name"), where=name, fix=tr("Choose one of {allowed}", allowed=known)
        )
    return _read(path)


def save_network(profile: Profile, name: str, layers: Recipe, *, replace: bool = False) -> Network:
    """Keep a network under a name.

    Args:
        profile: Whose.
        name: See `check_name`.
        layers: The recipe; it need not be one that can be trained.
        replace: Whether one that has the name already is to be replaced.

    Raises:
        RecognizerError: The name cannot be had, it is taken, or the file cannot be written.
    """
    name = check_name(name)
    old = _find(profile, name)
    if old is not None and not replace:
        raise _taken(old)
    network = Network(name, tuple(dict(entry) for entry in layers))
    path = _folder(profile) / f"{name}{_SUFFIX}"
    write_atomic(path, json.dumps({"layers": list(network.layers)}, indent=1, ensure_ascii=False) + "\n")
    if old is not None and old.name != path.name and not old.samefile(path):
        _unlink(old)
    return network


def rename_network(profile: Profile, name: str, new_name: str) -> Network:
    """Give a network another name.

    Raises:
        RecognizerError: There is no such network, the new name cannot be had or is taken, or the disk refuses.
    """
    new_name = check_name(new_name)
    network = load_network(profile, name)
    old, there = _find(profile, network.name), _find(profile, new_name)
    assert old is not None
    if there is not None and there != old:
        raise _taken(there)
    target = old.with_name(f"{new_name}{_SUFFIX}")
    try:
        old.rename(target)
    except OSError as error:
        raise write_error(target, error) from error
    return Network(new_name, network.layers)


def delete_network(profile: Profile, name: str) -> None:
    """Remove a network; models that were trained of it stay.

    Raises:
        RecognizerError: There is no such network, or its file cannot be removed.
    """
    network = load_network(profile, name)
    path = _find(profile, network.name)
    assert path is not None
    _unlink(path)


def _folder(profile: Profile) -> Path:
    return profile.root / "networks"


def _find(profile: Profile, name: str) -> Path | None:
    """The file of a network, however its name is capitalised."""
    try:
        paths = list(_folder(profile).glob(f"*{_SUFFIX}"))
    except OSError as error:
        raise read_error(_folder(profile), error) from error
    wanted = name.casefold()
    return next((path for path in paths if unicodedata.normalize("NFC", path.stem).casefold() == wanted), None)


def _read(path: Path) -> Network:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError(tr("it is too large"))
        layers = json.loads(path.read_text(encoding="utf-8"))["layers"]
        if not isinstance(layers, list) or not all(isinstance(entry, dict) for entry in layers):
            raise ValueError(tr("it is no list of layers"))
        return Network(check_name(path.stem), tuple(layers))
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RecognizerError(
            tr("The file of a network is damaged; it is left as it is"),
            where=f"{path} ({type(error).__name__}: {str(error)[:200]})",
            fix=tr("Mend it, or put it away"),
        ) from error


def _taken(path: Path) -> RecognizerError:
    return RecognizerError(
        tr("There is a network of this name already"), where=path.stem, fix=tr("Choose another name, or replace it")
    )


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise write_error(path, error) from error
