"""What came of an export: a stamp for each file, those that failed in plain sight."""

import math
from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.dialogs.offers import size_words
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.words import breakable
from recognizer.training.shipping.shipment import Shipment
from recognizer.training.shipping.stamp import Stamp, tried_words

_STAMP: Final = 1
"""The column with the stamps."""


class ShipResult(Card):
    """A row a format.

    Signals:
        openWanted: The user wants to see the folder.
    """

    openWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shipment: Shipment | None = None
        self.set_heading(tr("What was written"))
        self.table = RowsTable(
            "shipStamps",
            (
                tr("Format"),
                tr("Stamp"),
                tr("Difference"),
                tr("Other labels"),
                tr("Accuracy"),
                tr("Size"),
                tr("One picture"),
            ),
            right=(2, 3, 4, 5, 6),
            wide=_STAMP,
            wraps=True,
        )
        self.table.setAccessibleName(tr("Stamps"))
        self.table.setToolTip(
            tr(
                "Difference: the largest one of a probability from the model's own. Other labels: test pictures that "
                "are read otherwise. One picture: the time that this computer takes for it."
            )
        )
        self._vectors = Label("secondary", wraps=True)
        self._vectors.setObjectName("shipVectors")
        self._path = Label(wraps=True)
        self._path.setObjectName("shipPath")
        self.open_button = Button("open")
        self.open_button.setObjectName("shipOpenFolderButton")
        self.open_button.setAutoDefault(False)
        self.open_button.set_texts(tr("Open the folder"), tr("Show the file in its folder"))
        self.open_button.clicked.connect(self.openWanted)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._path)
        words.addWidget(self._vectors)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addLayout(words, 1)
        line.addWidget(self.open_button)
        self.body.addWidget(self.table, 1)
        self.body.addLayout(line)

    def path(self) -> Path | None:
        """Where the export is."""
        return None if self._shipment is None else self._shipment.path

    def show_shipment(self, shipment: Shipment) -> None:
        """Show what was written, and what was not."""
        self._shipment = shipment
        rows = [_row(stamp) for stamp in shipment.stamps]
        rows += [
            (format_title(name), tr("✗ not written: {reason}", reason=reason), *("–",) * 5)
            for name, reason in shipment.missing.items()
        ]
        passed = [stamp.passed for stamp in shipment.stamps] + [False] * len(shipment.missing)
        colors = {(place, _STAMP): "sure" if is_good else "wrong" for place, is_good in enumerate(passed)}
        self.table.set_rows(rows, colors=colors)
        self._path.setText(breakable(str(shipment.path)))
        self._vectors.setText(tried_words(shipment.stamps))


def format_title(name: str) -> str:
    """What people call a format."""
    titles = {
        "keras": "Keras (.keras)",
        "litert": "LiteRT",
        "litert-int8": "LiteRT, int8",
        "onnx": "ONNX",
        "savedmodel": "SavedModel",
    }
    return titles.get(name, name)


def _row(stamp: Stamp) -> tuple[str, ...]:
    if stamp.passed:
        words = tr("✓ passed")
    else:
        words = tr("✗ failed: {reasons}", reasons="; ".join(stamp.failures))
    return (
        format_title(stamp.format),
        words,
        f"{stamp.difference:.1e}" if math.isfinite(stamp.difference) else "–",
        f"{stamp.label_changes:,}",
        "–" if stamp.accuracy is None else f"{100 * stamp.accuracy:.2f} %",
        size_words(stamp.bytes),
        f"{stamp.milliseconds:.2f} ms",
    )
