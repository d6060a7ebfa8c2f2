"""The Read page in the real window: what was read is looked at, corrected and taken away."""

import csv
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from read_hand import (
    CTRL,
    LEFT,
    NONE,
    SIZE,
    FakeReader,
    Make,
    all_are_read,
    click,
    click_box,
    find,
    key,
    label,
    marks,
    move_to,
    reading,
    symbol,
    text,
    view,
)

from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.read import ReadPage
from recognizer.gui.widgets.reading_classes import ClassPicker
from recognizer.gui.widgets.reading_list import PictureList
from recognizer.gui.widgets.reading_marks import Mark
from recognizer.gui.widgets.reading_text import ReadingText
from recognizer.inference.kinds import KINDS
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.reading import Reading, ReadLine
from recognizer.library.dataset import DIGITS

# Looking


def test_a_click_on_a_box_shows_what_the_model_saw(opened_page: ReadPage) -> None:
    click_box(opened_page, 2)
    assert label(opened_page, "readSymbolText") == "4"
    assert label(opened_page, "readSymbolVerdict") == "Not sure: 4 or 9?"
    assert label(opened_page, "readSymbolOthers") == "4\u00a0·\u00a060.0\u00a0%   9\u00a0·\u00a039.2\u00a0%"
    seen = find(opened_page, QWidget, "readSymbolView").image()
    assert np.array_equal(seen, symbol("4?", 2, 0).image)
    assert find(opened_page, ClassPicker, "readProbabilities").probabilities()["9"] == pytest.approx(0.392)
    assert view(opened_page).accessibleDescription() == "4: Not sure: 4 or 9?"
    click_box(opened_page, 4)
    assert label(opened_page, "readSymbolVerdict") == "Not sure: this does not look like a digit"
    QTest.mouseClick(view(opened_page), LEFT, NONE, QPoint(3, 3))
    assert view(opened_page).current() == -1
    assert find(opened_page, QLabel, "readInspectorHint").isVisible()


def test_doubt_is_shown_by_more_than_colour(opened_page: ReadPage) -> None:
    assert marks(opened_page) == [Mark.SURE, Mark.SURE, Mark.UNSURE, Mark.SURE, Mark.UNREADABLE, Mark.SURE]
    assert [box.caption for box in view(opened_page).boxes()] == ["1", "2", "4?", "7", "?", "5"]
    image = view(opened_page).grab().toImage()

    def gaps(index: int) -> int:
        """How often the line at a box's top is interrupted."""
        rect = view(opened_page).box_rect(index).adjusted(-2, -2, 2, 2)
        row = [
            image.pixelColor(x, round(rect.bottom())).name()
            for x in range(round(rect.left()) + 6, round(rect.right()) - 6)
        ]
        return len([1 for before, after in pairwise(row) if before != after])

    assert gaps(1) == 0
    assert gaps(2) > 6
    assert gaps(4) > gaps(2)


def test_text_and_boxes_are_linked(opened_page: ReadPage) -> None:
    words = find(opened_page, ReadingText, "readText")
    move_to(view(opened_page), view(opened_page).box_rect(3).center().toPoint())
    assert words.hovered() == 3
    QTest.mouseMove(words.viewport(), words.symbol_place(5))
    assert view(opened_page).hovered() == 5
    QTest.mouseClick(words.viewport(), LEFT, NONE, words.symbol_place(2))
    assert view(opened_page).current() == 2
    assert label(opened_page, "readSymbolText") == "4"
    QTest.keyClick(words, Qt.Key.Key_Down)
    assert view(opened_page).current() == 5
    click_box(opened_page, 0)
    assert words.current() == 0


