"""The statistics as one HTML file that needs nothing else: to be kept, sent, printed."""

import time
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.files import write_atomic
from recognizer.base.i18n import current_language, ntr, tr
from recognizer.base.resources import resource_path
from recognizer.library.dataset import SPLITS, Split
from recognizer.library.samples import UNKNOWN
from recognizer.library.statistics.charts import histogram, plain, share_bar
from recognizer.library.statistics.duplicates import Groups
from recognizer.library.statistics.findings import Severity, findings
from recognizer.library.statistics.measures import Measure, explanation, title
from recognizer.library.statistics.pictures import ink_image, spread_image
from recognizer.library.statistics.results import Distribution, Kind, Statistics
from recognizer.library.statistics.suspects import Reason

_MOST_CLASSES: Final = 100
_MOST_GROUPS: Final = 12
_MOST_OF_GROUP: Final = 8
_MOST_SUSPECTS: Final = 60
_MOST_WRITERS: Final = 20
_DIGITS: Final = {Measure.STROKE_WIDTH: 1, Measure.OFFSET: 2}


def write_html(statistics: Statistics, to: Path) -> None:
    """Write the statistics to `to`, in the language in use.

    Raises:
        RecognizerError: The file cannot be written; one that was there before is unchanged.
    """
    write_atomic(to, html(statistics))


def html(statistics: Statistics) -> str:
    """The page: one file without scripts, whose pictures are inside; what users wrote is shown as plain text."""
    style = resource_path("statistics/report.css").read_text(encoding="utf-8")
    heading = statistics.title or statistics.name
    sections = [
        _tiles(statistics),
        _findings(statistics),
        _section(
            tr("Classes"), tr("How many samples there are of each, by what they are used for"), _balance(statistics)
        ),
        _section(
            tr("What the classes look like"),
            tr("On the left the mean of all pictures, on the right where they differ"),
            _classes(statistics),
        ),
        _section(
            tr("Compared with the training data"),
            tr("Bars are these samples, the line is what the shipped models were trained on"),
            _distributions(statistics),
        ),
        _section(tr("Copies"), tr("Samples with the same picture, and with nearly the same"), _copies(statistics)),
        _section(
            tr("Suspicious samples"),
            tr("What may have a wrong label, the most suspicious first: the label, and what it rather looks like"),
            _suspects(statistics),
        ),
        _section(
            tr("Training and judging kept apart"),
            tr("What is trained on must not be used to judge what was learnt"),
            _leaks(statistics),
        ),
        _method(),
    ]
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(statistics.made))
    return (
        f'<!DOCTYPE html>\n<html lang="{current_language().replace("_", "-")}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(tr('Statistics'))} · {plain(heading, isolated=False)}</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header><p>{escape(tr('Statistics'))}</p><h1>{plain(heading)}</h1>"
        f"<p>{escape(_summary(statistics))} · <time>{when}</time></p></header>\n<main>\n"
        + "\n".join(section for section in sections if section)
        + f"\n</main>\n<footer>{escape(tr('Made by Recognizer'))}</footer>\n</body>\n</html>\n"
    )


def _summary(statistics: Statistics) -> str:
    parts = [
        ntr("{n} sample", "{n} samples", len(statistics)),
        ntr("{n} class", "{n} classes", len(statistics.classes.labels)),
    ]
    if statistics.n_writers:
        parts.append(ntr("{n} writer", "{n} writers", statistics.n_writers))
    return " · ".join(parts)


def _section(heading: str, note: str, body: str) -> str:
    if not body:
        return ""
    return f'<section><h2>{escape(heading)}</h2><p class="note">{escape(note)}</p>{body}</section>'


def _split_names() -> dict[Split, str]:
    return {Split.TRAIN: tr("Training"), Split.VALIDATION: tr("Validation"), Split.TEST: tr("Test")}


