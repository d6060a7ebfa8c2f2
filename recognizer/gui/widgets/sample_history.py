"""What has happened to a sample since it was kept, in words."""

from typing import Final

from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Label
from recognizer.library.dataset import SPLITS, split_name
from recognizer.library.samples import Flag
from recognizer.library.store.changes import NOT_YET, ColumnChange
from recognizer.library.store.journal import DONE, Edit
from recognizer.library.store.library import Library

_MOST: Final = 12
"""Lines that are shown; the oldest is always among them."""


class SampleHistory(QWidget):
    """A heading and a line an edit, oldest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = Label("heading")
        self._lines = Label("secondary", wraps=True)
        self._lines.setObjectName("sampleHistory")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._heading)
        column.addWidget(self._lines)
        self.hide()

    def show_sample(self, library: Library, sample_id: int) -> None:
        """Show what happened to the sample of that id."""
        try:
            events = library.history(sample_id)
        except RecognizerError:
            events = []
        lines = [
            f"{words} · {when_words(edit.time)}" for edit, own in events if (words := event_words(library, edit, own))
        ]
        if len(lines) > _MOST:
            lines = [lines[0], "…", *lines[2 - _MOST :]]
        self._lines.setText("\n".join(lines))
        self.setVisible(bool(lines))

    def retranslate(self) -> None:
        """Set the heading anew."""
        self._heading.setText(tr("History"))


def event_words(library: Library, edit: Edit, changes: tuple[ColumnChange, ...]) -> str:
    """One edit as far as it concerns a sample; empty where there is nothing to say."""
    parts = []
    for change in changes:
        before, after = int(change.before[0]), int(change.after[0])
        if change.field == "class":
            parts.append(tr("{before} became {after}", before=_class(library, before), after=_class(library, after)))
        elif change.field == "deleted":
            if before == NOT_YET:
                parts.append(tr("imported") if edit.kind == "import" else tr("kept"))
            else:
                parts.append(tr("deleted") if after else tr("brought back"))
        elif change.field == "split":
            parts.append(tr("used for {split}", split=split_name(SPLITS[after])))
        elif change.field == "flags":
            parts.append(_flag_words(before, after))
        elif change.field == "note":
            parts.append(tr("note “{note}”", note=_text(library, after)) if after else tr("note removed"))
        elif change.field == "writer":
            parts.append(tr("written by {name}", name=_text(library, after)) if after else tr("writer removed"))
        elif change.field == "dataset":
            record = library.names.datasets.get(after)
            parts.append(tr("moved to {name}", name=record.title if record else "?"))
    words = ", ".join(part for part in parts if part)
    return words if edit.state == DONE or not words else tr("{words} (undone)", words=words)


def _class(library: Library, number: int) -> str:
    record = library.names.classes.get(number)
    return record.name if record is not None else tr("unlabelled")


def _text(library: Library, number: int) -> str:
    return library.names.texts[number] if number < len(library.names.texts) else "?"


def _flag_words(before: int, after: int) -> str:
    words = {
        (Flag.FLAGGED, True): tr("flagged"),
        (Flag.FLAGGED, False): tr("flag taken off"),
        (Flag.EXCLUDED, True): tr("excluded from training"),
        (Flag.EXCLUDED, False): tr("included again"),
    }
    changed = [flag for flag in Flag if (before ^ after) & flag]
    return ", ".join(words[flag, bool(after & flag)] for flag in changed)


def when_words(seconds: int) -> str:
    """A moment in local time: the hour where it was today, else the day too."""
    moment = QDateTime.fromSecsSinceEpoch(seconds)
    is_today = moment.date() == QDateTime.currentDateTime().date()
    return moment.toString("HH:mm" if is_today else "yyyy-MM-dd HH:mm")
