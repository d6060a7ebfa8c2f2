"""The table of samples, and the grid that shows it: what it holds, how it selects, what it paints."""

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from recognizer.gui.widgets.sample_model import PositionRole, SampleListModel, number_in_split
from recognizer.gui.widgets.thumbnail_delegate import ThumbnailDelegate, enlarged
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.library.dataset import Dataset
from recognizer.library.samples import SampleTable, table_of

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


def made_up(count: int) -> SampleTable:
    """Samples whose label is their position modulo 10; every fifth is for testing."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 8:20, 10:18] = 255
    positions = np.arange(count)
    splits = np.where(positions % 5 == 4, 2, 0).astype(np.uint8)
    return table_of(Dataset("made-up", "Made up", images, positions % 10, splits))


@pytest.fixture
def grid(qtbot: QtBot) -> ThumbnailGrid:
    """103 samples in rows of 8."""
    view = ThumbnailGrid(52)
    qtbot.addWidget(view)
    view.resize(8 * 66 + 20, 400)
    view.set_samples(made_up(103), np.arange(103))
    view.show()
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert view.samples.columns == 8
    return view


def centre(view: ThumbnailGrid, offset: int) -> QPoint:
    return view.visualRect(view.samples.index_at(offset)).center()


def go_to(view: ThumbnailGrid, offset: int) -> None:
    view.selectionModel().setCurrentIndex(
        view.samples.index_at(offset), QItemSelectionModel.SelectionFlag.ClearAndSelect
    )


def turn_wheel(view: ThumbnailGrid, turn: int, modifier: Qt.KeyboardModifier) -> None:
    place = QPointF(50, 50)
    event = QWheelEvent(
        place,
        QPointF(view.viewport().mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def click(view: ThumbnailGrid, offset: int, modifier: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(view.viewport(), LEFT, modifier, centre(view, offset))


def test_the_model_keeps_qts_rules(qtbot: QtBot) -> None:
    model = SampleListModel()
    tester = QAbstractItemModelTester(model, FATAL)
    table = made_up(23)
    for columns in (1, 4, 23, 40):
        model.set_columns(columns)
        for positions in (np.arange(23), np.array([5, 3, 22]), np.zeros(0, np.int64)):
            model.set_samples(table, positions)
            assert model.rowCount() == -(-len(positions) // columns)
            assert model.columnCount() == columns
    model.set_samples(None, np.zeros(0, np.int64))
    assert model.rowCount() == 0
    assert tester.model() is model


def test_cells_know_their_samples() -> None:
    model = SampleListModel()
    model.set_columns(4)
    model.set_samples(made_up(50), np.array([7, 14, 21, 28, 35, 49]))
    assert [model.data(model.index(0, column)) for column in range(4)] == ["7", "4", "1", "8"]
    last = model.index(1, 1)
    assert model.data(last, PositionRole) == 49
    assert model.data(last, Qt.ItemDataRole.ToolTipRole) == "Label 9 · test, number 9"
    assert model.data(last, Qt.ItemDataRole.AccessibleTextRole) == "Label 9 · test, number 9"
    missing = model.index(1, 2)
    assert model.flags(missing) == Qt.ItemFlag.NoItemFlags
    assert model.data(missing) is None
    assert model.offset(missing) == -1
    assert model.offset(QModelIndex()) == -1
    assert not model.index_at(6).isValid()
    assert model.offset_of(28) == 3
    assert model.offset_of(29) == -1


def test_samples_are_counted_within_their_split() -> None:
    table = made_up(20)
    assert [number_in_split(table, position) for position in (0, 4, 5, 9, 10)] == [0, 0, 4, 1, 8]


def test_a_click_selects_one_and_shift_in_reading_order(grid: ThumbnailGrid) -> None:
    click(grid, 6)
    assert grid.selected_positions().tolist() == [6]
    click(grid, 17, SHIFT)
    assert grid.selected_positions().tolist() == list(range(6, 18))
    click(grid, 3, SHIFT)
    assert grid.selected_positions().tolist() == [3, 4, 5, 6]
    click(grid, 20, CTRL)
    click(grid, 4, CTRL)
    assert grid.selected_positions().tolist() == [3, 5, 6, 20]
    click(grid, 9)
    assert grid.selected_positions().tolist() == [9]


def test_dragging_selects_in_reading_order(grid: ThumbnailGrid) -> None:
    QTest.mousePress(grid.viewport(), LEFT, NONE, centre(grid, 2))
    QTest.mouseMove(grid.viewport(), centre(grid, 3))
    QTest.mouseMove(grid.viewport(), centre(grid, 12))
    QTest.mouseRelease(grid.viewport(), LEFT, NONE, centre(grid, 12))
    assert grid.selected_positions().tolist() == list(range(2, 13))


@pytest.mark.parametrize(
    ("start", "key", "end"),
    [
        (0, Qt.Key.Key_Right, 1),
        (7, Qt.Key.Key_Right, 8),
        (8, Qt.Key.Key_Left, 7),
        (0, Qt.Key.Key_Left, 0),
        (0, Qt.Key.Key_Up, 0),
        (3, Qt.Key.Key_Down, 11),
        (11, Qt.Key.Key_Up, 3),
        (95, Qt.Key.Key_Down, 102),
        (98, Qt.Key.Key_Down, 98),
        (102, Qt.Key.Key_Right, 102),
        (50, Qt.Key.Key_Home, 0),
        (50, Qt.Key.Key_End, 102),
        (3, Qt.Key.Key_PageDown, 43),
        (43, Qt.Key.Key_PageUp, 3),
        (11, Qt.Key.Key_PageUp, 3),
    ],
)
def test_keys_move_through_the_list(grid: ThumbnailGrid, start: int, key: Qt.Key, end: int) -> None:
    go_to(grid, start)
    with_signal = []
    grid.currentSampleChanged.connect(with_signal.append)
    QTest.keyClick(grid, key)
    assert grid.current_position() == end
    assert with_signal == ([end] if end != start else [])
    assert grid.viewport().rect().contains(grid.visualRect(grid.currentIndex()))
    assert grid.selected_positions().tolist() == [end]


def test_shift_with_keys_and_select_all(grid: ThumbnailGrid) -> None:
    counts: list[int] = []
    grid.selectionCountChanged.connect(counts.append)
    click(grid, 5)
    QTest.keyClick(grid, Qt.Key.Key_Down, SHIFT)
    assert grid.selected_positions().tolist() == list(range(5, 14))
    QTest.keyClick(grid, Qt.Key.Key_End, SHIFT)
    assert grid.selected_positions().tolist() == list(range(5, 103))
    QTest.keyClick(grid, Qt.Key.Key_A, CTRL)
    assert len(grid.selected_positions()) == 103
    assert counts == [9, 98, 103]


def test_a_new_width_keeps_selection_current_and_place(grid: ThumbnailGrid) -> None:
    click(grid, 10)
    click(grid, 29, SHIFT)
    changes: list[int] = []
    grid.currentSampleChanged.connect(changes.append)
    grid.selectionCountChanged.connect(changes.append)
    grid.resize(5 * 66 + 20, 400)
    assert grid.samples.columns == 5
    assert grid.current_position() == 29
    assert grid.selected_positions().tolist() == list(range(10, 30))
    assert grid.viewport().rect().intersects(grid.visualRect(grid.currentIndex()))
    assert changes == []
    click(grid, 25)
    assert grid.selected_positions().tolist() == [25]


def test_other_samples_keep_the_current_one_if_it_is_there(grid: ThumbnailGrid) -> None:
    table = grid.samples.table
    click(grid, 20)
    grid.set_samples(table, np.arange(0, 103, 10))
    assert grid.current_position() == 20
    grid.set_samples(table, np.arange(1, 103, 10))
    assert grid.current_position() == 1
    changes: list[int] = []
    grid.currentSampleChanged.connect(changes.append)
    grid.set_samples(made_up(60), np.arange(1, 60))
    assert changes[-1] == 1, "the same position of another table is another sample"
    grid.set_samples(None, np.zeros(0, np.int64))
    assert grid.current_position() == -1
    QTest.keyClick(grid, Qt.Key.Key_Down)
    QTest.keyClick(grid, Qt.Key.Key_A, CTRL)
    QTest.mouseClick(grid.viewport(), LEFT, NONE, QPoint(30, 30))
    assert grid.selected_positions().tolist() == []


def test_a_held_key_does_not_spoil_the_first_selection(grid: ThumbnailGrid) -> None:
    QTest.keyPress(grid, Qt.Key.Key_Control, CTRL)
    grid.set_samples(grid.samples.table, np.arange(5, 9))
    assert grid.selected_positions().tolist() == [5]
    grid.set_samples(grid.samples.table, np.arange(5, 9))
    assert grid.selected_positions().tolist() == [5]
    QTest.keyRelease(grid, Qt.Key.Key_Control, NONE)


def test_ctrl_with_wheel_or_keys_asks_for_another_size(grid: ThumbnailGrid) -> None:
    wanted: list[int] = []
    grid.sizeWanted.connect(wanted.append)
    QTest.keyClick(grid, Qt.Key.Key_Plus, CTRL)
    QTest.keyClick(grid, Qt.Key.Key_Minus, CTRL)
    turn_wheel(grid, 120, CTRL)
    assert grid.verticalScrollBar().value() == 0
    turn_wheel(grid, -120, NONE)
    assert grid.verticalScrollBar().value() > 0
    assert wanted == [60, 44, 60]
    grid.set_thumbnail_size(140)
    assert grid.samples.columns == 3
    assert grid.rowHeight(0) == 5 + 140 + 16 + 2


def test_the_grid_paints_ink_labels_and_the_selection(grid: ThumbnailGrid) -> None:
    click(grid, 9)
    picture = grid.viewport().grab().toImage()
    cell = grid.visualRect(grid.samples.index_at(0))
    tile_top = cell.top() + 5
    middle = QPoint(cell.left() + cell.width() // 2, tile_top + 26)
    assert picture.pixelColor(middle) == QColor("#000000")
    assert picture.pixelColor(cell.left() + cell.width() // 2, tile_top + 3) == QColor("#ffffff")
    below = QRect(cell.left(), tile_top + 52, cell.width(), 16)
    label = picture.copy(below)
    assert any(label.pixelColor(x, y) != QColor("#ffffff") for x in range(label.width()) for y in range(label.height()))
    chosen = grid.visualRect(grid.samples.index_at(9))
    assert picture.pixelColor(chosen.left() + chosen.width() // 2 - 24, chosen.bottom() - 6) == QColor("#e6effd")


def test_the_delegate_paints_one_cell_as_the_grid_does(grid: ThumbnailGrid) -> None:
    grid.viewport().grab()
    delegate = grid.itemDelegate()
    assert isinstance(delegate, ThumbnailDelegate)
    index = grid.samples.index_at(3)
    cell = grid.visualRect(index)
    picture = QImage(cell.size(), QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(QColor("#ffffff"))
    painter = QPainter(picture)
    option = QStyleOptionViewItem()
    option.rect = QRect(QPoint(0, 0), cell.size())
    delegate.paint(painter, option, index)
    painter.end()
    expected = grid.viewport().grab(cell).toImage().convertToFormat(picture.format())
    assert picture == expected
    assert delegate.sizeHint(option, index) == cell.size()


def test_only_what_is_in_sight_is_painted(grid: ThumbnailGrid) -> None:
    grid.set_samples(made_up(70_000), np.arange(70_000))
    grid.viewport().grab()
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    grid.viewport().grab()
    delegate = grid.itemDelegate()
    assert isinstance(delegate, ThumbnailDelegate)
    assert len(delegate._strips) <= 2 * (400 // delegate.row_height + 2) + 8


def test_pictures_are_enlarged_smoothly_and_in_place() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 14:, :] = 255
    images[1] = 100
    large = enlarged(images, 56)
    assert large.shape == (2, 56, 56)
    assert large.dtype == np.uint8
    assert (large[1] == 100).all()
    assert large[0, :27].max() == 0
    assert large[0, 29:].min() == 255
    assert large[0, 27, 0] == 64
    assert large[0, 28, 0] == 191
    assert (enlarged(images, 28) == images).all()