def _tiles(statistics: Statistics) -> str:
    """The figures that one looks for first."""
    equal, near = statistics.equal.n_superfluous, statistics.near.n_superfluous
    leaks = len(np.unique(np.concatenate([statistics.positions_of(Kind.LEAK, key) for key in ("equal", "near")])))
    names = _split_names()
    splits = statistics.balance.sum(axis=0).tolist()
    tiles = [
        (
            tr("Samples"),
            len(statistics),
            ", ".join(f"{names[s]} {n:,}" for s, n in zip(SPLITS, splits, strict=True) if n),
            0,
        ),
        (
            tr("Copies"),
            equal,
            tr("{n:,} more are nearly the same", n=near) if near else tr("no near ones"),
            equal + near,
        ),
        (tr("Empty"), len(statistics.empty), tr("without any ink"), len(statistics.empty)),
        (tr("Suspicious"), len(statistics.suspects), tr("may have a wrong label"), len(statistics.suspects)),
        (tr("On both sides"), leaks, tr("trained on and judged"), leaks),
    ]
    cells = []
    for place, (name, value, note, bad) in enumerate(tiles):
        state = "" if place == 0 else " good" if bad == 0 else " wrong" if place in (2, 4) else " doubt"
        cells.append(
            f'<div class="tile{state}"><p>{escape(name)}</p><p class="figure">{value:,}</p><p>{escape(note)}</p></div>'
        )
    return f'<div class="tiles">{"".join(cells)}</div>'


def _findings(statistics: Statistics) -> str:
    found = findings(statistics)
    if not found:
        return f'<section class="findings"><h2>{escape(tr("Nothing stands out"))}</h2></section>'
    state = {Severity.FINE: "good", Severity.DOUBT: "doubt", Severity.WRONG: "wrong"}
    # Labels may be part of a sentence.
    items = "".join(f'<li class="{state[each.severity]}">{plain(each.text)}</li>' for each in found)
    return f'<section class="findings"><h2>{escape(tr("What stands out"))}</h2><ul>{items}</ul></section>'


def _balance(statistics: Statistics) -> str:
    balance = statistics.balance
    there = [label for label in range(len(statistics.label_names)) if balance[label].any()]
    if balance[UNKNOWN].any():
        there.append(UNKNOWN)
    if not there:
        return ""
    most = int(balance.sum(axis=1).max())
    names = [_split_names()[split] for split in SPLITS]
    used = [index for index in range(len(SPLITS)) if balance[:, index].any()]
    rows = []
    for label in there[:_MOST_CLASSES]:
        counts = balance[label].tolist()
        name = plain(statistics.label_names[label]) if label >= 0 else f"<i>{escape(tr('no label'))}</i>"
        numbers = "".join(f'<td class="split">{counts[index]:,}</td>' for index in used)
        rows.append(
            f'<tr><th>{name}</th><td class="wide">{share_bar(counts, most, names)}</td>{numbers}'
            f"<td>{sum(counts):,}</td></tr>"
        )
    keys = [f'<span class="key part{index}"></span>{escape(names[index])}' for index in used]
    head = "".join(f'<th class="split">{key}</th>' for key in keys)
    sums = "".join(f'<td class="split">{balance[:, index].sum():,}</td>' for index in used)
    return (
        f'<p class="legend narrow">{" ".join(keys)}</p>'
        f'<table class="balance"><thead><tr><th></th>'
        f'<th class="wide"></th>{head}<th>{escape(tr("Together"))}</th></tr>'
        f"</thead><tbody>{''.join(rows)}</tbody><tfoot><tr><th></th><td></td>{sums}<td>{balance.sum():,}</td></tr></tfoot>"
        f"</table>{_more(len(there) - _MOST_CLASSES)}"
    )


def _more(n: int) -> str:
    """What is said of that which is left out."""
    return f'<p class="note">{escape(ntr("and {n} more", "and {n} more", n))}</p>' if n > 0 else ""


