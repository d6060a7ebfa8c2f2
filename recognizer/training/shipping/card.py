"""A model's card: one HTML file, without scripts and without anything from elsewhere, that says what the model is.

After Mitchell et al. 2019, "Model Cards for Model Reporting": what it is, what it was made from, how well it does and
for whom, and what it is not for.
"""

import logging
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic
from recognizer.base.i18n import current_language, tr
from recognizer.base.paths import Profile
from recognizer.base.resources import resource_path
from recognizer.evaluation.figures import wilson_interval
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.inference.kinds import OPERATORS
from recognizer.inference.registry import OTHER, ModelRecord
from recognizer.library.statistics.charts import plain
from recognizer.training.export import RECIPE
from recognizer.training.runs import RUN, read_report
from recognizer.training.shipping.confusion_svg import confusion_svg
from recognizer.training.shipping.foreign import read_companion

_log = logging.getLogger(__name__)

_MOST_CLASSES: Final = 100
_LONGEST: Final = 400
"""Characters of a value that are shown."""


def write_card(record: ModelRecord, profile: Profile, to: Path) -> None:
    """Write the card of a model to `to`, in the language in use.

    Raises:
        RecognizerError: The file cannot be written; one that was there before is unchanged.
    """
    write_atomic(to, card_html(record, report_of(record, profile)))


def report_of(record: ModelRecord, profile: Profile) -> EvaluationReport | None:
    """How the model did where it was judged last: what its run says, or its own `model.json`; None if neither does."""
    run = record.card.get("training", {}).get("run")
    if isinstance(run, str) and run and (profile.runs / Path(run).name / RUN).is_file():
        try:
            found = read_report(profile.runs / Path(run).name)
            if found is not None:
                return found
        except RecognizerError as error:
            _log.info("The card goes without the run's report: %s", error)
    metrics = record.card.get("metrics", {})
    try:
        counts = np.asarray(metrics.get("confusion"), np.int64)
        if counts.shape != (len(record.labels),) * 2 or counts.min() < 0:
            return None
        return EvaluationReport(ConfusionMatrix(counts, record.labels), int(metrics.get("rejected", 0)))
    except (TypeError, ValueError, OverflowError):
        return None


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
        _section(tr("What it was made from"), _table(_data(record))),
        _section(tr("How it was trained"), _table(_settings(record))),
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
    size = record.card.get("files", {}).get(record.network.name, {}).get("bytes")
    tiles = []
    if report is not None and report.n:
        right = int(np.trace(report.confusion.counts))
        interval = wilson_interval(right, report.n)
        note = tr(
            "95 % interval {low} to {high} %, of {n}",
            low=f"{100 * interval.low:.2f}",
            high=f"{100 * interval.high:.2f}",
            n=f"{report.n:,}",
        )
        tiles.append((tr("Accuracy"), f"{100 * report.accuracy:.2f} %", note))
        share = f"{100 * report.rejected / report.n:.2f} %"
        tiles.append((tr("Rejected"), share, tr("{n} answers that are not trusted", n=f"{report.rejected:,}")))
    tiles.append((tr("Classes"), str(len(record.labels)), ""))
    if isinstance(parameters, int):
        tiles.append((tr("Parameters"), f"{parameters:,}", ""))
    if isinstance(size, int):
        tiles.append((tr("Size"), f"{size / 1000:,.0f} kB", "LiteRT"))
    cells = "".join(
        f'<div class="tile"><p>{escape(name)}</p><p class="figure">{escape(value)}</p><p>{escape(note)}</p></div>'
        for name, value, note in tiles
    )
    return f'<div class="tiles">{cells}</div>'


def _table(rows: list[tuple[str, Any]]) -> str:
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{_value(value)}</td></tr>" for name, value in rows)
    return f'<table class="facts"><tbody>{lines}</tbody></table>' if lines else ""


