"""What the commands share: profile, model, data, Ctrl-C, and where words and documents go."""

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import set_language, tr
from recognizer.base.paths import Profile, open_profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from recognizer.inference.registry import ModelRecord
    from recognizer.ink.stroke import Ink
    from recognizer.library.dataset import Dataset
    from recognizer.library.store.library import Library

EXIT_FAULT: Final = 1
EXIT_INPUT: Final = 2
EXIT_STOPPED: Final = 130


def open_profile_of(asked: argparse.Namespace) -> Profile:
    """The profile, with the log and the language that belong to it."""
    from recognizer.base.log import set_up_logging
    from recognizer.base.settings import Settings

    profile = open_profile(asked.profile)
    set_up_logging(profile)
    set_language(Settings(profile).get("language"))
    return profile


def chosen_model(profile: Profile, asked: str | None) -> "ModelRecord":
    """The model of that id or in that folder; the default one for None."""
    from recognizer.inference.registry import CARD, ModelRegistry, read_record

    if asked is not None and (Path(asked) / CARD).is_file():
        return read_record(Path(asked).absolute(), is_shipped=False)
    registry = ModelRegistry(profile)
    return registry.default() if asked is None else registry.get(asked)


@contextlib.contextmanager
def opened_library(profile: Profile, *, writes: bool = False) -> Iterator["Library"]:
    """The library of a profile for one command, closed at the end whatever happens; it is not made by this.

    Args:
        profile: Whose library.
        writes: Whether something will be changed: the daily backup is made before that, where it is due.

    Raises:
        RecognizerError: It is in use by another process, from a newer version, or cannot be opened.
    """
    from recognizer.library.store.library import Library

    # Held here, because it goes, without leaving its index behind, when nobody holds it.
    library = Library.of(profile)
    try:
        if library.exists():
            # What is found damaged and mended is told by the log.
            library.open()
            if writes:
                library.maintain()
        yield library
    finally:
        library.close()


def load_data(name: str, profile: Profile, token: CancellationToken, *, for_evaluation: bool = False) -> "Dataset":
    """The dataset of that name or at that path, with its progress in the terminal."""
    from recognizer.console import loading
    from recognizer.library.sources import load_dataset

    with opened_library(profile), loading() as progress:
        return load_dataset(name, profile, progress, token, for_evaluation=for_evaluation)


@contextlib.contextmanager
def stoppable(token: CancellationToken) -> Iterator[None]:
    """Let the first Ctrl-C cancel `token`; a second one ends the program where it is."""

    def stop(signum: int, frame: FrameType | None) -> None:
        token.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        complain(tr("Stopping; press Ctrl-C again to give up at once."))

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:
        # Python only lets the main thread do this; elsewhere there is no Ctrl-C to wait for.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def tell(text: str) -> None:
    """One line on stderr, where everything goes that is not the answer."""
    print(text, file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """One line on stderr, whatever the text holds."""
    tell("recognizer: " + " ".join(text.splitlines()))


def print_json(document: dict[str, Any]) -> None:
    """The one document of `--json`, on stdout."""
    # ASCII, because the encoding of stdout is not always one that holds every name.
    print(json.dumps(document, indent=2))


def symbols_in(path: Path) -> Iterator[tuple[dict[str, int], "Ink | NDArray[np.uint8]"]]:
    """A picture's grey levels, or every drawing of an ink file with its place there."""
    from recognizer.imaging.photo import load_symbol
    from recognizer.ink.files import ink_kind, read_ink_file
    from recognizer.ink.ink_file import bad_ink

    if ink_kind(path) is None:
        yield {}, load_symbol(path)
        return
    inks = read_ink_file(path).inks
    if not inks:
        raise bad_ink(path, tr("it holds no drawings"))
    for index, ink in enumerate(inks):
        yield {"sample": index}, ink