def _classes(statistics: Statistics) -> str:
    classes = statistics.classes
    figures = []
    for place in range(min(_MOST_CLASSES, len(classes.labels))):
        name = plain(statistics.label_names[classes.labels[place]])
        figures.append(
            f'<figure class="class">{ink_image(classes.means[place], tr("mean"))}'
            f"{spread_image(classes.spreads[place], tr('spread'))}<figcaption>{name}</figcaption></figure>"
        )
    return f'<div class="grid">{"".join(figures)}</div>{_more(len(classes.labels) - _MOST_CLASSES)}' if figures else ""


def _distributions(statistics: Statistics) -> str:
    cards = [_distribution(each) for each in statistics.distributions if each.counts.any()]
    if not cards:
        return ""
    legend = (
        f'<p class="legend"><span class="key part0"></span>{escape(tr("these samples"))}'
        f'<span class="key line"></span>{escape(tr("training data of the shipped models"))}</p>'
    )
    return f'{legend}<div class="cards">{"".join(cards)}</div>'


def _distribution(each: Distribution) -> str:
    digits = _DIGITS.get(each.measure, 0)
    words = tr("Median {mine:.{digits}f}", mine=each.quantile(0.5), digits=digits)
    if each.reference.any():
        words = tr(
            "Median {mine:.{digits}f}, training data {theirs:.{digits}f} · {overlap:.0%} in common",
            mine=each.quantile(0.5),
            theirs=each.quantile(0.5, of_reference=True),
            overlap=each.overlap,
            digits=digits,
        )
    name = title(each.measure)
    return (
        f'<figure class="card"><figcaption><b>{escape(name)}</b><span>{escape(explanation(each.measure))}</span>'
        f"</figcaption>{histogram(each, name)}<p>{escape(words)}</p></figure>"
    )


def _copies(statistics: Statistics) -> str:
    parts = []
    for groups, heading in (
        (statistics.equal, tr("The same picture")),
        (statistics.near, tr("Nearly the same picture")),
    ):
        if len(groups):
            said = ntr("{n} group", "{n} groups", len(groups))
            parts.append(f"<h3>{escape(heading)} <small>{escape(said)}</small></h3>{_groups(statistics, groups)}")
    if not parts:
        said = (
            tr("There are none")
            if statistics.has_neighbours
            else tr("There are no equal ones; near ones were not looked for")
        )
        return _good(said)
    if not statistics.is_complete:
        parts.append(f'<p class="note">{escape(tr("There are too many near ones to name them all"))}</p>')
    return "".join(parts)


def _good(said: str) -> str:
    return f'<p class="good">{escape(said)}</p>'


def _groups(statistics: Statistics, groups: Groups, chosen: NDArray[np.bool_] | None = None) -> str:
    """The first groups, or the first of those that are chosen, as rows of thumbnails."""
    numbers = np.flatnonzero(np.ones(len(groups), bool) if chosen is None else chosen)
    names = _split_names()
    shown = []
    for number in numbers[:_MOST_GROUPS].tolist():
        members = groups.group(number)
        pictures = "".join(
            _thumbnail(statistics, int(member), names[Split(statistics.split_of(int(member)))])
            for member in members[:_MOST_OF_GROUP]
        )
        more = f'<span class="more">+{len(members) - _MOST_OF_GROUP:,}</span>' if len(members) > _MOST_OF_GROUP else ""
        state = " wrong" if groups.has_conflict[number] else ""
        shown.append(f'<div class="group{state}">{pictures}{more}</div>')
    return f'<div class="groups">{"".join(shown)}</div>{_more(len(numbers) - _MOST_GROUPS)}'


