"""Commands that change a dataset of the library: split, relabel, delete, undelete, rename, classes, read."""

import argparse
from typing import TYPE_CHECKING

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.commands.common import chosen_model, open_profile_of, opened_library, print_json, stoppable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from recognizer.library.samples import SampleTable
    from recognizer.library.store.library import Library


def split(asked: argparse.Namespace) -> int:
    """Divide a dataset, or some of it, anew."""
    from recognizer.console import say, table
    from recognizer.library.dataset import SPLITS
    from recognizer.library.transfer import assign_splits

    given = {split: getattr(asked, split) for split in SPLITS if getattr(asked, split) is not None}
    shares = given or dict(zip(SPLITS, (0.8, 0.1, 0.1), strict=True))
    with opened_library(open_profile_of(asked), writes=True) as library:
        name = library.record(asked.name).name
        plan, changed = assign_splits(library, name, shares, asked.by, asked.seed, filter_text=asked.filter or "")
    for warning in plan.warnings:
        say(warning)
    if asked.json:
        print_json(
            {
                "dataset": name,
                "changed": changed,
                "by": plan.by,
                "seed": plan.seed,
                "splits": dict(zip(SPLITS, plan.totals, strict=True)),
                "groups": dict(zip(SPLITS, plan.groups, strict=True)) if plan.by != "sample" else None,
                "classes": {label: dict(zip(SPLITS, counts, strict=True)) for label, counts in plan.rows},
                "warnings": list(plan.warnings),
            }
        )
    else:
        heads = [tr("class"), tr("train"), tr("validation"), tr("test")]
        rows = [[label or tr("no label"), *counts] for label, counts in plan.rows]
        print(table(heads, [*rows, [tr("together"), *plan.totals]]))
        print(ntr("{n} sample has come into another split", "{n} samples have come into another split", changed))
    return 0


def relabel(asked: argparse.Namespace) -> int:
    """Say anew what samples are."""
    from recognizer.library.store import editing

    with opened_library(open_profile_of(asked), writes=True) as library:
        rows, positions = _chosen(library, asked)
        changed = editing.relabel(library, rows.ids[positions], asked.label)
    if asked.json:
        print_json({"dataset": rows.name, "chosen": len(positions), "changed": changed, "label": asked.label})
    elif asked.label:
        print(ntr("{n} sample is now {label}", "{n} samples are now {label}", changed, label=asked.label))
    else:
        print(ntr("{n} sample has no label now", "{n} samples have no label now", changed))
    return 0


def delete(asked: argparse.Namespace) -> int:
    """Put a dataset away, or some of its samples."""
    from recognizer.library.store import editing

    with opened_library(open_profile_of(asked), writes=True) as library:
        if asked.filter is None:
            record = library.record(asked.name)
            name, removed = record.name, _count(library, record.name)
            editing.remove_dataset(library, name)
        else:
            rows, positions = _chosen(library, asked)
            name, removed = rows.name, editing.remove(library, rows.ids[positions])
    is_whole = asked.filter is None
    if asked.json:
        print_json({"dataset": name, "is_whole": is_whole, "removed": removed})
        return 0
    done = (
        ntr("The dataset with its {n} sample is deleted", "The dataset with its {n} samples is deleted", removed)
        if is_whole
        else ntr("{n} sample is deleted", "{n} samples are deleted", removed)
    )
    print(tr("{done}; `recognizer library undelete {name}` brings back what was deleted", done=done, name=name))
    return 0


def undelete(asked: argparse.Namespace) -> int:
    """Bring back a dataset that was put away, or the samples that were put away in one that is there."""
    from recognizer.library.store import editing, tables
    from recognizer.library.transfer import chosen, none_chosen

    with opened_library(open_profile_of(asked), writes=True) as library:
        gone = [one for one in library.records(removed=True) if one.deleted and asked.name in (one.name, one.title)]
        record = library.find_record(asked.name)
        is_whole = record is None
        if record is None:
            name = gone[-1].name if gone else asked.name
            editing.restore_dataset(library, name)
            restored = _count(library, name)
        else:
            name = record.name
            rows = tables.table(library, name, removed=True)
            positions = chosen(rows, asked.filter or "")
            if not len(positions):
                if len(rows):
                    raise none_chosen(rows, asked.filter or "")
                raise RecognizerError(tr("Nothing in this dataset is deleted"), where=record.title)
            restored = editing.restore(library, rows.ids[positions])
    if asked.json:
        print_json({"dataset": name, "is_whole": is_whole, "restored": restored})
    elif is_whole:
        print(ntr("The dataset is back with its {n} sample", "The dataset is back with its {n} samples", restored))
    else:
        print(ntr("{n} sample is back", "{n} samples are back", restored))
    return 0


