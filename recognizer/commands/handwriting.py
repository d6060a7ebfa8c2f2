"""Commands about My handwriting: keep, export."""

import argparse
from pathlib import Path

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.commands.common import complain, open_profile_of, print_json, symbols_in


def keep(asked: argparse.Namespace) -> int:
    """Keep the symbols of files in My handwriting; a file that cannot be read does not keep the others out."""
    from recognizer.ink.stroke import Ink
    from recognizer.library.handwriting import Handwriting
    from recognizer.library.store.names import checked_label

    own = Handwriting(open_profile_of(asked))
    if asked.label is not None:
        checked_label(asked.label)
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


def export(asked: argparse.Namespace) -> int:
    """Write the drawings of My handwriting as an ink file, with their labels."""
    from recognizer.console import say
    from recognizer.ink.files import write_ink_file
    from recognizer.library.handwriting import NAME, Handwriting

    if asked.name != NAME:
        raise RecognizerError(
            tr("This dataset has no drawings to be exported"), where=asked.name, fix=tr("Export {name}", name=NAME)
        )
    samples = Handwriting(open_profile_of(asked)).samples()
    drawn = [(sample.ink, sample.label) for sample in samples if sample.ink is not None]
    if not drawn:
        raise RecognizerError(
            tr("My handwriting has no drawings yet"),
            where=NAME,
            fix=tr("Draw, and say what it is; or use `recognizer keep`"),
        )
    if len(drawn) < len(samples):
        pictures = len(samples) - len(drawn)
        say(
            ntr("{n} picture has no strokes and is left out", "{n} pictures have no strokes and are left out", pictures)
        )
    write_ink_file(asked.to, [ink for ink, _ in drawn], [label for _, label in drawn])
    if asked.json:
        print_json({"name": NAME, "to": str(asked.to), "drawings": len(drawn), "left_out": len(samples) - len(drawn)})
    else:
        print(ntr("{n} drawing is in {path}", "{n} drawings are in {path}", len(drawn), path=asked.to))
    return 0
