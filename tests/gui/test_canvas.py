"""The canvas: strokes, undo, eraser, pressure, pictures."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from recognizer.gui.widgets.canvas import PaintCanvas
from recognizer.gui.widgets.canvas_marks import Mark
from recognizer.inference.prediction import Verdict

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def canvas(qtbot: QtBot) -> PaintCanvas:
    widget = PaintCanvas()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.set_pen_width(20)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def draw(canvas: PaintCanvas, *places: tuple[int, int]) -> None:
    points = [QPoint(*place) for place in places]
    QTest.mousePress(canvas, LEFT, NONE, points[0])
    for point in points[1:]:
        QTest.mouseMove(canvas, point)
    QTest.mouseRelease(canvas, LEFT, NONE, points[-1])


def dark_pixels(canvas: PaintCanvas) -> int:
    image = canvas.grab().toImage()
    return sum(
        image.pixelColor(x, y).lightness() < 100
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    )


def test_a_drag_is_one_stroke_around_the_middle(canvas: PaintCanvas) -> None:
    draw(canvas, (100, 150), (200, 150), (300, 150))
    ink = canvas.ink()
    assert [stroke.points.tolist() for stroke in ink.strokes] == [[[-100, 0], [0, 0], [100, 0]]]
    assert ink.pen_width == 20
    assert np.all(np.diff(ink.strokes[0].times) >= 0)
    assert ink.strokes[0].pressures.tolist() == [1, 1, 1]


def test_what_is_painted_is_what_was_drawn(canvas: PaintCanvas) -> None:
    draw(canvas, (100, 150), (300, 150))
    image = canvas.grab().toImage()
    assert image.pixelColor(200, 150) == QColor("#1b1f27")
    assert image.pixelColor(200, 158) == QColor("#1b1f27")
    assert image.pixelColor(200, 164) == QColor("#ffffff")
    assert image.pixelColor(92, 150) == QColor("#1b1f27")


def test_the_ink_is_there_while_the_pen_is_down(canvas: PaintCanvas, qtbot: QtBot) -> None:
    with qtbot.waitSignal(canvas.drawingChanged):
        QTest.mousePress(canvas, LEFT, NONE, QPoint(50, 50))
    QTest.mouseMove(canvas, QPoint(60, 60))
    assert len(canvas.ink().strokes[0].points) == 2
    assert not canvas.undo_stack.canUndo()
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(60, 60))
    assert canvas.undo_stack.count() == 1


def test_undo_and_redo_go_stroke_by_stroke(canvas: PaintCanvas) -> None:
    draw(canvas, (50, 50), (100, 50))
    draw(canvas, (50, 90), (100, 90))
    canvas.undo()
    assert len(canvas.ink().strokes) == 1
    canvas.undo()
    assert canvas.is_empty()
    canvas.redo()
    canvas.redo()
    assert [stroke.points[0].tolist() for stroke in canvas.ink().strokes] == [[-150, -100], [-150, -60]]


def test_clear_can_be_undone_and_an_empty_canvas_is_not_cleared_twice(canvas: PaintCanvas) -> None:
    canvas.clear()
    assert canvas.undo_stack.count() == 0
    draw(canvas, (50, 50), (100, 50))
    canvas.clear()
    assert canvas.is_empty()
    canvas.undo()
    assert len(canvas.ink().strokes) == 1
    assert dark_pixels(canvas) > 100


def test_the_eraser_takes_whole_strokes_and_one_drag_is_one_step(canvas: PaintCanvas) -> None:
    draw(canvas, (50, 50), (150, 50))
    draw(canvas, (50, 100), (150, 100))
    draw(canvas, (50, 250), (150, 250))
    canvas.set_erasing(True)
    draw(canvas, (100, 30), (100, 60), (100, 110))
    assert [stroke.points[0].tolist() for stroke in canvas.ink().strokes] == [[-150, 100]]
    canvas.undo()
    assert len(canvas.ink().strokes) == 3
    canvas.redo()
    assert len(canvas.ink().strokes) == 1


def test_an_eraser_that_meets_nothing_is_no_step(canvas: PaintCanvas) -> None:
    draw(canvas, (50, 50), (150, 50))
    canvas.set_erasing(True)
    draw(canvas, (300, 200), (320, 220))
    assert canvas.undo_stack.count() == 1


def test_undo_during_a_stroke_finishes_it_first(canvas: PaintCanvas) -> None:
    draw(canvas, (50, 50), (150, 50))
    QTest.mousePress(canvas, LEFT, NONE, QPoint(50, 90))
    QTest.mouseMove(canvas, QPoint(90, 90))
    canvas.undo()
    assert len(canvas.ink().strokes) == 1
    QTest.mouseMove(canvas, QPoint(120, 90))
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(120, 90))
    assert len(canvas.ink().strokes) == 1


def test_a_stroke_stays_inside_the_canvas(canvas: PaintCanvas) -> None:
    draw(canvas, (390, 150), (900, 150), (390, -400))
    points = canvas.ink().strokes[0].points
    assert points[:, 0].max() == 200
    assert points[:, 1].min() == -150


def test_a_click_is_a_dot(canvas: PaintCanvas) -> None:
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(200, 150))
    assert canvas.ink().strokes[0].points.tolist() == [[0, 0]]
    assert canvas.grab().toImage().pixelColor(200, 150) == QColor("#1b1f27")


def test_the_drawing_stays_in_the_middle_when_the_window_grows(canvas: PaintCanvas) -> None:
    draw(canvas, (200, 150), (220, 150))
    canvas.resize(600, 500)
    assert canvas.ink().strokes[0].points[0].tolist() == [0, 0]
    assert canvas.grab().toImage().pixelColor(300, 250) == QColor("#1b1f27")


def test_a_wider_pen_paints_old_strokes_wider(canvas: PaintCanvas) -> None:
    draw(canvas, (100, 150), (300, 150))
    before = dark_pixels(canvas)
    canvas.set_pen_width(40)
    assert dark_pixels(canvas) > 1.7 * before


def test_a_picture_takes_the_place_of_ink_and_a_stroke_that_of_the_picture(canvas: PaintCanvas) -> None:
    draw(canvas, (50, 50), (100, 50))
    picture = np.full((30, 40), 7, np.uint8)
    canvas.show_picture(picture)
    assert np.array_equal(canvas.picture(), picture)
    assert canvas.ink().is_empty
    draw(canvas, (50, 50), (100, 50))
    assert canvas.picture() is None
    assert len(canvas.ink().strokes) == 1
    canvas.undo()
    assert np.array_equal(canvas.picture(), picture)
    canvas.undo()
    assert len(canvas.ink().strokes) == 1


def tablet(kind: QEvent.Type, place: QPointF, pressure: float, device: QPointingDevice) -> QTabletEvent:
    return QTabletEvent(kind, device, place, place, pressure, 0, 0, 0, 0, 0, NONE, LEFT, LEFT)


@pytest.fixture
def pens() -> dict[str, QPointingDevice]:
    kinds = {"pen": QPointingDevice.PointerType.Pen, "eraser": QPointingDevice.PointerType.Eraser}
    return {
        name: QPointingDevice(
            name, index, QPointingDevice.DeviceType.Stylus, kind, QPointingDevice.Capability.Pressure, 1, 1
        )
        for index, (name, kind) in enumerate(kinds.items(), start=70)
    }


def test_a_pen_keeps_its_pressure(canvas: PaintCanvas, pens: dict[str, QPointingDevice]) -> None:
    canvas.tabletEvent(tablet(QEvent.Type.TabletPress, QPointF(50, 50), 0.25, pens["pen"]))
    canvas.tabletEvent(tablet(QEvent.Type.TabletMove, QPointF(90, 50), 0.5, pens["pen"]))
    canvas.tabletEvent(tablet(QEvent.Type.TabletRelease, QPointF(90, 50), 0.0, pens["pen"]))
    assert canvas.ink().strokes[0].pressures.tolist() == [0.25, 0.5]


def test_the_other_end_of_the_pen_erases(canvas: PaintCanvas, pens: dict[str, QPointingDevice]) -> None:
    draw(canvas, (50, 50), (150, 50))
    canvas.tabletEvent(tablet(QEvent.Type.TabletPress, QPointF(100, 50), 0.5, pens["eraser"]))
    canvas.tabletEvent(tablet(QEvent.Type.TabletRelease, QPointF(100, 50), 0.0, pens["eraser"]))
    assert canvas.is_empty()


def test_a_finger_draws(canvas: PaintCanvas) -> None:
    device = QTest.createTouchDevice()
    QTest.touchEvent(canvas, device).press(0, QPoint(50, 60), canvas).commit()
    QTest.touchEvent(canvas, device).move(0, QPoint(80, 60), canvas).commit()
    QTest.touchEvent(canvas, device).release(0, QPoint(80, 60), canvas).commit()
    assert canvas.ink().strokes[0].points.tolist() == [[-150, -90], [-120, -90]]


def test_a_stroke_is_not_torn_when_the_canvas_changes_under_the_pen(canvas: PaintCanvas) -> None:
    QTest.mousePress(canvas, LEFT, NONE, QPoint(200, 150))
    QTest.mouseMove(canvas, QPoint(210, 150))
    canvas.resize(400, 240)
    QTest.mouseMove(canvas, QPoint(220, 150))
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(220, 150))
    assert canvas.ink().strokes[0].points.tolist() == [[0, 0], [10, 0], [20, 0]]
    assert canvas.grab().toImage().pixelColor(200, 120) == QColor("#1b1f27")


def test_a_drawing_of_a_larger_window_is_shown_whole(canvas: PaintCanvas) -> None:
    canvas.resize(800, 600)
    draw(canvas, (20, 20), (20, 580))
    draw(canvas, (780, 20), (780, 580))
    before = [stroke.points.tolist() for stroke in canvas.ink().strokes]
    canvas.resize(400, 300)
    image = canvas.grab().toImage()
    ink = QColor("#1b1f27")
    inked = [(x, y) for x in range(400) for y in range(300) if image.pixelColor(x, y) == ink]
    assert min(x for x, _ in inked) > 10
    assert max(x for x, _ in inked) < 390
    assert min(y for _, y in inked) > 10
    assert max(y for _, y in inked) < 290
    assert [stroke.points.tolist() for stroke in canvas.ink().strokes] == before


def test_the_pen_draws_where_it_is_on_a_drawing_shown_smaller(canvas: PaintCanvas) -> None:
    canvas.resize(800, 600)
    draw(canvas, (20, 300), (780, 300))
    canvas.resize(400, 300)
    draw(canvas, (120, 60), (120, 90))
    assert canvas.grab().toImage().pixelColor(120, 75) == QColor("#1b1f27")
    canvas.undo()
    assert canvas.grab().toImage().pixelColor(120, 75) != QColor("#1b1f27")
    canvas.set_erasing(True)
    draw(canvas, (120, 145), (120, 155))
    assert canvas.is_empty()


def test_the_owner_of_a_clearing_hears_of_its_undoing(canvas: PaintCanvas) -> None:
    said: list[str] = []
    draw(canvas, (50, 50), (100, 50))
    canvas.clear(lambda: said.append("undone"), lambda: said.append("redone"))
    assert (said, canvas.is_empty()) == ([], True)
    canvas.undo()
    assert (said, canvas.is_empty()) == (["undone"], False)
    canvas.redo()
    assert (said, canvas.is_empty()) == (["undone", "redone"], True)


def test_figures_are_told_and_other_keys_are_not(canvas: PaintCanvas) -> None:
    typed: list[str] = []
    canvas.keyTyped.connect(typed.append)
    canvas.setFocus()
    QTest.keyClicks(canvas, "7a0")
    QTest.keyClick(canvas, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert typed == ["7", "0"]


def test_a_box_is_shown_around_a_part_of_the_drawing_and_goes(canvas: PaintCanvas) -> None:
    draw(canvas, (150, 100), (150, 200))
    plain = canvas.grab().toImage()
    canvas.set_marks([Mark((-50, -50, 0, 100), "1 99 %", Verdict.SURE, is_selected=True)])
    marked = canvas.grab().toImage()
    assert marked.pixelColor(134, 150) == QColor("#1a936f")
    canvas.set_marks([])
    assert canvas.grab().toImage() == plain
