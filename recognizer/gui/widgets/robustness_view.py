"""How a model stands worse and worse pictures: a row a kind, a column a strength."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.evaluation.robustness import FAMILIES, RobustnessRow
from recognizer.gui import theme
from recognizer.gui.widgets.picked_view import PickedView
from recognizer.training.run_robustness import RunRobustness

_PICTURE: Final = 36.0
_SMALL: Final = 28.0
_NARROW: Final = 104.0
"""Cells narrower than this have the small picture."""
_ROW: Final = 48.0
_GAP: Final = 4.0
_NAMES: Final = 96.0
"""Room for what the rows are called, logical pixels."""
_COLUMNS: Final = max(len(each.strengths) for each in FAMILIES.values())


class RobustnessView(PickedView):
    """Cells with a sample picture, the accuracy and the strength, the redder the more is lost.

    `picked` carries the number of the table's row.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("robustnessTable")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shown: RunRobustness | None = None
        self._places: tuple[tuple[int, int], ...] = ()
        self._pixmaps: dict[int, QPixmap] = {}
        self.retranslate()

    def set_robustness(self, found: RunRobustness | None) -> None:
        """Show what was measured, or nothing."""
        self._shown = found
        self._pixmaps = {}
        families = list(dict.fromkeys(row.family for row in found.table.rows)) if found is not None else []
        seen: dict[str, int] = {}
        places = []
        for row in found.table.rows if found is not None else ():
            places.append((families.index(row.family), seen.setdefault(row.family, 0)))
            seen[row.family] += 1
        self._places = tuple(places)
        self.setFixedHeight(round(len(families) * (_ROW + _GAP)))
        self.items_changed()

    def robustness(self) -> RunRobustness | None:
        """What is shown."""
        return self._shown

    def retranslate(self) -> None:
        """Set the texts anew."""
        self.setAccessibleName(tr("How many samples are still read rightly in worse and worse pictures"))
        self.items_changed()

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(round(_NAMES + _COLUMNS * 130), self.height())

    def minimumSizeHint(self) -> QSize:
        """Room for picture and figure."""
        return QSize(round(_NAMES + _COLUMNS * 90), self.height())

    # Items

    def item_count(self) -> int:
        """How many kinds of worse pictures there are."""
        return len(self._places)

    def item_rect(self, number: int) -> QRectF:
        """Where a cell is."""
        line, column = self._places[number]
        width = (self.width() - _NAMES) / _COLUMNS
        return QRectF(_NAMES + column * width, line * (_ROW + _GAP), width - _GAP, _ROW)

    def item_words(self, number: int) -> str:
        """A cell in a sentence."""
        assert self._shown is not None
        table = self._shown.table
        row = table.rows[number]
        return ntr(
            "{kind}: {accuracy} % read rightly (95 % interval {low} to {high} %); {n} sample is lost, {gained} won",
            "{kind}: {accuracy} % read rightly (95 % interval {low} to {high} %); {n} samples are lost, {gained} won",
            len(row.lost),
            kind=kind_words(row),
            accuracy=f"{100 * table.accuracy_of(row):.1f}",
            low=f"{100 * row.interval.low:.1f}",
            high=f"{100 * row.interval.high:.1f}",
            gained=f"{len(row.gained):,}",
        )

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names and cells."""
        if self._shown is None:
            return
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        named = set()
        for number, row in enumerate(self._shown.table.rows):
            rect = self.item_rect(number)
            if row.family not in named:
                named.add(row.family)
                painter.setFont(theme.font(10, QFont.Weight.DemiBold))
                painter.setPen(QColor(now.text))
                place = QRectF(0, rect.y(), _NAMES - 8, rect.height())
                flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
                name = family_words(row.family)
                painter.drawText(place, int(flags), name[:1].upper() + name[1:])
            self._paint_cell(painter, number, row, rect, now)
        self.paint_marks(painter, 6)

    def _paint_cell(self, painter: QPainter, number: int, row: RobustnessRow, rect: QRectF, now: theme.Colors) -> None:
        assert self._shown is not None
        table = self._shown.table
        accuracy = table.accuracy_of(row)
        lost = max(table.accuracy - accuracy, 0.0) / max(table.accuracy, 1e-9)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.ground))
        painter.drawRoundedRect(rect, 6, 6)
        shade = QColor(now.wrong)
        # The square root keeps a loss of 1 % in sight beside one of 80 %.
        shade.setAlphaF(0.6 * lost**0.5)
        painter.setBrush(shade)
        painter.drawRoundedRect(rect, 6, 6)
        is_narrow = rect.width() < _NARROW
        side, gap = (_SMALL, 4.0) if is_narrow else (_PICTURE, 7.0)
        picture = QRectF(rect.x() + gap, rect.center().y() - side / 2, side, side)
        painter.drawPixmap(picture, self._pixmap(number), QRectF())
        words = QRectF(picture.right() + gap, rect.y() + 6, rect.right() - picture.right() - gap, rect.height() / 2 - 6)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(now.text))
        painter.setFont(theme.font(9 if is_narrow else 10, QFont.Weight.DemiBold))
        painter.drawText(words, left, f"{100 * accuracy:.1f} %")
        painter.setFont(theme.font(8))
        painter.drawText(words.translated(0, words.height()), left, strength_words(row))

    def _pixmap(self, number: int) -> QPixmap:
        if number not in self._pixmaps:
            assert self._shown is not None
            self._pixmaps[number] = ink_pixmap(self._shown.pictures[number])
        return self._pixmaps[number]

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme: ink is black on white, or white on black."""
        if event.type() == QEvent.Type.PaletteChange:
            self._pixmaps = {}
            self.update()
        super().changeEvent(event)


def ink_pixmap(picture: NDArray[np.uint8]) -> QPixmap:
    """A (28, 28) uint8 picture, black on white or in the dark theme white on black, at its own size."""
    grey = np.ascontiguousarray(picture if theme.colors() is theme.DARK else 255 - picture)
    image = QImage(grey.data, grey.shape[1], grey.shape[0], grey.shape[1], QImage.Format.Format_Grayscale8)
    # The pixmap must outlive `grey`.
    return QPixmap.fromImage(image.copy())


def family_words(family: str) -> str:
    """What a kind of worse pictures is called."""
    return {
        "noise": tr("noise"),
        "blur": tr("blur"),
        "tilt": tr("tilt"),
        "shift": tr("shift"),
        "thin": tr("thinner pen"),
        "thick": tr("thicker pen"),
    }.get(family, family)


def strength_words(row: RobustnessRow) -> str:
    """How far a kind of worse pictures goes, with its unit."""
    amount = f"{row.strength:g}"
    return {
        "noise": f"σ {amount}",
        "blur": tr("σ {amount} px", amount=amount),
        "tilt": f"±{amount}°",
        "shift": tr("{amount} px", amount=amount),
        "thin": f"−{100 * row.strength:.0f} %",
        "thick": f"+{100 * row.strength:.0f} %",
    }.get(row.family, amount)


def kind_words(row: RobustnessRow) -> str:
    """A kind of worse pictures and how far it goes."""
    return tr("{kind} {strength}", kind=family_words(row.family), strength=strength_words(row))
