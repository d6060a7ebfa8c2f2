"""Commands about training runs: runs list, show, compare, rename, delete."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from recognizer.base.i18n import tr
from recognizer.commands.common import open_profile_of, print_json
from recognizer.commands.training import resume

if TYPE_CHECKING:
    from recognizer.base.paths import Profile
    from recognizer.training.runs import TrainingRun


def runs(asked: argparse.Namespace) -> int:
    """Do what is asked about training runs."""
    return ACTIONS[asked.action](asked)


def list_(asked: argparse.Namespace) -> int:
    """List the runs, the newest first."""
    from recognizer.console import table
    from recognizer.training.run_keeping import words_of
    from recognizer.training.runs import list_runs

    profile = open_profile_of(asked)
    found = list_runs(profile)
    if asked.json:
        print_json({"runs": [_document(profile, run) for run in found]})
    elif not found:
        print(tr("There is no run yet"))
    else:
        rows = [
            [run.id, words_of(profile, run.id).name, run.dataset_title, _state(run.state), _accuracy(run.accuracy)]
            for run in found
        ]
        print(table([tr("run"), tr("name"), tr("data"), tr("state"), tr("accuracy")], rows))
    return 0


def show(asked: argparse.Namespace) -> int:
    """Say what is known of one run."""
    from recognizer.console import epoch_line, report_text
    from recognizer.training.run_keeping import find_run, folder_size
    from recognizer.training.runs import read_metrics, read_report

    profile = open_profile_of(asked)
    run = find_run(profile, asked.run)
    folder = profile.runs / run.id
    report, epochs = read_report(folder), read_metrics(folder)
    document = {**_document(profile, run), "bytes": folder_size(folder)}
    if asked.json:
        from dataclasses import asdict

        extra = {} if report is None else {"report": report.to_dict()}
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
    return 0


def compare(asked: argparse.Namespace) -> int:
    """Compare two runs: settings, accuracies, and the samples on which they differ."""
    from recognizer.console import table
    from recognizer.training.run_comparison import compare_runs
    from recognizer.training.run_keeping import find_run

    profile = open_profile_of(asked)
    compared = compare_runs(profile, find_run(profile, asked.first), find_run(profile, asked.second))
    if asked.json:
        print_json(compared.to_dict())
        return 0
    rows = [[name, str(first), str(second)] for name, first, second in compared.settings]
    rows.append([tr("accuracy"), *(f"{100 * share:.2f} %" for share in compared.accuracies)])
    spans = [f"{100 * each.low:.2f} - {100 * each.high:.2f} %" for each in compared.intervals]
    rows.append([tr("95 % interval"), *spans])
    print(table(["", compared.first.id, compared.second.id], rows))
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
    return 0


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


def _document(profile: "Profile", run: "TrainingRun") -> dict[str, Any]:
    from recognizer.training.run_keeping import words_of

    words = words_of(profile, run.id)
    return {
        "id": run.id,
        "name": words.name,
        "note": words.note,
        "preset": run.config.preset,
        "dataset": run.dataset,
        "dataset_title": run.dataset_title,
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


def _accuracy(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f} %"