def rename(asked: argparse.Namespace) -> int:
    """Give a dataset another title."""
    from recognizer.library.store import editing

    with opened_library(open_profile_of(asked), writes=True) as library:
        name = library.record(asked.name).name
        editing.rename_dataset(library, name, asked.title)
        title = library.record(name).title
    if asked.json:
        print_json({"dataset": name, "title": title})
    else:
        print(tr("{name} is now called {title}", name=name, title=title))
    return 0


def classes(asked: argparse.Namespace) -> int:
    """Say which classes a dataset has, after renaming, merging or ordering them."""
    from recognizer.console import table
    from recognizer.library.store import editing

    writes = bool(asked.rename or asked.merge or asked.order)
    if bool(asked.merge) != (asked.into is not None):
        raise RecognizerError(
            tr("--merge and --into belong together"), fix=tr("Say which classes become which: --merge A B --into C")
        )
    with opened_library(open_profile_of(asked), writes=writes) as library:
        record = library.record(asked.name)
        if asked.rename:
            editing.rename_class(library, record.name, *asked.rename)
        if asked.merge:
            editing.merge_classes(library, record.name, asked.merge, asked.into)
        if asked.order:
            editing.reorder_classes(library, record.name, asked.order)
        counts = _class_counts(library, record.name)
    if asked.json:
        found = [{"label": label, "samples": n} for label, n in counts.items()]
        print_json({"dataset": record.name, "classes": found})
    else:
        print(table([tr("class"), tr("samples")], [[label, n] for label, n in counts.items()]))
    return 0


def read(asked: argparse.Namespace) -> int:
    """Let a model read every sample, and keep what it says."""
    import numpy as np

    from recognizer.console import loading
    from recognizer.inference.classifier import Classifier
    from recognizer.library.store import tables
    from recognizer.library.transfer import chosen, read_with_model

    profile = open_profile_of(asked)
    record = chosen_model(profile, asked.model)
    classifier = Classifier(record)
    token = CancellationToken()

    def classify(images: "NDArray[np.uint8]") -> "tuple[list[str], NDArray[np.float32]]":
        return classifier.best_labels(images, token)

    with stoppable(token), opened_library(profile, writes=True) as library:
        rows, positions = _chosen(library, asked)
        with loading() as progress:
            n = read_with_model(
                library, rows.name, classify, record.id, positions=positions, progress=progress, token=token
            )
        after = tables.table(library, rows.name)
        judged = np.zeros(len(after), bool)
        judged[positions] = True
        wrong, right = (int(judged[chosen(after, f"is:{word}")].sum()) for word in ("wrong", "right"))
    if asked.json:
        print_json({"dataset": rows.name, "model": record.id, "read": n, "right": right, "wrong": wrong})
    else:
        done = ntr("{n} sample was read with {model}", "{n} samples were read with {model}", n, model=record.id)
        print(
            tr(
                "{done}: {right} as labelled, {wrong} otherwise (`is:wrong`)",
                done=done,
                right=f"{right:,}",
                wrong=f"{wrong:,}",
            )
        )
    return 0


def _chosen(library: "Library", asked: argparse.Namespace) -> "tuple[SampleTable, NDArray[np.int64]]":
    """The dataset's samples, and the positions of those that are wanted; RecognizerError where there are none."""
    from recognizer.library.store import tables
    from recognizer.library.transfer import chosen, none_chosen

    rows = tables.table(library, library.record(asked.name).name)
    positions = chosen(rows, asked.filter or "")
    if not len(positions):
        raise none_chosen(rows, asked.filter or "")
    return rows, positions


def _count(library: "Library", name: str) -> int:
    from recognizer.library.store import tables

    return tables.counts(library)[name]


def _class_counts(library: "Library", name: str) -> dict[str, int]:
    """How many samples every class has, in their order."""
    import numpy as np

    from recognizer.library.store import tables

    rows = tables.table(library, name)
    found = np.bincount(rows.labels[rows.labels >= 0], minlength=len(rows.label_set))
    return dict(zip(rows.label_set.names, found.tolist(), strict=True))
