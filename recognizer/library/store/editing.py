"""What the user can do to samples, classes and datasets of the library; each function is one edit."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.dataset import SPLITS, Split
from recognizer.library.samples import NO_LABEL, Flag
from recognizer.library.store.draft import Draft
from recognizer.library.store.library import Library
from recognizer.library.store.names import (
    MAX_TEXT,
    REMOVED,
    ClassRecord,
    DatasetRecord,
    checked_label,
    checked_title,
    cleaned,
    name_from,
    now,
)

Ids = NDArray[np.int64] | Sequence[int]
_ALL_FLAGS: Final = int(Flag.FLAGGED | Flag.EXCLUDED)


# Samples


def relabel(library: Library, ids: Ids, label: str) -> int:
    """Say of samples what they are; `NO_LABEL` takes their labels off.

    Returns:
        How many had another label before.

    Raises:
        RecognizerError: The label cannot be used, or a sample is gone.
    """
    label = checked_label(label) if label != NO_LABEL else NO_LABEL
    ids = _known(library, ids)
    with library.edit("relabel", n=len(ids), label=label) as draft:
        return _relabel(library, draft, ids, label)


def _relabel(library: Library, draft: Draft, ids: NDArray[np.int64], label: str) -> int:
    datasets = library.columns["dataset"][library.columns.rows_of(ids)]
    return sum(
        draft.set("class", ids[datasets == dataset], draft.class_id(int(dataset), label))
        for dataset in np.unique(datasets).tolist()
    )


def set_splits(library: Library, ids: Ids, splits: Split | NDArray[np.uint8]) -> int:
    """Say what samples are used for: one split for all, or (n,) indices into `SPLITS`; returns how many changed."""
    ids = _known(library, ids)
    values = SPLITS.index(splits) if isinstance(splits, Split) else np.asarray(splits, np.int64)
    with library.edit("split", n=len(ids)) as draft:
        return draft.set("split", ids, values)


def set_flag(library: Library, ids: Ids, flag: Flag, is_set: bool) -> int:
    """Set or take off a mark; returns how many changed."""
    ids = _known(library, ids)
    before = library.columns["flags"][library.columns.rows_of(ids)].astype(np.int64)
    after = before | int(flag) if is_set else before & (_ALL_FLAGS & ~int(flag))
    with library.edit("flag", n=len(ids), flag=int(flag), is_set=is_set) as draft:
        return draft.set("flags", ids, after)


def set_note(library: Library, ids: Ids, note: str) -> int:
    """Write a note on samples, at most 2,000 characters; empty takes it off. Returns how many changed."""
    ids = _known(library, ids)
    with library.edit("note", n=len(ids)) as draft:
        return draft.set("note", ids, draft.text_id(cleaned(note, MAX_TEXT)))


def set_writer(library: Library, ids: Ids, writer: str) -> int:
    """Say who wrote samples; empty where that is not known. Returns how many changed."""
    ids = _known(library, ids)
    with library.edit("writer", n=len(ids), name=cleaned(writer)) as draft:
        return draft.set("writer", ids, draft.text_id(cleaned(writer)))


def move(library: Library, ids: Ids, name: str) -> int:
    """Put samples into another dataset, where they keep label, split and everything else; returns how many moved."""
    record = library.record(name)
    ids = _known(library, ids)
    columns = library.columns
    with library.edit("move", n=len(ids), name=record.title) as draft:
        away = ids[columns["dataset"][columns.rows_of(ids)] != record.id]
        classes = columns["class"][columns.rows_of(away)]
        for number in np.unique(classes).tolist():
            known = library.names.classes.get(number)
            if known is not None:
                draft.set("class", away[classes == number], draft.class_id(record.id, known.name))
        return draft.set("dataset", away, record.id)


def remove(library: Library, ids: Ids) -> int:
    """Put samples away; they can be brought back for 30 days. Returns how many were there."""
    ids = _known(library, ids)
    there = ids[library.columns["deleted"][library.columns.rows_of(ids)] == 0]
    with library.edit("remove", n=len(there)) as draft:
        return draft.set("deleted", there, now())


def restore(library: Library, ids: Ids) -> int:
    """Bring back samples that were put away, and with them classes that were removed meanwhile; returns how many."""
    ids = _known(library, ids)
    columns, names = library.columns, library.names
    with library.edit("restore", n=len(ids)) as draft:
        numbers = columns["class"][columns.rows_of(ids)]
        for number in np.unique(numbers).tolist():
            known = names.classes.get(number)
            if known is not None and known.place == REMOVED:
                draft.set("class", ids[numbers == number], draft.class_id(known.dataset, known.name))
        return draft.set("deleted", ids, 0)


def set_predictions(
    library: Library, ids: Ids, labels: Sequence[str], confidences: NDArray[np.float32], model: str
) -> None:
    """Keep what a model takes samples for; no edit, so it is not undone.

    Args:
        library: Where the samples are.
        ids: (n,) the samples; those that are gone are passed over.
        labels: The n best labels.
        confidences: (n,) float32, 0 to 1.
        model: The model's id.
    """
    ids = np.asarray(ids, np.int64)
    parts = np.clip(np.round(np.asarray(confidences, np.float64) * 65534) + 1, 1, 65535).astype(np.int64)
    with library.unjournalled() as draft:
        texts = {label: draft.text_id(label) for label in set(labels)}
        draft.set("predicted", ids, np.array([texts[label] for label in labels], np.int64), silently=True)
        draft.set("confidence", ids, parts, silently=True)
        draft.set("model", ids, draft.text_id(model), silently=True)


def _known(library: Library, ids: Ids) -> NDArray[np.int64]:
    """`ids` as an array, each once; RecognizerError where one is gone."""
    library.open()
    given = np.asarray(ids, np.int64)
    known = np.unique(given)
    gone = known[library.columns.rows_of(known) < 0]
    if len(gone):
        raise RecognizerError(
            tr("There is no such sample in the library"),
            where=f"id = {gone[0]}",
            fix=tr("Open the Library page anew"),
        )
    # Splits and other values come in the order of the ids as given.
    return given if len(known) == len(given) else known


# Classes


def classes(library: Library, name: str) -> list[ClassRecord]:
    """The classes of a dataset in the order in which they are shown."""
    record = library.record(name)
    return library.names.classes_of(record.id)


def add_class(library: Library, name: str, label: str) -> None:
    """Make a class that has no samples yet; nothing happens where there is one of that name."""
    record, label = library.record(name), checked_label(label)
    with library.edit("add_class", label=label) as draft:
        draft.class_id(record.id, label)


def rename_class(library: Library, name: str, label: str, new: str) -> None:
    """Call a class otherwise; where there is a class of the new name, the two become one."""
    record, new = library.record(name), checked_label(new)
    old = _class(library, record, label)
    if new == old.name:
        return
    if (record.id, new) in library.names.class_ids:
        merge_classes(library, name, [label], new)
        return
    with library.edit("rename_class", label=old.name, name=new) as draft:
        draft.change_class(old, name=new)


def merge_classes(library: Library, name: str, labels: Sequence[str], into: str) -> int:
    """Make the samples of some classes samples of the class `into`, and the classes go; returns how many samples."""
    record, into = library.record(name), checked_label(into)
    gone = [_class(library, record, label) for label in labels if label != into]
    with library.edit("merge_classes", label=", ".join(one.name for one in gone), name=into) as draft:
        target = draft.class_id(record.id, into)
        changed = 0
        for one in gone:
            columns = library.columns
            # Those that were put away too: they are to come back into a class that there is.
            ids = columns["id"][columns["class"] == one.id]
            changed += draft.set("class", ids, target)
            draft.change_class(one, place=REMOVED)
        return changed


def remove_class(library: Library, name: str, label: str) -> None:
    """Remove a class without samples; RecognizerError where it has some."""
    remove_classes(library, name, [label])


def remove_classes(library: Library, name: str, labels: Sequence[str]) -> None:
    """Remove classes without samples, all of them or none; RecognizerError where one of them has some."""
    record = library.record(name)
    gone = [_class(library, record, label) for label in dict.fromkeys(labels)]
    columns = library.columns
    for one in gone:
        held = int(((columns["class"] == one.id) & (columns["deleted"] == 0)).sum())
        if held:
            raise RecognizerError(
                tr("The class still has samples"),
                where=f"{record.title}: {one.name} ({held:,})",
                fix=tr("Merge it into another class, or delete its samples first"),
            )
    is_one = len(gone) == 1
    words: dict[str, Any] = {"label": gone[0].name} if is_one else {"n": len(gone)}
    with library.edit("remove_class" if is_one else "remove_classes", **words) as draft:
        for one in gone:
            draft.change_class(one, place=REMOVED)


def reorder_classes(library: Library, name: str, labels: Sequence[str]) -> None:
    """Put classes in the order of `labels`; those that are not named follow in their order."""
    record = library.record(name)
    first = [_class(library, record, label) for label in dict.fromkeys(labels)]
    placed = {one.id for one in first}
    rest = [one for one in library.names.classes_of(record.id) if one.id not in placed]
    with library.edit("reorder_classes") as draft:
        for place, one in enumerate((*first, *rest), start=1):
            draft.change_class(one, place=place)


def is_in_natural_order(library: Library, name: str) -> bool:
    """Whether nobody has put the classes in another order, so that new ones are sorted in among them."""
    return not any(one.place for one in classes(library, name))


def sort_classes(library: Library, name: str) -> None:
    """Put classes in their natural order, into which those that are added later are sorted in, too."""
    with library.edit("sort_classes") as draft:
        for one in classes(library, name):
            draft.change_class(one, place=0)


def _class(library: Library, record: DatasetRecord, label: str) -> ClassRecord:
    number = library.names.class_ids.get((record.id, label))
    if number is None:
        raise RecognizerError(
            tr("There is no class “{value}”", value=label),
            where=record.title,
            fix=tr(
                "The classes are {names}", names=", ".join(one.name for one in library.names.classes_of(record.id)[:40])
            ),
        )
    return library.names.classes[number]


# Datasets


def create_dataset(library: Library, title: str, name: str = "") -> DatasetRecord:
    """Make an empty dataset.

    Args:
        library: Where.
        title: What people call it.
        name: What the command line calls it; made from the title where empty.

    Raises:
        RecognizerError: The title cannot be used, or there is a dataset of that title.
    """
    title = checked_title(title)
    with library.file.lock:
        known = library.records(removed=True)
        same = next((one for one in known if not one.deleted and one.title.casefold() == title.casefold()), None)
        if same is not None:
            raise RecognizerError(
                tr("There is a dataset of this name already"), where=same.title, fix=tr("Choose another name")
            )
        with library.edit("create_dataset", name=title) as draft:
            taken = {one.name for one in known} | RESERVED
            number = draft.add_dataset(name or name_from(title, taken), title, now())
        return library.names.datasets[number]


RESERVED: Final = frozenset({"mnist", "uci-digits", "synthetic", "my-handwriting", "all"})
"""Names that the program gives to datasets of its own."""


def rename_dataset(library: Library, name: str, title: str) -> None:
    """Call a dataset otherwise; its name for the command line stays."""
    record, title = library.record(name), checked_title(title)
    if title == record.title:
        return
    if any(one.title.casefold() == title.casefold() for one in library.records() if one.id != record.id):
        raise RecognizerError(tr("There is a dataset of this name already"), where=title, fix=tr("Choose another name"))
    with library.edit("rename_dataset", label=record.title, name=title) as draft:
        draft.change_dataset(record.id, title=title)


def remove_dataset(library: Library, name: str) -> None:
    """Put a dataset away with everything in it; it can be brought back for 30 days."""
    record = library.record(name)
    with library.edit("remove_dataset", name=record.title) as draft:
        draft.change_dataset(record.id, deleted=now())


def restore_dataset(library: Library, name: str) -> None:
    """Bring back a dataset that was put away."""
    found = [one for one in library.records(removed=True) if one.name == name and one.deleted]
    if not found:
        raise RecognizerError(
            tr("There is no such dataset among the deleted ones"), where=name, fix=tr("See `recognizer library list`")
        )
    with library.edit("restore_dataset", name=found[0].title) as draft:
        draft.change_dataset(found[0].id, deleted=0)
