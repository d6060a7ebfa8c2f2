"""Charts as SVG, whose colours come from the style sheet of the page that shows them."""

import math
from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.statistics.measures import SCALES, Measure
from recognizer.library.statistics.results import Distribution

_WIDTH: Final = 340
_HEIGHT: Final = 144
_LEFT: Final = 8
_BASE: Final = 122
_TOP: Final = 8
_TICKS: Final = 6
_IN_SIGHT: Final = 0.0005
"""Share of the samples below which the ends of a distribution are not drawn."""
_STEPS: Final = (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def plain(text: str, *, isolated: bool = True) -> str:
    """User text that is safe inside HTML: escaped, without what no page may hold, its direction kept to itself.

    Args:
        text: What a user wrote.
        isolated: Whether an element is put around it, which titles cannot have.
    """
    shown = "".join(char if char.isprintable() or char == " " else _visible(char) for char in text)
    safe = escape(shown)
    return f"<bdi>{safe}</bdi>" if isolated else safe


def _visible(char: str) -> str:
    """Marks of direction are kept, since <bdi> holds them; other signs that cannot be seen are shown as such."""
    return char if char in "\u200c\u200d\u200e\u200f" else "\ufffd"


def share_bar(counts: Sequence[int], most: int, names: Sequence[str]) -> str:
    """A horizontal bar in parts, as wide as its sum is of `most`.

    Args:
        counts: Lengths of the parts.
        most: What fills the whole width.
        names: What each part is, for those who read it aloud or point at it.
    """
    parts = []
    begin = 0.0
    for index, (count, name) in enumerate(zip(counts, names, strict=True)):
        width = 100 * count / max(1, most)
        if count:
            # A part that is there is seen, however small.
            drawn = max(width, 0.4)
            parts.append(
                f'<rect class="part{index}" x="{begin:.2f}" width="{drawn:.2f}" y="0" height="10">'
                f"<title>{escape(name)}: {count:,}</title></rect>"
            )
        begin += width
    label = escape(", ".join(f"{name}: {count:,}" for count, name in zip(counts, names, strict=True)))
    return (
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def histogram(distribution: Distribution, title: str) -> str:
    """The distribution as bars, with that of the training data as a line over them.

    Args:
        distribution: What is drawn.
        title: For those who read it aloud.
    """
    scale = SCALES[distribution.measure]
    shares, reference = distribution.shares, distribution.reference
    first, last = _in_sight(shares, reference)
    room = _WIDTH - 2 * _LEFT
    step = room / (last - first)
    highest = max(float(shares[first:last].max(initial=0)), float(reference[first:last].max(initial=0)), 1e-9)
    tall = (_BASE - _TOP) / highest
    bars, line = [], []
    for index in range(first, last):
        left = _LEFT + (index - first) * step
        height = float(shares[index]) * tall
        if distribution.counts[index]:
            begin, end = scale.edges[index], scale.edges[index + 1]
            where = f"{begin:g}" if scale.is_whole else f"{begin:g} – {end:g}"
            if index == scale.bins - 1:
                where = f"≥ {begin:g}"
            bars.append(
                f'<rect class="part0" x="{left + 0.5:.1f}" y="{_BASE - height:.1f}" width="{max(step - 1, 0.6):.1f}" '
                f'height="{max(height, 0.6):.1f}" rx="1"><title>{escape(where)}: {distribution.counts[index]:,} '
                f"({shares[index]:.1%})</title></rect>"
            )
        top = _BASE - float(reference[index]) * tall
        line.append(f"{left:.1f},{top:.1f} {left + step:.1f},{top:.1f}")
    path = ""
    if reference.any():
        points = f"{_LEFT:.1f},{_BASE} {' '.join(line)} {_LEFT + room:.1f},{_BASE}"
        path = f'<polyline class="halo" points="{points}"/><polyline class="reference" points="{points}"/>'
    axis = _axis(scale.edges[first], scale.edges[last], distribution.measure)
    return (
        f'<svg class="histogram" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f'<line class="base" x1="{_LEFT}" x2="{_LEFT + room}" y1="{_BASE}" y2="{_BASE}"/>'
        f"{''.join(bars)}{path}{axis}</svg>"
    )


def _in_sight(shares: NDArray[np.float64], reference: NDArray[np.float64]) -> tuple[int, int]:
    """The bins that are drawn: all where anything is to be seen, and one beside them."""
    seen = np.flatnonzero(np.maximum(shares, reference) > _IN_SIGHT)
    if len(seen) == 0:
        return 0, len(shares)
    return max(0, int(seen[0]) - 1), min(len(shares), int(seen[-1]) + 2)


def _axis(low: float, high: float, measure: Measure) -> str:
    """Numbers below the bars."""
    scale = SCALES[measure]
    step = next((step for step in _STEPS if (high - low) / step <= _TICKS), _STEPS[-1])
    room = _WIDTH - 2 * _LEFT
    # Whole numbers stand below the middles of their bars, other numbers where bars begin.
    shift = scale.step / 2 if scale.is_whole else 0.0
    marks = []
    for number in range(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1):
        value = number * step
        x = _LEFT + (value + shift - low) / (high - low) * room
        if x > _LEFT + room + 1:
            continue
        anchor = "start" if x < _LEFT + 10 else "end" if x > _LEFT + room - 10 else "middle"
        marks.append(
            f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{_BASE}" y2="{_BASE + 4}"/>'
            f'<text x="{x:.1f}" y="{_BASE + 17}" text-anchor="{anchor}">{value:g}</text>'
        )
    return "".join(marks)
