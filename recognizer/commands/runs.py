"""Commands about training runs: runs list, show, compare, rename, delete."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from recognizer.base.i18n import tr
from recognizer.commands.common import open_profile_of, print_json
from recognizer.commands.training import resume

if TYPE_CHECKING:
    from recognizer.base.paths import Profile
    from recognizer.training.run_comparison import Side
    from recognizer.training.run_records import RunRecord


_WIDEST: Final = 40


def runs(asked: argparse.Namespace) -> int:
    """Do what is asked about training runs."""
    return ACTIONS[asked.action](asked)


def list_(asked: argparse.Namespace) -> int:
    """List the runs, the newest first unless something else is asked for."""
    from recognizer.console import table
    from recognizer.training.run_filter import filter_runs, sort_runs
    from recognizer.training.run_records import list_records

    profile = open_profile_of(asked)
    everything = list_records(profile)
    found = filter_runs(everything, asked.filter)
    if asked.sort or asked.reverse:
        found = sort_runs(found, asked.sort or "date", descending=asked.reverse)
    if asked.json:
        print_json({"runs": [_document(record) for record in found]})
    elif not everything:
        print(tr("There is no run yet"))
    elif not found:
        print(tr("No run fits the filter"))
    else:
        rows = [
            [
                record.run.id,
                record.words.name,
                record.run.dataset_title,
                _state(record.run.state),
                _accuracy(record.run.accuracy),
            ]
            for record in found
        ]
        print(table([tr("run"), tr("name"), tr("data"), tr("state"), tr("accuracy")], rows))
    return 0


def show(asked: argparse.Namespace) -> int:
    """Say what is known of one run."""
    from recognizer.commands.judging import figures_text, robustness_text
    from recognizer.console import epoch_line, report_text
    from recognizer.training.run_figures import read_figures
    from recognizer.training.run_keeping import find_run, folder_size
    from recognizer.training.run_records import record_of
    from recognizer.training.run_robustness import read_robustness
    from recognizer.training.runs import read_metrics, read_report

    profile = open_profile_of(asked)
    run = find_run(profile, asked.run)
    if asked.epoch is not None or asked.read:
        from recognizer.commands.looking_back import show_epoch

        return show_epoch(asked, profile, run)
    folder = profile.runs / run.id
    report, epochs = read_report(folder), read_metrics(folder)
    figures = None if report is None else read_figures(profile, run.id, report)
    robustness = read_robustness(folder)
    document = {**_document(record_of(profile, run)), "bytes": folder_size(folder)}
    if asked.json:
        from dataclasses import asdict

        extra = {} if report is None else {"report": report.to_dict()}
        extra |= {} if figures is None else {"figures": figures.to_dict()}
        extra |= {} if robustness is None else {"robustness": robustness.table.to_dict()}
        print_json({**document, "config": run.config.to_dict(), "metrics": [asdict(each) for each in epochs], **extra})
        return 0
    lines = [
        (tr("run"), run.id),
        (tr("name"), document["name"]),
        (tr("note"), document["note"]),
        (tr("data"), run.dataset_title),
        (tr("state"), _state(run.state)),
        (tr("started"), run.started),
        (tr("model"), run.model_id),
        (tr("on the disk"), tr("{size} MB", size=f"{document['bytes'] / 1e6:.1f}")),
    ]
    from recognizer.console import table

    print(table(["", ""], [line for line in lines if line[1]]).lstrip("\n"))
    if run.message:
        print(run.message)
    for epoch in epochs:
        print(epoch_line(epoch))
    if report is not None:
        print(report_text(report))
    if figures is not None:
        print("\n" + figures_text(figures))
    if robustness is not None:
        print("\n" + robustness_text(robustness.table))
    return 0


def compare(asked: argparse.Namespace) -> int:
    """Compare two or more runs: settings, accuracies, and the samples on which each differs from the first."""
    from recognizer.console import table
    from recognizer.training.run_comparison import compare_runs, differing_settings, read_sides
    from recognizer.training.run_keeping import find_run
    from recognizer.training.run_records import distinct_titles

    profile = open_profile_of(asked)
    found = [find_run(profile, name) for name in (asked.first, asked.second, *asked.others)]
    sides = read_sides(profile, [run.id for run in found])
    accuracies = [run.accuracy for run in found]
    intervals = [side.record.interval for side in sides]
    if not asked.others:
        compared = compare_runs(profile, *found)
        if asked.json:
            print_json(compared.to_dict())
            return 0
        # Those of the samples that both were judged on.
        accuracies, intervals = list(compared.accuracies), list(compared.intervals)
    settings = differing_settings([run.config for run in found])
    if asked.json:
        print_json(_comparisons(profile, sides, settings))
        return 0
    rows = [[name, *map(_setting, values)] for name, values in settings]
    rows.append([tr("accuracy"), *(_accuracy(accuracy) or "-" for accuracy in accuracies)])
    rows.append(
        [
            tr("95 % interval"),
            *(f"{100 * i.low:.2f} - {100 * i.high:.2f} %" if i is not None else "-" for i in intervals),
        ]
    )
    print(table(["", *(run.id for run in found)], rows))
    titles = distinct_titles([side.record for side in sides])
    for side, title in zip(sides[1:], titles[1:], strict=True):
        print()
        _print_pair(profile, (sides[0], side), (titles[0], title), may_fail=bool(asked.others))
    return 0


def _comparisons(
    profile: "Profile", sides: list["Side"], settings: list[tuple[str, tuple[Any, ...]]]
) -> dict[str, Any]:
    """Several runs, and each of them beside the first."""
    from recognizer.base.errors import RecognizerError
    from recognizer.training.run_comparison import compare_runs

    first = sides[0].record.run
    pairs: list[dict[str, Any]] = []
    for side in sides[1:]:
        pair: dict[str, Any] = {"first": first.id, "second": side.record.run.id}
        try:
            pair |= compare_runs(profile, first, side.record.run).paired.to_dict()
        except RecognizerError as error:
            pair["problem"] = error.what
        pairs.append(pair)
    return {
        "runs": [
            {
                "id": side.record.run.id,
                "accuracy": side.record.run.accuracy,
                "low": None if side.record.interval is None else side.record.interval.low,
                "high": None if side.record.interval is None else side.record.interval.high,
            }
            for side in sides
        ],
        "settings": {name: list(values) for name, values in settings},
        "pairs": pairs,
    }


def _print_pair(profile: "Profile", sides: tuple["Side", "Side"], titles: tuple[str, str], *, may_fail: bool) -> None:
    """What parts two runs; where they cannot be compared and `may_fail`, why."""
    from recognizer.base.errors import RecognizerError
    from recognizer.training.run_comparison import compare_runs
    from recognizer.training.run_story import data_words, story

    try:
        compared = compare_runs(profile, sides[0].record.run, sides[1].record.run)
    except RecognizerError as error:
        if not may_fail:
            raise
        print(f"{titles[0]}, {titles[1]}: {error.what}")
        return
    paired = compared.paired
    print(
        tr(
            "Of {n} samples the second run fixed {fixed} and broke {broke}; {both} are wrong in both",
            n=f"{paired.n:,}",
            fixed=f"{len(paired.fixed):,}",
            broke=f"{len(paired.broke):,}",
            both=f"{len(paired.both_wrong):,}",
        )
    )
    print(
        tr(
            "By chance alone a difference as large comes with a probability of {p} (exact McNemar test)",
            p=f"{paired.p_value:.3g}",
        )
    )
    for sentence in (*story(compared, sides, titles), data_words(sides)):
        if sentence:
            print(sentence)


def rename(asked: argparse.Namespace) -> int:
    """Give a run a name, or a note."""
    from recognizer.training.run_keeping import find_run, rename_run

    profile = open_profile_of(asked)
    run = find_run(profile, asked.run)
    words = rename_run(profile, run.id, asked.name, asked.note)
    if asked.json:
        print_json({"id": run.id, "name": words.name, "note": words.note})
    else:
        print(tr("{id} is called {name}", id=run.id, name=words.name or "-"))
    return 0


def delete(asked: argparse.Namespace) -> int:
    """Take runs away; their models stay."""
    from recognizer.training.run_keeping import delete_run, find_run

    profile = open_profile_of(asked)
    found = [find_run(profile, name) for name in dict.fromkeys(asked.runs)]
    freed = {run.id: delete_run(profile, run.id) for run in found}
    if asked.json:
        print_json({"deleted": list(freed), "freed": sum(freed.values())})
        return 0
    for run_id, size in freed.items():
        print(tr("{id} is deleted; {size} MB are free again", id=run_id, size=f"{size / 1e6:.1f}"))
    return 0


ACTIONS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "list": list_,
    "show": show,
    "compare": compare,
    "resume": resume,
    "rename": rename,
    "delete": delete,
}


def _document(record: "RunRecord") -> dict[str, Any]:
    run = record.run
    return {
        "id": run.id,
        "name": record.words.name,
        "note": record.words.note,
        "preset": run.config.preset,
        "dataset": run.dataset,
        "dataset_title": run.dataset_title,
        "version": record.version,
        "state": run.state,
        "started": run.started,
        "epochs": run.epochs,
        "seconds": run.seconds,
        "accuracy": run.accuracy,
        "model": run.model_id,
        "message": run.message,
    }


def _state(state: str) -> str:
    return {
        "running": tr("running"),
        "finished": tr("finished"),
        "stopped": tr("stopped early"),
        "cancelled": tr("cancelled"),
        "failed": tr("failed"),
        "interrupted": tr("interrupted"),
    }.get(state, state)


def _setting(value: object) -> str:
    """A setting's value; of layers and variations, only how they begin."""
    text = str(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _accuracy(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f} %"
