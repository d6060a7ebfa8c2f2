"""The command library stats: what is in a dataset, and what stands out."""

import argparse

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.commands.common import open_profile_of, opened_library, print_json, stoppable

_SUSPECTS = 8
"""Suspicious samples that are named."""


def stats(asked: argparse.Namespace) -> int:
    """Say what is in a dataset, and leave a report of it."""
    from recognizer.console import loading, table
    from recognizer.library.named_data import rows_of
    from recognizer.library.statistics.as_json import statistics_json
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
        print_json({**statistics_json(statistics), "html": None if asked.html is None else str(asked.html)})
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
    suspects = statistics.suspects
    first = [
        tr(
            "id:{id} is labelled {label} and looks like {other}",
            id=statistics.id_of(position),
            label=statistics.label_of(position),
            other=other,
        )
        for position, other in zip(suspects.positions.tolist(), suspects.answers, strict=True)
        if other
    ][:_SUSPECTS]
    if first:
        print(tr("First to be looked at: {samples}. --html shows them.", samples="; ".join(first)))
    if not found:
        print(tr("Nothing stands out."))
    if asked.html is not None:
        print(tr("The report is in {path}", path=asked.html))
    return 0
