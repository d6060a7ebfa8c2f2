"""The edits of the journal, and what they are called."""

import json
from dataclasses import dataclass
from typing import Any, Final

from recognizer.base.i18n import ntr, tr

DONE, UNDONE, DROPPED = 0, 1, 2
"""An edit that counts; one that was taken back and can be done again; one taken back after which others were made."""

KINDS: Final = frozenset(
    {
        *("add", "import", "relabel", "move", "remove", "restore", "flag", "note", "writer", "split"),
        *("rename_class", "merge_classes", "reorder_classes", "sort_classes"),
        *("add_class", "remove_class", "remove_classes"),
        *("create_dataset", "rename_dataset", "remove_dataset", "restore_dataset"),
    }
)


@dataclass(frozen=True, slots=True)
class Edit:
    """One row of the journal.

    Attributes:
        id: Grows.
        time: Seconds since 1970, UTC.
        kind: One of `KINDS`.
        words: What its description needs to know.
        state: `DONE`, `UNDONE` or `DROPPED`.
    """

    id: int
    time: int
    kind: str
    words: dict[str, Any]
    state: int

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> "Edit":
        """An edit from the columns id, time, kind, words and state."""
        try:
            words = json.loads(row[3])
        except (ValueError, RecursionError):
            words = {}
        return cls(row[0], row[1], row[2], words if isinstance(words, dict) else {}, row[4])

    def describe(self) -> str:
        """What was done, in the language in use."""
        n = int(self.words.get("n", 0))
        label, name = str(self.words.get("label", "")), str(self.words.get("name", ""))
        texts = {
            "add": lambda: tr("Keep a {label}", label=label) if label else tr("Keep a sample"),
            "import": lambda: ntr("Import {n} sample from {name}", "Import {n} samples from {name}", n, name=name),
            "relabel": lambda: (
                ntr("Label {n} sample as {label}", "Label {n} samples as {label}", n, label=label)
                if label
                else ntr("Take the label off {n} sample", "Take the label off {n} samples", n)
            ),
            "move": lambda: ntr("Move {n} sample to {name}", "Move {n} samples to {name}", n, name=name),
            "remove": lambda: ntr("Delete {n} sample", "Delete {n} samples", n),
            "restore": lambda: ntr("Bring back {n} sample", "Bring back {n} samples", n),
            "flag": lambda: ntr("Mark {n} sample", "Mark {n} samples", n),
            "note": lambda: ntr("Note on {n} sample", "Note on {n} samples", n),
            "writer": lambda: ntr("Name the writer of {n} sample", "Name the writer of {n} samples", n),
            "split": lambda: ntr("Divide {n} sample anew", "Divide {n} samples anew", n),
            "rename_class": lambda: tr("Rename class {label} to {name}", label=label, name=name),
            "merge_classes": lambda: tr("Merge class {label} into {name}", label=label, name=name),
            "reorder_classes": lambda: tr("Put the classes in another order"),
            "sort_classes": lambda: tr("Put the classes in their natural order"),
            "add_class": lambda: tr("Add class {label}", label=label),
            "remove_class": lambda: tr("Remove class {label}", label=label),
            "remove_classes": lambda: ntr("Remove {n} class", "Remove {n} classes", n),
            "create_dataset": lambda: tr("Make dataset {name}", name=name),
            "rename_dataset": lambda: tr("Rename dataset {label} to {name}", label=label, name=name),
            "remove_dataset": lambda: tr("Delete dataset {name}", name=name),
            "restore_dataset": lambda: tr("Bring back dataset {name}", name=name),
        }
        return texts[self.kind]() if self.kind in texts else self.kind
