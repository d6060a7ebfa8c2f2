"""Looking after finished runs: their names and notes, and taking them away."""

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, sync_folder, write_atomic, write_error
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.training.runs import RUN, TrainingRun, list_runs, read_run

MAX_NAME: Final = 200
MAX_NOTE: Final = 10_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class RunWords:
    """What a person has written about a run; both may be empty."""

    name: str
    note: str


def find_run(profile: Profile, run_id: str) -> TrainingRun:
    """The run with that id, or with that name where just one has it.

    Raises:
        RecognizerError: There is none, or it cannot be read.
    """
    folder = profile.runs / run_id
    if run_id and folder.parent == profile.runs and folder.name not in (".", "..") and (folder / RUN).is_file():
        return read_run(folder)
    runs = list_runs(profile)
    named = [run for run in runs if run_id and words_of(profile, run.id).name == run_id]
    if len(named) == 1:
        return named[0]
    raise RecognizerError(
        tr("There is no such run") if not named else tr("Several runs have this name"),
        where=run_id,
        fix=tr("Choose one of {ids}", ids=", ".join(run.id for run in named or runs) or "-"),
    )


def words_of(profile: Profile, run_id: str) -> RunWords:
    """What a person has written about the run; empty where the record cannot be read."""
    try:
        return card_words(read_card(profile.runs / run_id))
    except RecognizerError:
        return RunWords("", "")


def card_words(card: Mapping[str, Any]) -> RunWords:
    """What a person has written into the run's record."""
    return RunWords(*(value if isinstance(value := card.get(key), str) else "" for key in ("name", "note")))


def rename_run(profile: Profile, run_id: str, name: str | None = None, note: str | None = None) -> RunWords:
    """Write a name or a note into the run's own record, in one step.

    Args:
        profile: Whose run.
        run_id: Its id.
        name: One line, at most 200 characters; empty for none; None leaves what there is.
        note: At most 10,000 characters, likewise.

    Raises:
        RecognizerError: There is no such run, it is going on, a text is too long, or the disk is full.
    """
    for text, most in ((name, MAX_NAME), (note, MAX_NOTE)):
        if text is not None and len(text) > most:
            raise RecognizerError(
                tr("The text is too long"),
                where=tr("{n} characters", n=f"{len(text):,}"),
                fix=tr("Write at most {most}", most=f"{most:,}"),
            )
    _at_rest(profile, run_id)
    folder = profile.runs / run_id
    card = read_card(folder)
    if name is not None:
        card["name"] = " ".join(name.split())
    if note is not None:
        card["note"] = note.strip()
    write_atomic(folder / RUN, json.dumps(card, indent=1, ensure_ascii=False))
    return RunWords(card.get("name", ""), card.get("note", ""))


def delete_run(profile: Profile, run_id: str) -> int:
    """Take a run away: its curves, predictions and checkpoints; the model that came of it stays.

    Returns:
        How many bytes its files had.

    Raises:
        RecognizerError: There is no such run, it is going on, or it cannot be deleted.
    """
    _at_rest(profile, run_id)
    folder = profile.runs / run_id
    size = folder_size(folder)
    # Out of the runs' folder by one rename, so that it is whole or gone.
    target = profile.root / f".deleted-{secrets.token_hex(4)}"
    try:
        os.replace(folder, target)
        sync_folder(profile.runs)
    except OSError as error:
        raise write_error(folder, error) from error
    shutil.rmtree(target, ignore_errors=True)
    return size


def folder_size(folder: Path) -> int:
    """How many bytes the files in a folder have together."""
    return sum(_sizes(folder))


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink():
                yield path.stat().st_size


def _at_rest(profile: Profile, run_id: str) -> None:
    """Raise RecognizerError where there is no such run, or it is going on."""
    run = find_run(profile, run_id)
    if run.id != run_id:
        raise RecognizerError(tr("There is no such run"), where=run_id, fix=tr("Give the run's id"))
    if run.state == "running":
        raise RecognizerError(
            tr("The run is going on"), where=run_id, fix=tr("Stop it first, or wait until it has ended")
        )


def read_card(folder: Path) -> dict[str, Any]:
    """The record in the folder of a run.

    Raises:
        RecognizerError: It cannot be read.
    """
    path = folder / RUN
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(card, dict):
            raise ValueError(type(card).__name__)
        return card
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, RecursionError) as error:
        raise RecognizerError(
            tr("The record of the training run cannot be read"),
            where=f"{path} ({type(error).__name__}: {error})",
            fix=tr("Train again; the models are not touched"),
        ) from error
