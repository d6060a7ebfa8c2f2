"""Commands about the library as a whole: list, stats, check, repair, backup, restore, undo, redo, history."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.commands import editing
from recognizer.commands.common import EXIT_FAULT, open_profile_of, opened_library, print_json, stoppable
from recognizer.commands.statistics import stats

if TYPE_CHECKING:
    from pathlib import Path

    from recognizer.library.store.backups import BackupRecord
    from recognizer.library.store.health import Incident
    from recognizer.library.store.journal import Edit
    from recognizer.library.store.library import Library


def library(asked: argparse.Namespace) -> int:
    """Do what is asked of the library."""
    return ACTIONS[asked.action](asked)


def list_(asked: argparse.Namespace) -> int:
    """Say which datasets there are, and which deleted ones can be brought back."""
    from recognizer.console import table
    from recognizer.library.dataset import SPLITS
    from recognizer.library.overview import overview

    with opened_library(open_profile_of(asked)) as library:
        found = overview(library)
        path = library.path
    there = [one for one in found if not one.record.deleted]
    gone = [one for one in found if one.record.deleted]
    if asked.json:
        print_json(
            {
                "library": str(path),
                "datasets": [
                    {
                        "name": one.record.name,
                        "title": one.record.title,
                        "samples": one.samples,
                        **{str(split): n for split, n in one.splits.items()},
                        "unlabelled": one.unlabelled,
                        "classes": one.classes,
                        "removed": one.removed,
                    }
                    for one in there
                ],
                "deleted": [
                    {
                        "name": one.record.name,
                        "title": one.record.title,
                        "samples": one.samples,
                        "deleted": stamp(one.record.deleted),
                        "until": stamp(one.until),
                    }
                    for one in gone
                ],
            }
        )
        return 0
    if not found:
        print(tr("The library is empty; see `recognizer import --help`"))
    if there:
        words = {"train": tr("train"), "validation": tr("validation"), "test": tr("test")}
        heads = [tr("name"), tr("title"), tr("samples"), *(words[split] for split in SPLITS), tr("classes")]
        rows = [[one.record.name, one.record.title, one.samples, *one.splits.values(), one.classes] for one in there]
        print(table(heads, rows))
    for one in gone:
        print(
            tr(
                "Deleted: {name} ({samples} samples); `recognizer library undelete {name}` brings it back until {date}",
                name=one.record.name,
                samples=f"{one.samples:,}",
                date=day(one.until),
            )
        )
    return 0


def check(asked: argparse.Namespace) -> int:
    """Look for damage, in every sample."""
    from recognizer.console import loading

    token = CancellationToken()
    with stoppable(token), opened_library(open_profile_of(asked)) as library, loading() as progress:
        path, report = library.path, library.check(progress, token) if library.exists() else None
    problems = report.problems if report is not None else ()
    if asked.json:
        samples = report.samples if report is not None else 0
        print_json({"library": str(path), "ok": not problems, "samples": samples, "problems": list(problems)})
    elif problems:
        print("\n".join(problems))
        print(tr("`recognizer library repair` mends what can be mended, `recognizer library restore` goes back"))
    else:
        print(tr("There is no library yet") if report is None else report.words())
    return EXIT_FAULT if problems else 0


def repair(asked: argparse.Namespace) -> int:
    """Mend what is damaged."""
    from recognizer.console import loading

    token = CancellationToken()
    with stoppable(token), opened_library(open_profile_of(asked)) as library, loading() as progress:
        path = library.path
        if library.exists():
            library.repair(progress, token)
        # What was found damaged when it was opened is mended already.
        incident = library.incidents[-1] if library.incidents else None
    if asked.json:
        print_json({"library": str(path), "repaired": _incident_document(incident) if incident else None})
    else:
        print(tr("The library is in order") if incident is None else incident.words())
    return 0


def backup(asked: argparse.Namespace) -> int:
    """Make a backup, or say which there are."""
    from recognizer.console import table
    from recognizer.library.store.library import Library

    profile = open_profile_of(asked)
    if asked.list:
        # The library need not be in order for that, nor free.
        records = Library(profile).backups.list()
        good = [record.is_good() for record in records]
    else:
        with opened_library(profile) as library:
            if not library.exists():
                raise RecognizerError(
                    tr("There is no library yet"), where=str(library.path), fix=tr("Import something first")
                )
            made = library.backup()
    if not asked.list:
        if asked.json:
            print_json({"backup": _backup_document(made)})
        else:
            n = ntr("{n} sample", "{n} samples", made.samples)
            print(tr("{n} are kept in {path}", n=n, path=made.path))
        return 0
    if asked.json:
        found = [
            {**_backup_document(record), "is_good": is_good} for record, is_good in zip(records, good, strict=True)
        ]
        print_json({"backups": found})
    elif records:
        words = {"daily": tr("the day's"), "manual": tr("asked for"), "migration": tr("before an update")}
        words["restore"] = tr("before a restore")
        rows = [
            [
                record.path.name,
                moment(record.time),
                record.samples,
                words.get(record.reason, record.reason),
                "" if is_good else tr("damaged"),
            ]
            for record, is_good in zip(records, good, strict=True)
        ]
        print(table([tr("name"), tr("time"), tr("samples"), tr("why"), ""], rows))
    else:
        print(tr("There is no backup yet"))
    return 0


def restore(asked: argparse.Namespace) -> int:
    """Put a backup in the place of the library."""
    with opened_library(open_profile_of(asked)) as library:
        before, aside = {record.path for record in library.backups.list()}, _aside(library)
        record = library.restore(asked.name)
        saved = [other for other in library.backups.list() if other.path not in before]
        kept = [str(other.path) for other in saved] + sorted(map(str, _aside(library) - aside))
        path = library.path
    if asked.json:
        print_json({"library": str(path), "restored": _backup_document(record), "kept": kept})
        return 0
    n = ntr("{n} sample", "{n} samples", record.samples)
    print(
        tr(
            "{path} is now the backup {name} of {time}, with {n}",
            path=path,
            name=record.path.name,
            time=moment(record.time),
            n=n,
        )
    )
    for other in kept:
        print(tr("What was there before is {path}", path=other))
    return 0


def _aside(library: "Library") -> "set[Path]":
    """Files of the library that were kept aside."""
    return set(library.path.parent.glob(f"{library.path.name}.damaged-*"))


def undo(asked: argparse.Namespace) -> int:
    """Take back the latest edit."""
    return _step(asked, is_redo=False)


def redo(asked: argparse.Namespace) -> int:
    """Do again what was taken back last."""
    return _step(asked, is_redo=True)


def _step(asked: argparse.Namespace, *, is_redo: bool) -> int:
    with opened_library(open_profile_of(asked), writes=True) as library:
        edit = None
        if library.exists():
            edit = library.redo() if is_redo else library.undo()
        if edit is None:
            raise RecognizerError(
                tr("There is nothing to redo") if is_redo else tr("There is nothing to undo"), where=str(library.path)
            )
    if asked.json:
        print_json({"redone" if is_redo else "undone": _edit_document(edit)})
    else:
        words = edit.describe()
        print(tr("Done again: {edit}", edit=words) if is_redo else tr("Taken back: {edit}", edit=words))
    return 0


def history(asked: argparse.Namespace) -> int:
    """Say what was done last, newest first."""
    with opened_library(open_profile_of(asked)) as library:
        there = library.exists()
        edits = library.edits(max(1, asked.n)) if there else []
        steps = library.next_steps() if there else (None, None)
    if asked.json:
        undo, redo = (_edit_document(step) if step else None for step in steps)
        print_json({"edits": [_edit_document(edit) for edit in edits], "undo": undo, "redo": redo})
        return 0
    for edit in edits:
        mark = {"undone": tr("taken back"), "dropped": tr("taken back for good")}.get(_state(edit), "")
        print(f"{moment(edit.time)}  {edit.describe()}{f' ({mark})' if mark else ''}")
    if not edits:
        print(tr("Nothing has been done yet"))
    return 0


def _edit_document(edit: "Edit") -> dict[str, Any]:
    return {
        "id": edit.id,
        "time": stamp(edit.time),
        "kind": edit.kind,
        "what": edit.describe(),
        "state": _state(edit),
    }


def _state(edit: "Edit") -> str:
    from recognizer.library.store.journal import DONE, DROPPED, UNDONE

    return {DONE: "done", UNDONE: "undone", DROPPED: "dropped"}[edit.state]


def stamp(seconds: int) -> str:
    """A moment for programs: ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(seconds: int) -> str:
    """A moment for people, in their time zone."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def day(seconds: int) -> str:
    """A date for people, in their time zone."""
    return moment(seconds)[:10]


def _backup_document(record: "BackupRecord") -> dict[str, Any]:
    return {
        "name": record.path.name,
        "path": str(record.path),
        "time": stamp(record.time),
        "reason": record.reason,
        "samples": record.samples,
        "bytes": record.size,
    }


def _incident_document(incident: "Incident") -> dict[str, Any]:
    return {
        "reason": incident.reason,
        "kept": str(incident.kept) if incident.kept else None,
        "saved": incident.saved,
        "fetched": incident.fetched,
        "lost": len(incident.lost),
        "backup": incident.backup.path.name if incident.backup else None,
    }


ACTIONS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    action.__name__.rstrip("_"): action
    for action in (
        *(list_, stats, check, repair, backup, restore, undo, redo, history),
        *(editing.split, editing.relabel, editing.delete, editing.undelete),
        *(editing.rename, editing.classes, editing.read),
    )
}
