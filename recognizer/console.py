"""What the command line shows while it works: progress on stderr, tables of figures."""

import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.evaluation.report import EvaluationReport
from recognizer.training.events import (
    BatchProgress,
    EpochEnded,
    EpochMetrics,
    EventCallback,
    RunBegan,
    StageBegan,
    TrainingEvent,
)


def say(text: str) -> None:
    """One line on stderr."""
    print(text, file=sys.stderr, flush=True)


def is_terminal() -> bool:
    """Whether a person watches stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def loading() -> Iterator[ProgressCallback]:
    """A bar for loading a dataset, where a person watches; gone when it is done."""
    if not is_terminal():
        yield no_progress
        return
    bar = _bar(transient=True)
    task = bar.add_task("", total=None)

    def report(done: int, total: int, message: str) -> None:
        bar.update(task, completed=done, total=total or None, description=message)

    with bar:
        yield report


@contextmanager
def training() -> Iterator[EventCallback]:
    """A bar for each run and a line for each epoch; lines alone where nobody watches."""
    if not is_terminal():
        yield _print_event
        return
    bar = _bar(transient=True)
    task = bar.add_task(tr("Preparing"), total=None)
    steps = [1]

    def report(event: TrainingEvent) -> None:
        if isinstance(event, StageBegan):
            bar.update(task, description=event.message)
        elif isinstance(event, RunBegan):
            steps[0] = event.steps_per_epoch
            bar.update(task, total=event.epochs * event.steps_per_epoch, completed=0)
        elif isinstance(event, BatchProgress):
            text = tr(
                "Epoch {epoch}   loss {loss}   {seconds} s left",
                epoch=event.epoch,
                loss=f"{event.loss:.4f}",
                seconds=f"{event.seconds_left:.0f}",
            )
            bar.update(task, completed=(event.epoch - 1) * steps[0] + event.batch, description=text)
        elif isinstance(event, EpochEnded):
            bar.console.print(epoch_line(event.metrics), highlight=False)

    with bar:
        yield report


def epoch_line(metrics: EpochMetrics) -> str:
    """One epoch's figures in a line."""
    line = tr(
        "Epoch {epoch}: loss {loss}, accuracy {accuracy} %, {seconds} s",
        epoch=metrics.epoch,
        loss=f"{metrics.loss:.4f}",
        accuracy=f"{metrics.accuracy * 100:.2f}",
        seconds=f"{metrics.seconds:.1f}",
    )
    if metrics.val_loss is None or metrics.val_accuracy is None:
        return line
    validation = tr(
        "validation loss {loss}, accuracy {accuracy} %",
        loss=f"{metrics.val_loss:.4f}",
        accuracy=f"{metrics.val_accuracy * 100:.2f}",
    )
    return f"{line}; {validation}"


def report_text(report: EvaluationReport) -> str:
    """Accuracy, and precision, recall and F1 of every class that has samples or was answered."""
    lines = [
        tr(
            "{n} samples, accuracy {accuracy} %, {rejected} rejected",
            n=f"{report.n:,}",
            accuracy=f"{report.accuracy * 100:.2f}",
            rejected=f"{report.rejected:,}",
        ),
        "",
        "".join(f"{head:>12}" for head in (tr("class"), tr("precision"), tr("recall"), tr("F1"), tr("samples"))),
    ]
    for score in report.per_class:
        shares = "".join(f"{share * 100:>10.2f} %" for share in (score.precision, score.recall, score.f1))
        lines.append(f"{score.label:>12}{shares}{score.support:>12,}")
    return "\n".join(lines)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under their heads, text to the left and numbers to the right."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    is_number = [isinstance(cell, int) for cell in rows[0]] if rows else [False] * len(heads)
    widths = [max(map(_columns, column)) for column in zip(heads, *cells, strict=True)]
    return "\n".join(
        "  ".join(
            " " * (width - _columns(cell)) + cell if number else cell + " " * (width - _columns(cell))
            for cell, width, number in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in (list(heads), *cells)
    )


def _columns(text: str) -> int:
    """How wide a terminal shows it: 汉字 count twice."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _print_event(event: TrainingEvent) -> None:
    if isinstance(event, EpochEnded):
        say(epoch_line(event.metrics))
    elif isinstance(event, StageBegan):
        say(event.message)


def _bar(*, transient: bool) -> Any:
    # Imported here: only a person at a terminal needs it.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    # Descriptions hold file names, which are no markup.
    text = TextColumn("{task.description}", markup=False)
    return Progress(text, BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=transient)
