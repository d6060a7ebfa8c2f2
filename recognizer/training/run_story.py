"""What parts two runs, in sentences: what was fixed and broken, how sure that is, and what it costs."""

from collections import Counter
from typing import Final

from recognizer.base.i18n import tr
from recognizer.training.recipe import is_convolutional
from recognizer.training.run_comparison import RunComparison, Side

CHANCE: Final = 0.05
"""From this probability on, a difference may be chance."""
_ALIKE: Final = 1.05
"""Up to this ratio, two sizes are called the same."""


def chance_words(p_value: float) -> str:
    """How easily chance alone gives so large a difference."""
    p = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"
    if p_value < CHANCE:
        return tr("{p}: could hardly be chance", p=p)
    return tr("{p}: may be chance", p=p)


def doubt_words(p_value: float) -> str:
    """That the difference is small; empty where it could hardly be chance."""
    return tr("So small a difference may be chance (p = {p}).", p=f"{p_value:.2g}") if p_value >= CHANCE else ""


def result_words(compared: RunComparison, titles: tuple[str, str]) -> str:
    """Both accuracies, and how many samples were fixed and broken."""
    first, second = (f"{100 * share:.1f} %" for share in compared.accuracies)
    return tr(
        "{second} reads {high} of the {n} samples rightly, {first} {low}: {fixed} fixed, {broke} broken.",
        second=titles[1],
        high=second,
        n=f"{compared.paired.n:,}",
        first=titles[0],
        low=first,
        fixed=f"{len(compared.paired.fixed):,}",
        broke=f"{len(compared.paired.broke):,}",
    )


def most_fixed_words(compared: RunComparison, labels: tuple[str, ...]) -> str:
    """Which mistake of the first run the second makes no more, the most frequent one; empty where none stands out.

    Args:
        compared: What both said.
        labels: The classes by their indices.
    """
    answers = compared.answers
    is_fixed = (answers.first != answers.truth) & (answers.second == answers.truth)
    pairs = Counter(zip(answers.truth[is_fixed].tolist(), answers.first[is_fixed].tolist(), strict=True))
    if not pairs:
        return ""
    (truth, read), count = pairs.most_common(1)[0]
    if count < 2 or max(truth, read) >= len(labels):
        return ""
    return tr(
        "Fixed most often: {truth} that was read as {read} ({n} times).",
        truth=labels[truth],
        read=labels[read],
        n=f"{count:,}",
    )


def cost_words(first: Side, second: Side) -> str:
    """How large the second run's network is beside the first one's; empty where one is not known."""
    if not (first.parameters and second.parameters and first.multiplies and second.multiplies):
        return ""
    weights, multiplies = second.parameters / first.parameters, second.multiplies / first.multiplies
    if _is_alike(weights) and _is_alike(multiplies):
        return tr("Both networks have equally many weights and multiply equally often.")
    if _is_alike(weights):
        return f"{_times(multiplies)}"
    if _is_alike(multiplies):
        return f"{_size(weights)}"
    shares = {"w": _ratio(weights), "m": _ratio(multiplies)}
    if weights < 1 < multiplies:
        return tr("It has {w}× fewer weights but multiplies {m}× as often.", **shares)
    if weights < 1:
        return tr("It has {w}× fewer weights and multiplies {m}× less often.", **shares)
    if multiplies > 1:
        return tr("It has {w}× as many weights and multiplies {m}× as often.", **shares)
    return tr("It has {w}× as many weights but multiplies {m}× less often.", **shares)


def _size(ratio: float) -> str:
    if ratio < 1:
        return tr("It has {w}× fewer weights and multiplies equally often.", w=_ratio(ratio))
    return tr("It has {w}× as many weights and multiplies equally often.", w=_ratio(ratio))


def _times(ratio: float) -> str:
    if ratio < 1:
        return tr("It has equally many weights and multiplies {m}× less often.", m=_ratio(ratio))
    return tr("It has equally many weights and multiplies {m}× as often.", m=_ratio(ratio))


def _is_alike(ratio: float) -> bool:
    return 1 / _ALIKE <= ratio <= _ALIKE


def _ratio(ratio: float) -> str:
    ratio = max(ratio, 1 / ratio)
    return f"{ratio:,.0f}" if ratio >= 9.95 else f"{ratio:.1f}".removesuffix(".0")


def kind_words(first: Side, second: Side, titles: tuple[str, str]) -> str:
    """What parts a network that looks at neighbourhoods from one that does not; empty where both do, or neither."""
    recipes = [side.record.run.config.recipe for side in (first, second)]
    if not all(recipes) or is_convolutional(recipes[0]) == is_convolutional(recipes[1]):
        return ""
    is_second = is_convolutional(recipes[1])
    return tr(
        "The convolutions of {one} look for the same small shapes everywhere in the picture; "
        "{other} has to learn them anew at every place.",
        one=titles[1 if is_second else 0],
        other=titles[0 if is_second else 1],
    )


def story(compared: RunComparison, sides: tuple[Side, Side], titles: tuple[str, str]) -> list[str]:
    """All of it, one sentence or two each; what cannot be said is left out.

    Args:
        compared: What both said; the second of them stands for after.
        sides: Both runs in the same order.
        titles: What they are called here.
    """
    said = (
        result_words(compared, titles),
        doubt_words(compared.paired.p_value),
        most_fixed_words(compared, sides[0].labels),
        cost_words(*sides),
        kind_words(*sides, titles),
    )
    return [sentence for sentence in said if sentence]


def data_words(sides: tuple[Side, Side]) -> str:
    """That the data were not the same; empty where they were, or that is not known."""
    versions = [side.record.version for side in sides]
    if not all(versions) or versions[0] == versions[1] or sides[0].record.run.dataset != sides[1].record.run.dataset:
        return ""
    return tr("The data has changed between the two runs; the difference may come from that.")


def fixed_words(fixed: int, broke: int) -> str:
    """How many samples were fixed and broken."""
    return tr("{fixed} fixed, {broke} broken", fixed=f"{fixed:,}", broke=f"{broke:,}")