def _thumbnail(statistics: Statistics, position: int, note: str, answer: str = "", hint: str = "") -> str:
    """A sample with its label and a word about it."""
    picture = statistics.thumbnails.picture(position)
    image = ink_image(picture, "") if picture is not None else '<span class="none"></span>'
    label = plain(statistics.label_of(position)) if statistics.label_of(position) else "–"
    becomes = f"<span>→&#8239;{plain(answer)}</span>" if answer else ""
    name = escape(f"#{statistics.id_of(position)} {hint}".strip())
    return (
        f'<figure class="sample" title="{name}">{image}<figcaption><span class="labels"><b>{label}</b>{becomes}</span>'
        f"<small>{escape(note)}</small></figcaption></figure>"
    )


def _suspects(statistics: Statistics) -> str:
    suspects = statistics.suspects
    if len(suspects) == 0:
        return _good(tr("There are none"))
    words: dict[Reason, Callable[[], str]] = {
        Reason.OTHER_CLASS: lambda: tr("lies among samples of another class"),
        Reason.UNLIKE: lambda: tr("is far from all others of its class"),
        Reason.PREDICTION: lambda: tr("a model is sure that it is something else"),
    }
    shown = []
    for place in range(min(_MOST_SUSPECTS, len(suspects))):
        position = int(suspects.positions[place])
        reasons = [text() for reason, text in words.items() if suspects.reasons[place] & reason]
        shown.append(
            _thumbnail(
                statistics, position, f"#{statistics.id_of(position)}", suspects.answers[place], "; ".join(reasons)
            )
        )
    counts = [
        f"{text()[:1].upper()}{text()[1:]}: {len(statistics.positions_of(Kind.SUSPECT, reason)):,}"
        for reason, text in words.items()
        if len(statistics.positions_of(Kind.SUSPECT, reason))
    ]
    listed = "".join(f"<li>{escape(each)}</li>" for each in counts)
    more = _more(len(suspects) - _MOST_SUSPECTS)
    return f'<ul class="plain">{listed}</ul><div class="samples">{"".join(shown)}</div>{more}'


def _leaks(statistics: Statistics) -> str:
    parts = []
    for groups, heading in (
        (statistics.equal, tr("The same picture on both sides")),
        (statistics.near, tr("Nearly the same picture on both sides")),
    ):
        if groups.is_leak.any():
            said = ntr("{n} group", "{n} groups", int(groups.is_leak.sum()))
            rows = _groups(statistics, groups, groups.is_leak)
            parts.append(f"<h3>{escape(heading)} <small>{escape(said)}</small></h3>{rows}")
    writers = statistics.writers
    if len(writers):
        names = "".join(f"<th>{escape(name)}</th>" for name in _split_names().values())
        rows = "".join(
            f"<tr><th>{plain(name)}</th>{_cells(counts.tolist())}</tr>"
            for name, counts in zip(writers.names[:_MOST_WRITERS], writers.counts, strict=False)
        )
        said = ntr("{n} writer", "{n} writers", len(writers))
        parts.append(
            f"<h3>{escape(tr('Writers on both sides'))} <small>{escape(said)}</small></h3>"
            f"<table><thead><tr><th></th>{names}</tr></thead><tbody>{rows}</tbody></table>"
            f"{_more(len(writers) - _MOST_WRITERS)}"
        )
    return "".join(parts) or _good(tr("Nothing is on both sides"))


def _cells(numbers: Sequence[int]) -> str:
    return "".join(f"<td>{number:,}</td>" for number in numbers)


def _method() -> str:
    texts = (
        tr("Everything is measured on the 28×28 pictures that models see; a pixel is inked from level 32 of 255 on."),
        tr("Strokes of area A and outline P are 2·A / P wide."),
        tr("Nearly the same are pictures whose levels, brought to the same length, differ by at most 15 %."),
        tr(
            "A sample is suspicious where the nearest one of its own class is 1.2 times further away than one of "
            "another class, where it is far from all of its class, or where a model is at least 90 % sure that it is "
            "something else."
        ),
        tr("The training data are MNIST, pendigits and UNIPEN digits."),
    )
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<details><summary>{escape(tr('How this is measured'))}</summary><ul>{items}</ul></details>"
