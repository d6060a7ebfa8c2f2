"""Commands that bring samples into the library and out of it: import, export, sheet."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.commands.common import (
    EXIT_INPUT,
    complain,
    open_profile_of,
    opened_library,
    print_json,
    stoppable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recognizer.library.samples import Preview, Problem

_SHOWN_PROBLEMS: Final = 20


def import_(asked: argparse.Namespace) -> int:
    """Take samples into a dataset; Ctrl-C stops it and keeps what came by then."""
    from recognizer.console import loading
    from recognizer.library.arrivals import proposed_title
    from recognizer.library.dataset import Split
    from recognizer.library.importing.reader import ImportOptions
    from recognizer.library.samples import UNKNOWN
    from recognizer.library.store import tables
    from recognizer.library.transfer import import_into, preview_of

    if asked.into is None and not asked.preview:
        raise RecognizerError(
            tr("It is not said which dataset the samples go into"),
            fix=tr(
                'Name it with --into, such as --into "{title}"; it is made where there is none',
                title=proposed_title([Path(data) for data in asked.data]),
            ),
        )
    options = ImportOptions(
        label=asked.label or "",
        split=Split(asked.split) if asked.split else None,
        writer=asked.writer or "",
        is_transposed=asked.is_transposed,
        folders=asked.folders,
    )
    token = CancellationToken()
    with (
        stoppable(token),
        opened_library(open_profile_of(asked), writes=not asked.preview) as library,
        loading() as progress,
    ):
        if asked.preview:
            found = preview_of(library, asked.data, options, progress, token)
        else:
            if options.is_transposed is None:
                _check_answered(preview_of(library, asked.data, options, token=token, skips_names=True))
            report = import_into(
                library, asked.data, asked.into, options, progress, token, keeps_duplicates=asked.keep_duplicates
            )
            unlabelled = int((tables.table(library, report.dataset).labels == UNKNOWN).sum())
    if asked.preview:
        _show_previews(found, as_json=asked.json)
        return 0
    if asked.json:
        print_json(
            {
                "dataset": report.dataset,
                "added": report.added,
                "duplicates": report.duplicates,
                "known_boxes": report.known_boxes,
                "failed": report.failed,
                "problems": [problem_document(problem) for problem in report.problems],
                "noted": report.noted,
                "notes": [problem_document(note) for note in report.notes],
                "total": report.total,
                "unlabelled": unlabelled,
            }
        )
    else:
        added = ntr("{n} new sample", "{n} new samples", report.added)
        print(tr("{added}; {name} has {total}", added=added, name=report.title, total=f"{report.total:,}"))
        if report.duplicates:
            print(
                ntr(
                    "{n} is there already and was left out",
                    "{n} are there already and were left out",
                    report.duplicates,
                )
            )
        if report.known_boxes:
            print(
                ntr(
                    "{n} box of a sheet is there already, from another photo, and was left out",
                    "{n} boxes of sheets are there already, from other photos, and were left out",
                    report.known_boxes,
                )
            )
        if unlabelled:
            print(
                ntr(
                    "{n} sample there has no label yet (`is:unlabelled`)",
                    "{n} samples there have no label yet (`is:unlabelled`)",
                    unlabelled,
                )
            )
    _tell_notes(report.notes, report.noted)
    tell_problems(report.problems, report.failed)
    return EXIT_INPUT if report.failed else 0


def _check_answered(previews: "Sequence[Preview]") -> None:
    """Raise RecognizerError where something has to be known before the import."""
    for preview in previews:
        if preview.question:
            raise RecognizerError(
                tr("Something has to be said before the import"),
                where=f"{preview.path} ({preview.question})",
                fix=tr("Say it with --transposed or --not-transposed, and look at the outcome with --preview"),
            )


def _show_previews(previews: "Sequence[Preview]", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "previews": [
                    {
                        "path": str(preview.path),
                        "kind": preview.kind,
                        "count": preview.count if preview.count >= 0 else None,
                        "labels": dict(preview.labels),
                        "has_labels": preview.has_labels,
                        "has_splits": preview.has_splits,
                        "has_writers": preview.has_writers,
                        "title": preview.title,
                        "question": preview.question,
                        "notes": list(preview.notes),
                    }
                    for preview in previews
                ]
            }
        )
        return
    for preview in previews:
        count = tr("an unknown number of samples")
        if preview.count >= 0:
            count = ntr("{n} sample", "{n} samples", preview.count)
        print(tr("{path}: {kind}, {count}", path=preview.path, kind=preview.kind, count=count))
        if preview.labels:
            print("    " + ", ".join(f"{label}: {n:,}" for label, n in preview.labels))
        for line in (preview.question, *preview.notes):
            if line:
                print(f"    {line}")


def export(asked: argparse.Namespace) -> int:
    """Write a dataset, or some of its samples, to a file."""
    from recognizer.console import loading, say
    from recognizer.library.transfer import export_from

    token = CancellationToken()
    with stoppable(token), opened_library(open_profile_of(asked)) as library, loading() as progress:
        report = export_from(
            library, asked.name, asked.to, asked.format or "", progress, token, filter_text=asked.filter or ""
        )
    is_ink = not report.format.keeps_pictures
    for sentence in report.lost:
        say(sentence)
    if asked.json:
        document = {
            "name": asked.name,
            "to": str(report.path),
            "format": report.format.name,
            "count": report.count,
            "left_out": report.left_out,
            "lost": list(report.lost),
            "failed": len(report.problems),
            "problems": [problem_document(problem) for problem in report.problems],
        }
        print_json(document | ({"drawings": report.count} if is_ink else {}))
    elif is_ink:
        print(ntr("{n} drawing is in {path}", "{n} drawings are in {path}", report.count, path=report.path))
    else:
        print(ntr("{n} sample is in {path}", "{n} samples are in {path}", report.count, path=report.path))
    tell_problems(report.problems, len(report.problems))
    return EXIT_INPUT if report.problems else 0


def sheet(asked: argparse.Namespace) -> int:
    """Print sheets to write on."""
    from recognizer.console import loading
    from recognizer.library.sheets.layout import Paper, make_layouts
    from recognizer.library.sheets.printing import print_sheets
    from recognizer.library.sheets.writers import writers_of

    words = asked.symbols.split()
    symbols = words if len(words) > 1 else list("".join(words))
    token = CancellationToken()
    with stoppable(token), loading() as progress:
        layouts = make_layouts(symbols, asked.copies_each, Paper(asked.paper), asked.title, writers_of(asked.writers))
        files = print_sheets(layouts, asked.out, progress, token)
    if asked.json:
        print_json(
            {
                "files": [str(file) for file in files],
                "pages": len(layouts),
                "symbols": list(dict.fromkeys(symbols)),
                "copies_each": asked.copies_each,
            }
        )
    else:
        pages = ntr("{n} page", "{n} pages", len(layouts))
        shown = str(files[0]) if len(files) == 1 else f"{files[0]} … {files[-1].name}"
        print(tr("{pages}: {path}", pages=pages, path=shown))
    return 0


def problem_document(problem: "Problem") -> dict[str, Any]:
    """The JSON form of something that could not be used."""
    return {"where": _place(problem), "what": problem.error.what, "fix": problem.error.fix}


def tell_problems(problems: "Sequence[Problem]", count: int) -> None:
    """Say on stderr what could not be used, a line each; of many only the first.

    Args:
        problems: At least the first of them.
        count: How many there are.
    """
    for problem in problems[:_SHOWN_PROBLEMS]:
        complain(str(RecognizerError(problem.error.what, where=_place(problem), fix=problem.error.fix)))
    more = count - min(len(problems), _SHOWN_PROBLEMS)
    if more > 0:
        complain(ntr("And {n} more problem; --json names them", "And {n} more problems; --json names them", more))


def _tell_notes(notes: "Sequence[Problem]", count: int) -> None:
    """Say on stderr what was left out though nothing is wrong with it."""
    for note in notes[:_SHOWN_PROBLEMS]:
        said = RecognizerError(note.error.what, where=_place(note), fix=note.error.fix)
        complain(tr("note: {said}", said=said))
    more = count - min(len(notes), _SHOWN_PROBLEMS)
    if more > 0:
        complain(ntr("And {n} more note; --json has them", "And {n} more notes; --json has them", more))


def _place(problem: "Problem") -> str:
    """Where it is; the error often says that, and more of it."""
    where = problem.error.where
    if not where or problem.where in where:
        return where or problem.where
    return f"{problem.where}: {where}"
