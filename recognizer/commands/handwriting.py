"""Commands about My handwriting: keep."""

import argparse
from pathlib import Path

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.commands.common import complain, open_profile_of, opened_library, print_json, symbols_in


def keep(asked: argparse.Namespace) -> int:
    """Keep the symbols of files in My handwriting; a file that cannot be read does not keep the others out."""
    from recognizer.ink.stroke import Ink
    from recognizer.library.handwriting import Handwriting
    from recognizer.library.store.names import checked_label

    profile = open_profile_of(asked)
    if asked.label is not None:
        checked_label(asked.label)
    with opened_library(profile, writes=True):
        own = Handwriting(profile)
        before, ids, code = own.count(), [], 0
        for path in asked.files:
            try:
                labels = None if asked.label is not None else _labels_in(path)
                for index, (_, content) in enumerate(symbols_in(path)):
                    label = asked.label if labels is None else labels[index]
                    add = own.add if isinstance(content, Ink) else own.add_picture
                    ids.append(add(content, label, source=path.name))  # type: ignore[arg-type]
            except RecognizerError as error:
                complain(str(error))
                code = max(code, error.exit_code)
        counts = own.counts()
    total = sum(counts.values())
    if asked.json:
        print_json({"ids": ids, "new": total - before, "counts": counts})
    else:
        kept = ntr("{n} new sample", "{n} new samples", total - before)
        print(tr("{kept}; My handwriting has {total}", kept=kept, total=f"{total:,}"))
    return code


def _labels_in(path: Path) -> tuple[str, ...]:
    """What an ink file says of its drawings; RecognizerError where it does not."""
    from recognizer.ink.files import ink_kind, read_ink_file

    labels = read_ink_file(path).labels if ink_kind(path) is not None else ()
    if not labels or not all(labels):
        raise RecognizerError(
            tr("The file does not say what its symbols are"), where=str(path), fix=tr("Say it with --label")
        )
    return labels