def test_the_type_is_as_large_as_there_is_room(
    opened_page: ReadPage, make_picture: Make, fake_reader: FakeReader, qtbot: QtBot
) -> None:
    words = find(opened_page, ReadingText, "readText")
    assert words.font().pointSize() == 26
    fake_reader.readings[20] = reading(*["1 2 3 4 5 6 7 8 9 0"] * 8)
    fake_reader.readings[30] = reading(" ".join("1234567890" * 3))
    opened_page.open_pictures([make_picture("high.png", 20)])
    qtbot.waitUntil(lambda: text(opened_page).count("\n") == 7, timeout=20_000)
    assert words.font().pointSize() == 15
    opened_page.open_pictures([make_picture("wide.png", 30)])
    qtbot.waitUntil(lambda: len(text(opened_page)) == 30, timeout=20_000)
    assert words.font().pointSize() < 20
    assert words.horizontalScrollBar().maximum() == 0


def test_keys_lead_from_box_to_box(opened_page: ReadPage) -> None:
    assert QApplication.focusWidget() is view(opened_page)
    steps = [
        (Qt.Key.Key_Right, 0), (Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 5), (Qt.Key.Key_Left, 4), (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_End, 5), (Qt.Key.Key_Home, 0), (Qt.Key.Key_Tab, 1), (Qt.Key.Key_Backtab, 0), (Qt.Key.Key_N, 2),
        (Qt.Key.Key_F3, 4), (Qt.Key.Key_N, 2),
    ]  # fmt: skip
    for which, wanted in steps:
        key(opened_page, which)
        assert view(opened_page).current() == wanted, which
    key(opened_page, Qt.Key.Key_Escape)
    assert view(opened_page).current() == -1
    key(opened_page, Qt.Key.Key_End)
    key(opened_page, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not view(opened_page)


def test_the_wheel_zooms_around_the_mouse_and_dragging_moves(opened_page: ReadPage) -> None:
    shown = view(opened_page)
    fitted = shown.zoom()
    place = shown.box_rect(0).center()

    def turn(steps: int) -> None:
        event = QWheelEvent(
            place, shown.mapToGlobal(place), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, NONE,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(shown, event)

    turn(4)
    assert shown.zoom() == pytest.approx(fitted * 1.25**4)
    zoomed = shown.box_rect(0).center()
    assert (zoomed - place).manhattanLength() < 40
    QTest.mousePress(shown, LEFT, NONE, QPoint(100, 100))
    QTest.mouseMove(shown, QPoint(80, 90))
    QTest.mouseMove(shown, QPoint(60, 80))
    QTest.mouseRelease(shown, LEFT, NONE, QPoint(60, 80))
    assert shown.box_rect(0).center() - zoomed == QPointF(-40, -20)
    assert shown.current() == -1
    key(opened_page, Qt.Key.Key_End)
    assert shown.rect().contains(shown.box_rect(5).center().toPoint())
    click(opened_page, "readFitButton")
    assert shown.zoom() == pytest.approx(fitted)
    assert shown.is_fitted()
    turn(-3)
    assert shown.zoom() == pytest.approx(fitted)
    click(opened_page, "readZoomInButton")
    click(opened_page, "readZoomOutButton")
    assert shown.is_fitted()


# Correcting


def test_typing_corrects_and_can_be_undone(opened_page: ReadPage) -> None:
    click_box(opened_page, 2)
    key(opened_page, "9")
    assert text(opened_page) == "12 97\n?5"
    assert marks(opened_page)[2] == Mark.CORRECTED
    assert label(opened_page, "readSymbolVerdict") == "Corrected by you; the model read 4"
    assert label(opened_page, "readSummary") == "6 symbols, 1 doubtful"
    click_box(opened_page, 4)
    key(opened_page, "+")
    assert text(opened_page) == "12 97\n+5"
    key(opened_page, Qt.Key.Key_Z, CTRL)
    click(opened_page, "readUndoButton")
    assert text(opened_page) == "12 47\n?5"
    assert view(opened_page).current() == 2
    assert not find(opened_page, QPushButton, "readUndoButton").isEnabled()
    click(opened_page, "readRedoButton")
    assert text(opened_page) == "12 97\n?5"


def test_a_doubtful_symbol_can_be_confirmed(opened_page: ReadPage) -> None:
    click_box(opened_page, 2)
    key(opened_page, "4")
    assert text(opened_page) == "12 47\n?5"
    assert marks(opened_page)[2] == Mark.CORRECTED
    click_box(opened_page, 0)
    key(opened_page, "1")
    assert marks(opened_page)[0] == Mark.SURE


def test_a_click_on_a_class_corrects(opened_page: ReadPage) -> None:
    classes = find(opened_page, ClassPicker, "readProbabilities")
    click_box(opened_page, 4)
    QTest.mouseClick(classes, LEFT, NONE, classes.class_place("6"))
    assert text(opened_page) == "12 47\n65"
    assert classes.chosen() == "6"
    classes.setFocus()
    QTest.keyClick(classes, Qt.Key.Key_Right)
    QTest.keyClick(classes, Qt.Key.Key_Return)
    assert text(opened_page) == "12 47\n75"
    click(opened_page, "readOperator0")
    assert text(opened_page) == "12 47\n+5"


def test_a_false_box_is_taken_away_and_comes_back(opened_page: ReadPage) -> None:
    click_box(opened_page, 2)
    key(opened_page, Qt.Key.Key_Delete)
    assert text(opened_page) == "12 7\n?5"
    assert view(opened_page).current() == 3
    click_box(opened_page, 4)
    click(opened_page, "readRemoveButton")
    key(opened_page, Qt.Key.Key_Delete)
    assert text(opened_page) == "12 7"
    assert view(opened_page).current() == 3
    for _ in range(3):
        key(opened_page, Qt.Key.Key_Delete)
    assert text(opened_page) == ""
    assert QApplication.focusWidget() is view(opened_page)
    for _ in range(6):
        key(opened_page, Qt.Key.Key_Z, CTRL)
    assert text(opened_page) == "12 47\n?5"


def test_a_gap_stays_when_the_symbol_after_it_is_taken_away(opened_page: ReadPage) -> None:
    for index in (2, 0):
        click_box(opened_page, index)
        key(opened_page, Qt.Key.Key_Delete)
    assert text(opened_page) == "2 7\n?5"
    click_box(opened_page, 1)
    key(opened_page, Qt.Key.Key_Delete)
    assert text(opened_page) == "7\n?5"


def test_where_n_is_a_letter_it_corrects(opened_page: ReadPage) -> None:
    opened_page._desk._document.labels = (*"0123456789", "N", "n")
    click_box(opened_page, 2)
    key(opened_page, "n")
    assert text(opened_page) == "12 n7\n?5"
    key(opened_page, Qt.Key.Key_F3)
    assert view(opened_page).current() == 4
    key(opened_page, Qt.Key.Key_Escape)
    QTest.mouseClick(view(opened_page), LEFT, NONE, QPoint(3, 3))
    assert "F3" in find(opened_page, QLabel, "readInspectorHint").text()


def test_a_sign_may_turn_out_to_be_a_digit(
    read_page: ReadPage, make_picture: Make, fake_reader: FakeReader, qtbot: QtBot
) -> None:
    line = reading("1 2").lines[0]
    shares = np.zeros(len(KINDS), np.float32)
    shares[KINDS.index("-")] = 1
    sign = replace(line.symbols[1], text="-", prediction=Prediction("-", shares, KINDS, Verdict.SURE))
    fake_reader.readings[10] = Reading((ReadLine((line.symbols[0], sign)),), *map(float, SIZE))
    read_page.open_pictures([make_picture("a.png", 10)])
    qtbot.waitUntil(lambda: text(read_page) == "1-", timeout=20_000)
    click_box(read_page, 1)
    assert label(read_page, "readSymbolVerdict") == "Sure"
    classes = find(read_page, ClassPicker, "readProbabilities")
    assert tuple(classes.probabilities()) == DIGITS.names
    QTest.mouseClick(classes, LEFT, NONE, classes.class_place("7"))
    assert text(read_page) == "17"
    key(read_page, "-")
    assert text(read_page) == "1-"


def test_typing_with_nothing_chosen_changes_nothing(opened_page: ReadPage) -> None:
    key(opened_page, "9")
    key(opened_page, Qt.Key.Key_Delete)
    assert text(opened_page) == "12 47\n?5"
    assert not find(opened_page, QPushButton, "readUndoButton").isEnabled()


def test_each_picture_has_its_own_corrections(read_page: ReadPage, make_picture: Make, qtbot: QtBot) -> None:
    read_page.open_pictures([make_picture("a.png", 20), make_picture("b.png", 30)])
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    click_box(read_page, 0)
    key(read_page, "5")
    assert text(read_page) == "5"
    pictures = read_page.findChild(PictureList)
    viewport, place = pictures.place(2)
    QTest.mouseClick(viewport, LEFT, NONE, place)
    assert not find(read_page, QPushButton, "readUndoButton").isEnabled()
    click_box(read_page, 1)
    key(read_page, "1")
    assert text(read_page) == "81"
    viewport, place = pictures.place(1)
    QTest.mouseClick(viewport, LEFT, NONE, place)
    assert text(read_page) == "5"
    click(read_page, "readUndoButton")
    assert text(read_page) == "3"


# Taking away


def test_copy_gives_the_corrected_text(opened_page: ReadPage) -> None:
    click_box(opened_page, 2)
    key(opened_page, "9")
    click(opened_page, "readCopyButton")
    assert QGuiApplication.clipboard().text() == "12 97\n?5"
    assert find(opened_page, QPushButton, "readCopyButton").text() == "Copied"
    key(opened_page, "8")
    key(opened_page, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "12 87\n?5"


def test_copy_gives_only_what_is_selected_in_the_text(opened_page: ReadPage) -> None:
    words = find(opened_page, ReadingText, "readText")
    words.setFocus()
    QTest.keyClick(words, Qt.Key.Key_Home, CTRL)
    QTest.keyClick(words, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(words, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "12 47"


def save_as(monkeypatch: pytest.MonkeyPatch, path: Path, kind: str) -> None:
    def choose(parent: QWidget, title: str, suggested: str, kinds: str) -> tuple[str, str]:
        return str(path), next(each for each in kinds.split(";;") if kind in each)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)


def test_saving_as_text_and_as_a_table(
    read_page: ReadPage, make_picture: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read_page.open_pictures([make_picture("bill.png", 10)])
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    click_box(read_page, 2)
    key(read_page, "9")
    save_as(monkeypatch, tmp_path / "one.txt", "*.txt")
    click(read_page, "readSaveButton")
    assert (tmp_path / "one.txt").read_bytes() == b"12 97\n?5\n"
    read_page.open_pictures([make_picture("数.png", 20)])
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    save_as(monkeypatch, tmp_path / "all", "*.csv")
    key(read_page, Qt.Key.Key_S, CTRL)
    rows = list(csv.reader((tmp_path / "all.csv").read_text("utf-8-sig").splitlines()))
    assert rows == [
        ["picture", "line", "text", "doubtful", "corrected", "left", "top", "width", "height"],
        ["bill.png", "1", "12 97", "0", "1", "20", "30", "220", "60"],
        ["bill.png", "2", "?5", "1", "0", "20", "120", "100", "60"],
        ["数.png", "1", "3", "0", "0", "20", "30", "40", "60"],
    ]
    save_as(monkeypatch, tmp_path / "both.txt", "*.txt")
    key(read_page, Qt.Key.Key_S, CTRL)
    assert (tmp_path / "both.txt").read_text("utf-8") == "bill.png\n12 97\n?5\n\n数.png\n3\n"


def test_a_file_that_cannot_be_written_is_explained(
    opened_page: ReadPage, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    save_as(monkeypatch, tmp_path / "file" / "text.txt", "*.txt")
    with qtbot.waitSignal(window.session.problem) as problem:
        click(opened_page, "readSaveButton")
    assert problem.args[0].what == "The file cannot be written"
