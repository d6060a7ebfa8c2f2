"""The statistics as plain values, for programs."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.dataset import SPLITS
from recognizer.library.samples import UNKNOWN
from recognizer.library.statistics.duplicates import Groups
from recognizer.library.statistics.findings import findings
from recognizer.library.statistics.measures import SCALES
from recognizer.library.statistics.results import Distribution, Kind, Statistics
from recognizer.library.statistics.suspects import Reason

_MOST: Final = 100
"""How many of each kind of finding are named; the numbers count all."""


def statistics_json(statistics: Statistics) -> dict[str, Any]:
    """What `recognizer library stats --json` prints; samples are named by their ids.

    Only `findings`, the sentences, are in the language in use.
    """
    balance = statistics.balance
    return {
        "dataset": statistics.name,
        "title": statistics.title,
        "n": len(statistics),
        "splits": _by_split(balance.sum(axis=0)),
        "classes": [
            {"label": label, **_by_split(balance[index])} for index, label in enumerate(statistics.label_names)
        ],
        "unlabelled": _by_split(balance[UNKNOWN]),
        "writers": statistics.n_writers,
        "ink": statistics.n_ink,
        "flagged": statistics.n_flagged,
        "excluded": statistics.n_excluded,
        "distributions": {each.measure.value: _distribution(each) for each in statistics.distributions},
        "empty": {"n": len(statistics.empty), "ids": _ids(statistics, statistics.empty[:_MOST])},
        "equal": _groups(statistics, statistics.equal) | {"same_originals": statistics.n_same_originals},
        "near": _groups(statistics, statistics.near)
        | {"is_looked_for": statistics.has_neighbours, "is_complete": statistics.is_complete},
        "suspects": _suspects(statistics),
        "leaks": {
            "equal": len(statistics.positions_of(Kind.LEAK, "equal")),
            "near": len(statistics.positions_of(Kind.LEAK, "near")),
            "writers": [
                {"writer": name, **_by_split(counts)}
                for name, counts in zip(statistics.writers.names, statistics.writers.counts, strict=True)
            ],
        },
        "findings": [each.text for each in findings(statistics)],
    }


def _by_split(counts: NDArray[np.int64]) -> dict[str, int]:
    return {split.value: int(count) for split, count in zip(SPLITS, counts, strict=True)} | {"n": int(counts.sum())}


def _distribution(each: Distribution) -> dict[str, Any]:
    return {
        "step": SCALES[each.measure].step,
        "counts": each.counts.tolist(),
        "reference": [round(share, 6) for share in each.reference.tolist()],
        "median": _number(each.quantile(0.5)),
        "mean": _number(each.mean()),
        "reference_median": _number(each.quantile(0.5, of_reference=True)),
        "reference_mean": _number(each.mean(of_reference=True)),
        "overlap": round(each.overlap, 4),
    }


def _number(value: float) -> float | None:
    """JSON knows no NaN."""
    return None if np.isnan(value) else round(value, 4)


def _groups(statistics: Statistics, groups: Groups) -> dict[str, Any]:
    return {
        "groups": len(groups),
        "samples": len(groups.members),
        "superfluous": groups.n_superfluous,
        "conflicts": int(groups.has_conflict.sum()),
        "leaks": int(groups.is_leak.sum()),
        "ids": [_ids(statistics, groups.group(index)[:_MOST]) for index in range(min(_MOST, len(groups)))],
    }


def _suspects(statistics: Statistics) -> dict[str, Any]:
    suspects = statistics.suspects
    names = {reason: str(reason.name).lower() for reason in Reason}
    return {
        "n": len(suspects),
        "reasons": {name: len(statistics.positions_of(Kind.SUSPECT, reason)) for reason, name in names.items()},
        "first": [
            {
                "id": statistics.id_of(int(position)),
                "label": statistics.label_of(int(position)),
                "looks_like": answer,
                "reasons": [name for reason, name in names.items() if reasons & reason],
                "score": round(float(score), 3),
            }
            for position, answer, reasons, score in zip(
                suspects.positions[:_MOST],
                suspects.answers[:_MOST],
                suspects.reasons[:_MOST].tolist(),
                suspects.scores[:_MOST],
                strict=True,
            )
        ],
    }


def _ids(statistics: Statistics, positions: NDArray[np.int64]) -> list[int]:
    return [statistics.id_of(int(position)) for position in positions]
