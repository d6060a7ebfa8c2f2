"""What can be done to models beside listing them: export, card, import, rename, delete."""

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.commands.common import (
    EXIT_FAULT,
    chosen_model,
    complain,
    load_data,
    open_profile_of,
    opened_library,
    print_json,
    stoppable,
)

if TYPE_CHECKING:
    from recognizer.training.shipping.shipment import Shipment
    from recognizer.training.shipping.stamp import Stamp


def export_model(asked: argparse.Namespace) -> int:
    """Write a model for other programs; 1 where what was written does not answer as the model does."""
    from recognizer.console import loading
    from recognizer.training.shipping.formats import FORMATS
    from recognizer.training.shipping.shipment import check_free, ship

    profile = open_profile_of(asked)
    record = chosen_model(profile, asked.model)
    formats = tuple(FORMATS) if asked.format is None else (asked.format,)
    to = asked.to or Path(f"{record.id}-{asked.format or 'export'}")
    check_free(to)
    token = CancellationToken()
    with stoppable(token), contextlib.ExitStack() as stack:
        # Where the library cannot be had, the model is tried with synthetic digits.
        with contextlib.suppress(RecognizerError):
            stack.enter_context(opened_library(profile))
        progress = stack.enter_context(loading())
        shipment = ship(record, profile, to.absolute(), formats, progress, token)
    if asked.json:
        print_json(
            {
                "passed": shipment.passed,
                "path": str(shipment.path),
                "stamps": [stamp.to_dict() for stamp in shipment.stamps],
                "missing": shipment.missing,
            }
        )
    else:
        _tell(shipment, to)
    for stamp in shipment.stamps:
        for failure in stamp.failures:
            complain(tr("{format} does not answer as the model does: {failure}", format=stamp.format, failure=failure))
    for name, reason in shipment.missing.items():
        complain(tr("{format} was not written: {reason}", format=name, reason=reason))
    return 0 if shipment.passed else EXIT_FAULT


def _tell(shipment: "Shipment", to: Path) -> None:
    from recognizer.console import table
    from recognizer.training.shipping.stamp import tried_words

    heads = (
        tr("format"),
        tr("test"),
        tr("difference"),
        tr("other labels"),
        tr("accuracy"),
        tr("size"),
        tr("one picture"),
    )
    print(table(heads, [_row(stamp) for stamp in shipment.stamps]))
    if shipment.stamps:
        print(tried_words(shipment.stamps))
    print(tr("Written to {path}", path=to))


def _row(stamp: "Stamp") -> tuple[object, ...]:
    accuracy = "–" if stamp.accuracy is None else f"{100 * stamp.accuracy:.2f} %"
    return (
        stamp.format,
        tr("passed") if stamp.passed else tr("FAILED"),
        f"{stamp.difference:.1e}",
        stamp.label_changes,
        accuracy,
        f"{stamp.bytes / 1000:,.0f} kB",
        f"{stamp.milliseconds:.2f} ms",
    )


def write_card(asked: argparse.Namespace) -> int:
    """Write a model's card."""
    from recognizer.training.shipping.card import write_card as write

    profile = open_profile_of(asked)
    record = chosen_model(profile, asked.model)
    write(record, profile, asked.to)
    if asked.json:
        print_json({"model": record.id, "path": str(asked.to.absolute())})
    else:
        print(tr("Written to {path}", path=asked.to))
    return 0


def import_model(asked: argparse.Namespace) -> int:
    """Take in a .keras file, and judge it where data is named."""
    from recognizer.console import loading
    from recognizer.training.shipping.arrival import import_model as bring_in
    from recognizer.training.shipping.arrival import judge_model, split_labels

    profile = open_profile_of(asked)
    token = CancellationToken()
    with stoppable(token):
        with loading() as progress:
            record = bring_in(profile, asked.file, split_labels(asked.labels or ""), progress, token)
        if asked.data:
            data = load_data(asked.data, profile, token, for_evaluation=True)
            record = judge_model(profile, record, data, token)
    if asked.json:
        document = {"model": record.id, "title": record.title, "labels": list(record.labels)}
        print_json({**document, "accuracy": record.accuracy})
    else:
        print(tr("The model is stored as {id}; it answers {labels}", id=record.id, labels=" ".join(record.labels)))
        if record.accuracy is not None:
            n = record.card["metrics"]["n"]
            print(tr("{accuracy} % of {n} are read rightly", accuracy=f"{100 * record.accuracy:.2f}", n=f"{n:,}"))
    return 0


def rename_model(asked: argparse.Namespace) -> int:
    """Give a model another title."""
    from recognizer.inference.registry import ModelRegistry

    record = ModelRegistry(open_profile_of(asked)).rename(asked.model, asked.title)
    if asked.json:
        print_json({"model": record.id, "title": record.title})
    else:
        print(tr("{id} is called {title} now", id=record.id, title=record.title))
    return 0


def delete_model(asked: argparse.Namespace) -> int:
    """Delete a model that was trained here."""
    from recognizer.inference.removal import delete_model as remove

    remove(open_profile_of(asked), asked.model)
    if asked.json:
        print_json({"model": asked.model})
    else:
        print(tr("{id} is deleted", id=asked.model))
    return 0


ACTIONS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "export": export_model,
    "card": write_card,
    "import": import_model,
    "rename": rename_model,
    "delete": delete_model,
}
