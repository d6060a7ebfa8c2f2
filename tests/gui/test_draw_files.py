"""Files on the Draw page: drawings come from ink files and go into them, pictures too."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.draw_files import MAX_POINTS, fitted
from recognizer.ink.files import read_ink_file, write_ink_file
from recognizer.ink.stroke import Ink

LEFT = Qt.MouseButton.LeftButton


def answer(window: MainWindow) -> str:
    return window.findChild(QLabel, "predictedLabel").text()


def save_as(window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "(*.inkml)"))
    QTest.mouseClick(window.findChild(QPushButton, "saveDrawingButton"), LEFT)


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    window.draw_page.dropEvent(QDropEvent(QPointF(300, 300), copy, data, LEFT, none))


def test_a_drawing_is_saved_and_comes_back(
    window: MainWindow, draw: Callable, strokes: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    draw(strokes["4"])
    before = window.draw_page.canvas.ink()
    save_as(window, tmp_path / "a four", monkeypatch)
    path = tmp_path / "a four.inkml"
    qtbot.waitUntil(path.is_file, timeout=20_000)
    (kept,) = read_ink_file(path).inks
    assert all(np.allclose(a.points, b.points, atol=1e-3) for a, b in zip(kept.strokes, before.strokes, strict=True))
    window.draw_page.canvas.clear()
    drop(window, path)
    qtbot.waitUntil(lambda: answer(window) == "4", timeout=20_000)
    assert len(window.draw_page.canvas.ink().strokes) == len(before.strokes)


def test_a_drawing_is_saved_as_a_picture_in_black_on_white(
    window: MainWindow, draw: Callable, strokes: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    window._theme_actions["dark"].trigger()
    draw(strokes["3"])
    path = tmp_path / "three.png"
    save_as(window, path, monkeypatch)
    qtbot.waitUntil(path.is_file, timeout=20_000)
    window._theme_actions["system"].trigger()
    pixels = np.asarray(Image.open(path).convert("L"))
    assert (pixels[0, 0], pixels.min() < 40) == (255, True)
    window.draw_page.canvas.clear()
    window.draw_page.open_picture(path)
    qtbot.waitUntil(lambda: answer(window) == "3", timeout=20_000)


def test_the_first_of_several_drawings_is_shown_and_their_number_said(
    window: MainWindow, strokes: dict, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "two.inkml"
    write_ink_file(path, [Ink.from_arrays([np.array(s) * 50 for s in strokes[digit]]) for digit in "72"])
    window.draw_page.open_picture(path)
    qtbot.waitUntil(lambda: answer(window) == "7", timeout=20_000)
    said = window.findChild(QLabel, "drawFileLabel")
    assert said.text() == "The first of 2 drawings in two.inkml"
    QTest.mouseClick(window.findChild(QPushButton, "clearButton"), LEFT)
    QTest.mousePress(window.draw_page.canvas, LEFT, pos=QPoint(50, 50))
    QTest.mouseRelease(window.draw_page.canvas, LEFT, pos=QPoint(50, 90))
    assert said.text().startswith("…or drop")


@pytest.mark.parametrize(
    ("name", "content"),
    [("cut.inkml", b"<ink xmlns='http://www.w3.org/2003/InkML'><trace>1 2, 3"), ("none.inkml", b"<ink></ink>")],
)
def test_an_ink_file_that_cannot_be_used_is_explained(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with qtbot.waitSignal(window.session.problem, timeout=20_000) as problem:
        window.draw_page.open_picture(path)
    assert str(path) in str(problem.args[0])
    assert window.draw_page.canvas.is_empty()


def test_a_drawing_of_too_many_points_is_refused_with_their_number(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "long.npz"
    turns = np.linspace(0, 500, MAX_POINTS + 1)
    write_ink_file(path, [Ink.from_arrays([np.stack([np.cos(turns) * turns, np.sin(turns) * turns], axis=1)])])
    with qtbot.waitSignal(window.session.problem, timeout=20_000) as problem:
        window.draw_page.open_picture(path)
    assert "20,001 points, at most 20,000" in str(problem.args[0])


def test_nothing_is_saved_of_an_empty_canvas_or_under_a_strange_name(
    window: MainWindow, draw: Callable, strokes: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.session.problem, timeout=5000) as problem:
        QTest.mouseClick(window.findChild(QPushButton, "saveDrawingButton"), LEFT)
    assert problem.args[0].what == "There is nothing to save"
    draw(strokes["1"])
    with qtbot.waitSignal(window.session.problem, timeout=5000) as problem:
        save_as(window, tmp_path / "one.docx", monkeypatch)
    assert "one.docx" in str(problem.args[0])
    assert list(tmp_path.glob("one*")) == []


def test_ink_of_any_unit_is_put_in_the_middle_in_writing_size() -> None:
    ink = Ink.from_arrays([np.array([[10_000, 5000], [10_000, 9000]]), np.array([[9000, 7000], [11_000, 7000]])])
    assert fitted(ink, 600, 400).bounds() == pytest.approx((-70, -140, 70, 140))
    dot = Ink.from_arrays([np.array([[7, 7]])])
    assert fitted(dot, 600, 400).bounds() == (0, 0, 0, 0)