def _value(value: Any) -> str:
    """Anything that JSON can hold as one line of plain text."""
    if isinstance(value, dict):
        text = ", ".join(f"{name} {_short(each)}" for name, each in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(map(_short, value))
    else:
        text = _short(value)
    return plain(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _facts(record: ModelRecord) -> list[tuple[str, Any]]:
    rule = record.reject
    rows: list[tuple[str, Any]] = [
        (tr("Reads"), list(record.labels)),
        (
            tr("Input"),
            tr(
                "pictures of {size}×{size} grey levels; the symbol is {fit} pixels long, its centre on pixel {centre}",
                size=record.preprocessing.size,
                fit=record.preprocessing.fit,
                centre=record.preprocessing.centre,
            ),
        ),
        (
            tr("Doubted"),
            tr(
                "below {unsure} % it is doubtful, below {reject} % nothing is recognised",
                unsure=f"{100 * rule.unsure_below:g}",
                reject=f"{100 * rule.reject_below:g}",
            ),
        ),
    ]
    if record.extras:
        rows.insert(
            1, (tr("Also knows"), [tr("what is no symbol") if each == OTHER else each for each in record.extras])
        )
    versions = record.card.get("versions")
    if isinstance(versions, dict):
        rows.append((tr("Made with"), versions))
    return rows


def _data(record: ModelRecord) -> list[tuple[str, Any]]:
    training = record.card.get("training", {})
    rows: list[tuple[str, Any]] = []
    data, samples, sources = (training.get(name) for name in ("data", "samples", "sources"))
    if isinstance(data, dict):
        rows.append((tr("Data"), data.get("title", data.get("name", ""))))
        if data.get("source"):
            rows.append((tr("Where from"), data["source"]))
    if isinstance(samples, dict):
        names = {"train": tr("Training"), "validation": tr("Validation"), "test": tr("Test")}
        rows += [(names.get(str(name), str(name)), count) for name, count in samples.items()]
    if isinstance(sources, dict):
        rows += [(str(name), tr("{n} samples", n=_short(_of(each, "n")))) for name, each in sources.items()]
    for name, label in (("base", tr("Trained further from")), ("imported", tr("Brought in from"))):
        if isinstance(training.get(name), dict):
            rows.append((label, training[name]))
    return rows


def _of(value: Any, name: str) -> Any:
    return value.get(name, "") if isinstance(value, dict) else value


def _settings(record: ModelRecord) -> list[tuple[str, Any]]:
    training = record.card.get("training", {})
    rows: list[tuple[str, Any]] = []
    for part in ("config", "recipe"):
        if isinstance(training.get(part), dict):
            rows += [(str(name), value) for name, value in training[part].items() if name not in ("network", "layers")]
    for name in ("epochs", "best_epoch", "run", "command"):
        if name in training and not any(row[0] == name for row in rows):
            rows.append((name, training[name]))
    return rows


def _network(record: ModelRecord) -> str:
    recipe = read_companion(record.folder / RECIPE, RECIPE, list)
    if not recipe or not all(isinstance(layer, dict) for layer in recipe):
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
    texts = [
        tr("It reads one symbol at a time, prepared as said above; on pictures made otherwise it is worse."),
        tr("It knows only its classes: anything else is taken for one of them, or rejected."),
    ]
    if not set(OPERATORS) & set(record.extras):
        texts.append(tr("Whether a picture shows a symbol at all, it does not say itself."))
    if report is None:
        texts.append(tr("How well it reads is not known: it was not judged here."))
    else:
        scores = [score for score in report.per_class if score.support]
        if scores:
            worst = min(scores, key=lambda score: score.recall)
            texts.append(
                tr(
                    "It reads {label} worst: {share} % of {n} are read rightly.",
                    label=worst.label,
                    share=f"{100 * worst.recall:.2f}",
                    n=f"{worst.support:,}",
                )
            )
        texts.append(tr("The interval is for samples like those it was judged on, not for other writers or papers."))
    texts.append(tr("It must not decide alone where a misread digit does harm, such as doses, cheques or marks."))
    return f"<ul>{''.join(f'<li>{plain(text)}</li>' for text in texts)}</ul>"
