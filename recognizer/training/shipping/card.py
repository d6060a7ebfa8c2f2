"""A model's card: one HTML file, without scripts and without anything from elsewhere, that says what the model is.

After Mitchell et al. 2019, "Model Cards for Model Reporting": what it is, what it was made from, how well it does and
for whom, and what it is not for.
"""

from html import escape
from pathlib import Path
from typing import Any, Final

from recognizer.base.files import write_atomic
from recognizer.base.i18n import current_language, tr
from recognizer.base.paths import Profile
from recognizer.base.resources import resource_path
from recognizer.evaluation.report import EvaluationReport
from recognizer.inference.registry import ModelRecord
from recognizer.library.statistics.charts import plain
from recognizer.training.shipping.confusion_svg import confusion_svg
from recognizer.training.shipping.facts import (
    Row,
    accuracy_words,
    how_trained,
    limits,
    one_line,
    recipe_of,
    report_of,
    size_of,
    what_from,
    what_it_is,
)

_MOST_CLASSES: Final = 100
_LONGEST: Final = 400
"""Characters of a value that are shown."""


def write_card(record: ModelRecord, profile: Profile, to: Path) -> None:
    """Write the card of a model to `to`, in the language in use.

    Raises:
        RecognizerError: The file cannot be written; one that was there before is unchanged.
    """
    write_atomic(to, card_html(record, report_of(record, profile)))


def card_html(record: ModelRecord, report: EvaluationReport | None) -> str:
    """The page.

    Args:
        record: The model.
        report: How it did; None where it is not known.
    """
    style = resource_path("statistics/report.css").read_text(encoding="utf-8")
    extra = resource_path("statistics/card.css").read_text(encoding="utf-8")
    sections = [
        _tiles(record, report),
        _section(tr("What it is"), _table(_facts(record))),
        _section(tr("What it was made from"), _table(what_from(record))),
        _section(tr("How it was trained"), _table(how_trained(record))),
        _section(tr("The network"), _network(record)),
    ]
    if report is not None:
        sections += [
            _section(tr("How well it reads each class"), _classes(report)),
            _section(tr("What it takes for what"), _confusion(report)),
        ]
    sections.append(_section(tr("What it is not for"), _limits(record, report)))
    title = tr("Model card")
    return (
        f'<!DOCTYPE html>\n<html lang="{current_language().replace("_", "-")}">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)} · {plain(record.title, isolated=False)}</title>\n"
        f"<style>\n{style}{extra}</style>\n</head>\n<body>\n"
        f"<header><p>{escape(title)}</p><h1>{plain(record.title)}</h1><p>{plain(record.id)} · "
        f"<time>{plain(record.created, isolated=False)}</time></p></header>\n<main>\n"
        + "\n".join(section for section in sections if section)
        + f"\n</main>\n<footer>{escape(tr('Made by Recognizer'))}</footer>\n</body>\n</html>\n"
    )


def _section(heading: str, body: str) -> str:
    return f"<section><h2>{escape(heading)}</h2>{body}</section>" if body else ""


def _tiles(record: ModelRecord, report: EvaluationReport | None) -> str:
    parameters = record.card.get("parameters")
    size = size_of(record)
    tiles = []
    accuracy = accuracy_words(record, report)
    if accuracy is not None:
        tiles.append((tr("Accuracy"), *accuracy))
    if report is not None and report.n:
        share = f"{100 * report.rejected / report.n:.2f} %"
        tiles.append((tr("Rejected"), share, tr("{n} answers that are not trusted", n=f"{report.rejected:,}")))
    tiles.append((tr("Classes"), str(len(record.labels)), ""))
    if isinstance(parameters, int):
        tiles.append((tr("Parameters"), f"{parameters:,}", ""))
    if size is not None:
        tiles.append((tr("Size"), f"{size / 1000:,.0f} kB", "LiteRT"))
    cells = "".join(
        f'<div class="tile"><p>{escape(name)}</p><p class="figure">{escape(value)}</p><p>{escape(note)}</p></div>'
        for name, value, note in tiles
    )
    return f'<div class="tiles">{cells}</div>'


def _table(rows: list[Row]) -> str:
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{_value(value)}</td></tr>" for name, value in rows)
    return f'<table class="facts"><tbody>{lines}</tbody></table>' if lines else ""


def _value(value: Any) -> str:
    """Anything that JSON can hold as one line of plain text."""
    text = one_line(value)
    return plain(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _facts(record: ModelRecord) -> list[Row]:
    versions = record.card.get("versions")
    return what_it_is(record) + ([(tr("Made with"), versions)] if isinstance(versions, dict) else [])


def _network(record: ModelRecord) -> str:
    recipe = recipe_of(record)
    if not recipe:
        return ""
    items = "".join(
        f"<li><b>{plain(str(layer.get('type', '')))}</b> "
        f"{_value({name: value for name, value in layer.items() if name != 'type'})}</li>"
        for layer in recipe[:_MOST_CLASSES]
    )
    return f"<ol>{items}</ol>"


def _classes(report: EvaluationReport) -> str:
    heads = (tr("class"), tr("precision"), tr("recall"), tr("F1"), tr("samples"))
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    rows = "".join(
        f"<tr><th>{plain(score.label)}</th><td>{100 * score.precision:.2f} %</td><td>{100 * score.recall:.2f} %</td>"
        f"<td>{100 * score.f1:.2f} %</td><td>{score.support:,}</td></tr>"
        for score in report.per_class[:_MOST_CLASSES]
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _confusion(report: EvaluationReport) -> str:
    note = tr("Rows are what was written, columns what was read; darker is more of the row")
    return f'<p class="note">{escape(note)}</p>{confusion_svg(report.confusion)}'


def _limits(record: ModelRecord, report: EvaluationReport | None) -> str:
    return f"<ul>{''.join(f'<li>{plain(text)}</li>' for text in limits(record, report))}</ul>"
