"""The command library stats: what is in a dataset, and what stands out."""

import argparse
import math
from typing import TYPE_CHECKING, Any, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.commands.common import open_profile_of, opened_library, print_json, stoppable
from recognizer.console import loading, table

if TYPE_CHECKING:
    from recognizer.library.statistics.results import Statistics

_MOST_IDS: Final = 1000
"""Ids that the document names of what stands out."""


def stats(asked: argparse.Namespace) -> int:
    """Say what is in a dataset, and leave a report of it."""
    from recognizer.library.named_data import rows_of
    from recognizer.library.statistics.compute import compute
    from recognizer.library.statistics.findings import findings
    from recognizer.library.statistics.report import write_html
    from recognizer.library.transfer import chosen, none_chosen

    token = CancellationToken()
    with stoppable(token), opened_library(open_profile_of(asked)) as library, loading() as progress:
        rows = rows_of(library, asked.name, progress, token)
        positions = chosen(rows, asked.filter or "")
        if not len(positions):
            raise none_chosen(rows, asked.filter or "")
        statistics = compute(rows, positions, progress, token)
        if asked.html is not None:
            write_html(statistics, asked.html)
    if asked.json:
        html = None if asked.html is None else str(asked.html)
        print_json({**_document(statistics), "html": html})
        return 0
    names = [*statistics.label_names, tr("no label")]
    counts = [[name, *row, sum(row)] for name, row in zip(names, statistics.balance.tolist(), strict=True) if any(row)]
    totals = statistics.balance.sum(axis=0).tolist()
    heads = [tr("class"), tr("train"), tr("validation"), tr("test"), tr("together")]
    print(table(heads, [*counts, [tr("together"), *totals, sum(totals)]]))
    print()
    found = findings(statistics)
    for finding in found:
        print(tr("{line}.", line=finding.text))
    if not found:
        print(tr("Nothing stands out."))
    if asked.html is not None:
        print(tr("The report is in {path}", path=asked.html))
    return 0


def _document(statistics: "Statistics") -> dict[str, Any]:
    from recognizer.library.dataset import SPLITS
    from recognizer.library.statistics.findings import findings
    from recognizer.library.statistics.results import Kind

    rows = [dict(zip(map(str, SPLITS), row, strict=True)) for row in statistics.balance.tolist()]
    counted = {
        "empty": Kind.EMPTY,
        "conflicts": Kind.CONFLICT,
        "suspects": Kind.SUSPECT,
        "leaks": Kind.LEAK,
    }
    return {
        "dataset": statistics.name,
        "title": statistics.title,
        "samples": len(statistics),
        "splits": dict(zip(map(str, SPLITS), statistics.balance.sum(axis=0).tolist(), strict=True)),
        "classes": {
            name: row for name, row in zip(statistics.label_names, rows[:-1], strict=True) if any(row.values())
        },
        "unlabelled": sum(rows[-1].values()),
        "writers": statistics.n_writers,
        "drawings": statistics.n_ink,
        "flagged": statistics.n_flagged,
        "excluded": statistics.n_excluded,
        "copies": statistics.equal.n_superfluous,
        "near_copies": statistics.near.n_superfluous if statistics.has_neighbours else None,
        **{name: len(statistics.positions_of(kind)) for name, kind in counted.items()},
        "measures": {
            str(each.measure): {
                "median": _number(each.quantile(0.5)),
                "median_of_training_data": _number(each.quantile(0.5, of_reference=True)),
                "overlap": _number(each.overlap),
            }
            for each in statistics.distributions
        },
        "findings": [_finding_document(statistics, finding) for finding in findings(statistics)],
    }


def _finding_document(statistics: "Statistics", finding: Any) -> dict[str, Any]:
    positions = statistics.positions_of(finding.kind, finding.key)
    return {
        "severity": finding.severity.name.lower(),
        "text": finding.text,
        "count": len(positions),
        "ids": [statistics.id_of(position) for position in positions[:_MOST_IDS].tolist()],
    }


def _number(value: float) -> float | None:
    """A number that JSON can hold."""
    return value if math.isfinite(value) else None
