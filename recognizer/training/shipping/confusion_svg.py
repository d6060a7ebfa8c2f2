"""A confusion matrix as SVG, whose colours come from the style sheet of the page that shows it."""

from html import escape
from typing import Final

from recognizer.base.i18n import tr
from recognizer.evaluation.report import ConfusionMatrix
from recognizer.library.statistics.charts import plain

_CELL: Final = 34
_EDGE: Final = 40
_MOST: Final = 70
_LONGEST: Final = 4
"""Characters of a label that fit beside a row."""


def confusion_svg(matrix: ConfusionMatrix) -> str:
    """The matrix; of more than 70 classes, only the first 70.

    Args:
        matrix: Its labels are shown as plain text.
    """
    k = min(_MOST, len(matrix.labels))
    percent = matrix.percent_of_actual()
    side = _EDGE + k * _CELL
    marks = []
    for row, label in enumerate(matrix.labels[:k]):
        middle = _EDGE + row * _CELL + _CELL / 2
        name = _name(label)
        marks.append(f'<text class="head" x="{_EDGE - 10}" y="{middle + 4:g}" text-anchor="end">{name}</text>')
        marks.append(f'<text class="head" x="{middle:g}" y="{_EDGE - 12}" text-anchor="middle">{name}</text>')
        for column in range(k):
            count = int(matrix.counts[row, column])
            left, top = _EDGE + column * _CELL, _EDGE + row * _CELL
            kind = "right" if row == column else "mistake"
            # A single mistake among thousands is to be seen, too.
            strength = (
                0.0
                if count == 0
                else max(0.12, percent[row, column] / 100)
                if row == column
                else (min(1.0, 0.25 + percent[row, column] / 8))
            )
            where = tr("{truth} read as {answer}: {n}", truth=label, answer=matrix.labels[column], n=f"{count:,}")
            marks.append(
                f'<g><title>{plain(where, isolated=False)}</title><rect class="{kind}" x="{left}" y="{top}" '
                f'width="{_CELL - 2}" height="{_CELL - 2}" rx="4" fill-opacity="{strength:.3f}"/>'
                + (
                    f'<text class="{"strong" if strength > 0.55 else "count"}" x="{left + _CELL / 2 - 1:g}" '
                    f'y="{top + _CELL / 2 + 3:g}" text-anchor="middle">{count}</text>'
                    if count
                    else ""
                )
                + "</g>"
            )
    name = escape(tr("What it takes for what"))
    return (
        f'<div class="matrix"><svg class="confusion" viewBox="0 0 {side} {side}" style="max-width:{side}px" role="img" '
        f'aria-label="{name}">{"".join(marks)}</svg></div>'
    )


def _name(label: str) -> str:
    return plain(label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…", isolated=False)
