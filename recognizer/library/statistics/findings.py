"""What stands out in the statistics of a dataset, in sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np

from recognizer.base.i18n import ntr, tr
from recognizer.library.dataset import SPLITS
from recognizer.library.samples import UNKNOWN
from recognizer.library.statistics.measures import Measure
from recognizer.library.statistics.results import Distribution, Kind, Statistics

_UNBALANCED: Final = 5
"""How many times as many samples as the smallest class the largest one has before that is said."""
_DIFFERENT: Final = 0.6
"""How much a distribution has in common with that of the training data before a difference is said."""
_APART: Final = 0.5
"""And how far their means are apart, in standard deviations of the training data."""
_FEWEST: Final = 20
"""Samples from which on their distribution says something."""
_NAMED: Final = 8


class Severity(IntEnum):
    """How bad it is."""

    FINE = 0
    DOUBT = 1
    WRONG = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that stands out.

    Attributes:
        severity: How bad it is.
        text: A sentence without its full stop.
        kind, key: What `Statistics.positions_of` gives the samples for.
    """

    severity: Severity
    text: str
    kind: Kind | Measure
    key: Any = None


def findings(statistics: Statistics) -> list[Finding]:
    """What stands out, the worst first; empty where nothing does."""
    found = [
        *_leaks(statistics),
        *_copies(statistics),
        *_samples(statistics),
        *_balance(statistics),
        *_differences(statistics),
    ]
    return sorted(found, key=lambda finding: -finding.severity)


def _leaks(statistics: Statistics) -> Iterator[Finding]:
    n = len(np.unique(np.concatenate([statistics.positions_of(Kind.LEAK, key) for key in ("equal", "near")])))
    if n:
        text = ntr(
            "{n} sample is the same, or nearly, on both sides: trained on, and used to judge what was learnt",
            "{n} samples are the same, or nearly, on both sides: trained on, and used to judge what was learnt",
            n,
        )
        yield Finding(Severity.WRONG, text, Kind.LEAK, "equal" if not statistics.near.is_leak.any() else None)
    n = len(statistics.writers)
    if n:
        text = ntr(
            "{n} writer is trained on and judged as well, so results say nothing about strangers",
            "{n} writers are trained on and judged as well, so results say nothing about strangers",
            n,
        )
        yield Finding(Severity.DOUBT, text, Kind.LEAK, "writers")


def _copies(statistics: Statistics) -> Iterator[Finding]:
    n = len(statistics.positions_of(Kind.CONFLICT))
    if n:
        text = ntr(
            "{n} sample looks like another that has a different label",
            "{n} samples look the same and have different labels",
            n,
        )
        yield Finding(Severity.WRONG, text, Kind.CONFLICT)
    n = statistics.equal.n_superfluous
    if n:
        yield Finding(Severity.DOUBT, ntr("{n} sample is a copy", "{n} samples are copies", n), Kind.EQUAL)
    n = statistics.near.n_superfluous
    if n:
        text = ntr("{n} sample is nearly the same as another", "{n} samples are nearly the same as others", n)
        yield Finding(Severity.DOUBT, text, Kind.NEAR)


def _samples(statistics: Statistics) -> Iterator[Finding]:
    n = len(statistics.empty)
    if n:
        yield Finding(Severity.WRONG, ntr("{n} sample shows nothing", "{n} samples show nothing", n), Kind.EMPTY)
    n = len(statistics.suspects)
    if n:
        text = ntr("{n} sample may have a wrong label", "{n} samples may have a wrong label", n)
        yield Finding(Severity.DOUBT, text, Kind.SUSPECT)
    n = int(statistics.balance[UNKNOWN].sum())
    if n:
        text = ntr("{n} sample has no label", "{n} samples have no label", n)
        yield Finding(Severity.DOUBT, text, Kind.CLASS, (UNKNOWN, None))


def _balance(statistics: Statistics) -> Iterator[Finding]:
    of_classes = statistics.balance[:UNKNOWN]
    totals = of_classes.sum(axis=1)
    there = np.flatnonzero(totals)
    if len(there) == 0:
        return
    largest, smallest = there[totals[there].argmax()], there[totals[there].argmin()]
    times = totals[largest] / totals[smallest]
    if times >= _UNBALANCED:
        names = statistics.label_names
        text = tr(
            "“{large}” has {times:.0f} times as many samples as “{small}”",
            large=names[largest],
            small=names[smallest],
            times=times,
        )
        yield Finding(Severity.DOUBT, text, Kind.CLASS, (int(smallest), None))
    for index, split in enumerate(SPLITS):
        lacking = there[of_classes[there, index] == 0]
        if len(lacking) and of_classes[:, index].any():
            names_of = [statistics.label_names[label] for label in lacking[:_NAMED].tolist()]
            text = tr(
                "{split} has no samples of {labels}",
                split=split.value,
                labels=", ".join(names_of) + (", …" if len(lacking) > _NAMED else ""),
            )
            yield Finding(Severity.DOUBT, text, Kind.CLASS, (int(lacking[0]), None))


def _differences(statistics: Statistics) -> Iterator[Finding]:
    for each in statistics.distributions:
        if each.counts.sum() < _FEWEST or not each.reference.any() or each.overlap >= _DIFFERENT:
            continue
        if abs(each.mean() - each.mean(of_reference=True)) >= _APART * each.deviation(of_reference=True):
            yield Finding(Severity.DOUBT, _difference(each), each.measure)


def _difference(distribution: Distribution) -> str:
    mine, theirs = distribution.mean(), distribution.mean(of_reference=True)
    is_more = mine > theirs
    measure = distribution.measure
    if measure is Measure.STROKE_WIDTH:
        text = (
            tr("Strokes are thicker than in the training data: {mine:.1f} px against {theirs:.1f} px")
            if is_more
            else tr("Strokes are thinner than in the training data: {mine:.1f} px against {theirs:.1f} px")
        )
    elif measure is Measure.BRIGHTNESS:
        text = (
            tr("The ink is stronger than in the training data: {mine:.0f} against {theirs:.0f} of 255")
            if is_more
            else tr("The ink is fainter than in the training data: {mine:.0f} against {theirs:.0f} of 255")
        )
    elif measure is Measure.INK:
        text = (
            tr("There is more ink than in the training data: {mine:.0f} px against {theirs:.0f} px")
            if is_more
            else tr("There is less ink than in the training data: {mine:.0f} px against {theirs:.0f} px")
        )
    elif measure is Measure.OFFSET:
        text = tr("Samples are not centred like the training data: {mine:.1f} px off against {theirs:.1f} px")
    elif measure is Measure.WIDTH:
        text = tr("Samples are not as wide as the training data: {mine:.1f} px against {theirs:.1f} px")
        if is_more:
            text = tr("Samples are wider than the training data: {mine:.1f} px against {theirs:.1f} px")
    else:
        text = tr("Samples are not as high as the training data: {mine:.1f} px against {theirs:.1f} px")
        if is_more:
            text = tr("Samples are higher than the training data: {mine:.1f} px against {theirs:.1f} px")
    return text.format(mine=mine, theirs=theirs)
