"""The Read page in the real window: pictures are opened and read in the background, by the model that is chosen."""

import json
import shutil
import threading
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from read_hand import (
    BROKEN,
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
    reading,
    text,
    view,
)

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.read import ReadPage
from recognizer.gui.widgets.reading_list import PictureList
from recognizer.gui.widgets.reading_marks import Mark
from recognizer.gui.widgets.reading_text import ReadingText
from recognizer.inference.classifier import Classifier

# Opening


def test_the_empty_page_says_the_next_step_and_takes_it(
    read_page: ReadPage, make_picture: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert label(read_page, "readStateText") == "Open, paste or drop a picture of handwritten numbers"
    assert not find(read_page, QPushButton, "readCopyButton").isEnabled()
    assert not find(read_page, QPushButton, "readSaveButton").isEnabled()
    paths = [make_picture("a.png", 10), make_picture("b.png", 20)]
    asked: list[str] = []

    def choose(parent: QWidget, title: str, folder: str, kinds: str) -> tuple[list[str], str]:
        asked.append(kinds)
        return [str(path) for path in paths], kinds

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", choose)
    click(read_page, "readStateButton")
    qtbot.waitUntil(lambda: text(read_page) == "12 47\n?5", timeout=20_000)
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    assert "*.jpg" in asked[0]
    pictures = read_page.findChild(PictureList)
    assert pictures.isVisible()
    assert [pictures.note(number) for number in pictures.order()] == ["a.png\n2 doubtful", "b.png\n1 symbol"]
    QTest.mouseClick(pictures.place(2)[0], LEFT, NONE, pictures.place(2)[1])
    assert text(read_page) == "3"
    assert label(read_page, "readPictureName") == "b.png"
    click(read_page, "readOpenButton")
    assert len(asked) == 2


def test_one_picture_needs_no_list(opened_page: ReadPage) -> None:
    assert not opened_page.findChild(PictureList).isVisible()
    assert label(opened_page, "readSummary") == "6 symbols, 2 doubtful"


def test_reading_happens_elsewhere_and_one_model_is_loaded_once(
    read_page: ReadPage, make_picture: Make, fake_reader: FakeReader, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load = Classifier.__init__

    def counting(self: Classifier, record: object) -> None:
        loaded.append(threading.current_thread().name)
        load(self, record)

    monkeypatch.setattr(Classifier, "__init__", counting)
    read_page.open_pictures([make_picture("a.png", 20), make_picture("b.png", 30), make_picture("c.png", 20)])
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    assert fake_reader.models == ["digits"] * 3
    assert threading.get_ident() not in fake_reader.threads
    assert len(loaded) == 1
    assert loaded[0] != threading.main_thread().name


def test_progress_is_told_and_cancelling_keeps_what_was_read(
    read_page: ReadPage, make_picture: Make, fake_reader: FakeReader, qtbot: QtBot
) -> None:
    read_page.open_pictures([make_picture("a.png", 20)])
    qtbot.waitUntil(lambda: text(read_page) == "3", timeout=20_000)
    fake_reader.gate.clear()
    read_page.open_pictures([make_picture("b.png", 30), make_picture("c.png", 20), make_picture("d.png", 20)])
    assert label(read_page, "readProgressText") == "1 of 3"
    assert label(read_page, "readStateText") == "The picture is being read…"
    fake_reader.gate.set()
    qtbot.waitUntil(lambda: text(read_page) == "88", timeout=20_000)
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    fake_reader.gate.clear()
    read_page.open_pictures([make_picture("e.png", 30), make_picture("f.png", 20)])
    click(read_page, "readCancelButton")
    assert not find(read_page, QWidget, "readProgress").isVisible()
    assert label(read_page, "readStateText") == "This picture has not been read"
    pictures = read_page.findChild(PictureList)
    said = [pictures.note(number).split("\n")[1] for number in pictures.order()]
    assert said == ["1 symbol", "2 symbols", "1 symbol", "1 symbol", "not read", "not read"]
    fake_reader.gate.set()
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    click(read_page, "readStateButton")
    qtbot.waitUntil(lambda: text(read_page) == "88", timeout=20_000)


def test_a_picture_that_cannot_be_read_is_explained_and_the_others_are_read(
    read_page: ReadPage, make_picture: Make, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    letter = tmp_path / "letter.png"
    letter.write_text("Dear fake_reader")
    problems: list[RecognizerError] = []
    window.session.problem.connect(problems.append)
    read_page.open_pictures([letter, make_picture("odd.png", BROKEN), make_picture("good.png", 20)])
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    assert str(letter) in problems[0].where
    assert problems[1].what == "The picture is too odd"
    assert len(problems) == 2
    assert label(read_page, "readStateText") == "The picture cannot be read"
    assert str(letter) in label(read_page, "readStateHelp")
    pictures = read_page.findChild(PictureList)
    assert [pictures.note(number).split("\n")[1] for number in pictures.order()] == [
        "cannot be read",
        "cannot be read",
        "1 symbol",
    ]
    view_port, place = pictures.place(3)
    QTest.mouseClick(view_port, LEFT, NONE, place)
    assert text(read_page) == "3"


def test_a_picture_with_nothing_on_it_says_so(read_page: ReadPage, make_picture: Make, qtbot: QtBot) -> None:
    read_page.open_pictures([make_picture("blank.png", 40)])
    qtbot.waitUntil(lambda: label(read_page, "readSummary") == "0 symbols", timeout=20_000)
    assert find(read_page, ReadingText, "readText").placeholderText().startswith("Nothing was found here.")
    assert not find(read_page, QPushButton, "readCopyButton").isEnabled()


def test_pasting_a_picture_and_a_file(read_page: ReadPage, make_picture: Make, qtbot: QtBot) -> None:
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    image.fill(0xFF141414)
    clipboard = QGuiApplication.clipboard()
    clipboard.setImage(image)
    key(read_page, Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: text(read_page) == "3", timeout=20_000)
    assert label(read_page, "readPictureName") == "pasted picture"
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(make_picture("b.png", 30)))])
    clipboard.setMimeData(data)
    key(read_page, Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: text(read_page) == "88", timeout=20_000)
    # The clipboard outlives Python; an object of Python's in it would crash the process at its end.
    clipboard.clear()


def test_pasting_nothing_is_explained(read_page: ReadPage, window: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("2026")
    with qtbot.waitSignal(window.session.problem) as problem:
        click(read_page, "readPasteButton")
    assert problem.args[0].what == "There is no picture to paste"
    QGuiApplication.clipboard().clear()


def test_dropping_pictures_and_a_folder(read_page: ReadPage, make_picture: Make, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    shutil.copy(make_picture("b.png", 30), folder / "b.png")
    (folder / "notes.txt").write_text("no picture")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (make_picture("a.png", 20), folder)])
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(50, 50), copy, data, LEFT, NONE)
    QApplication.sendEvent(read_page, enter)
    assert enter.isAccepted()
    assert read_page._desk.board.property("drop")
    QApplication.sendEvent(read_page, QDropEvent(QPointF(50, 50), copy, data, LEFT, NONE))
    assert not read_page._desk.board.property("drop")
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    pictures = read_page.findChild(PictureList)
    assert [pictures.note(number) for number in pictures.order()] == ["a.png\n1 symbol", "b.png\n2 symbols"]


def test_a_folder_without_pictures_is_explained(
    read_page: ReadPage, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "none"
    folder.mkdir()
    with qtbot.waitSignal(window.session.problem) as problem:
        read_page.open_pictures([folder])
    assert problem.args[0].where == str(folder)


def test_closing_pictures_shows_the_others_and_at_last_the_next_step(
    read_page: ReadPage, make_picture: Make, qtbot: QtBot
) -> None:
    read_page.open_pictures([make_picture("a.png", 20), make_picture("b.png", 30), make_picture("c.png", 10)])
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    pictures = read_page.findChild(PictureList)
    viewport, place = pictures.place(3)
    QTest.mouseClick(viewport, LEFT, NONE, place)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert text(read_page) == "88"
    key(read_page, Qt.Key.Key_W, CTRL)
    assert text(read_page) == "3"
    assert not pictures.isVisible()
    click(read_page, "readCloseButton")
    assert text(read_page) == ""
    assert label(read_page, "readStateText").startswith("Open, paste or drop")
    assert not find(read_page, QPushButton, "readSaveButton").isEnabled()


def test_a_picture_that_is_closed_while_it_is_read_leaves_the_others_alone(
    read_page: ReadPage, make_picture: Make, fake_reader: FakeReader, qtbot: QtBot
) -> None:
    fake_reader.gate.clear()
    read_page.open_pictures([make_picture("a.png", 20), make_picture("b.png", 30), make_picture("c.png", 10)])
    qtbot.waitUntil(lambda: len(fake_reader.models) == 1, timeout=20_000)
    read_page.close_picture(3)
    read_page.close_picture(1)
    fake_reader.gate.set()
    qtbot.waitUntil(lambda: text(read_page) == "88", timeout=20_000)
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    assert read_page.findChild(PictureList).order() == [2]
    assert fake_reader.models == ["digits"] * 2


# Models


def add_model(profile: Profile, name: str) -> Path:
    folder = profile.models / name
    shutil.copytree(shipped_models_path() / "digits", folder)
    card = json.loads((folder / "model.json").read_text())
    card["title"] = name
    (folder / "model.json").write_text(json.dumps(card))
    return folder


def pick_model(read_page: ReadPage, model_id: str) -> None:
    chooser = find(read_page, QComboBox, "readModelChooser")
    index = chooser.findData(model_id)
    assert index >= 0
    chooser.setCurrentIndex(index)
    chooser.activated.emit(index)


def test_another_model_reads_again_and_corrections_stay(
    opened_page: ReadPage, window: MainWindow, fake_reader: FakeReader, profile: Profile, qtbot: QtBot
) -> None:
    click_box(opened_page, 4)
    key(opened_page, "6")
    add_model(profile, "mine")
    window.session.models_changed.emit("mine")
    assert fake_reader.models == ["digits"]
    fake_reader.readings[10] = reading("1 2 | 9 7", "3 5")
    pick_model(opened_page, "mine")
    qtbot.waitUntil(lambda: text(opened_page) == "12 97\n65", timeout=20_000)
    assert fake_reader.models == ["digits", "mine"]
    assert marks(opened_page)[4] == Mark.CORRECTED
    assert window.session.settings.get("model") == "mine"
    assert window.draw_page.findChild(QComboBox, "modelChooser").currentData() == "mine"


def test_a_model_that_was_chosen_on_the_draw_page_reads_here(
    opened_page: ReadPage, window: MainWindow, fake_reader: FakeReader, profile: Profile, qtbot: QtBot
) -> None:
    add_model(profile, "mine")
    window.session.model_chosen.emit("mine")
    assert not opened_page.isVisible()
    QTest.mouseClick(window.findChild(QToolButton, "readPageButton"), LEFT)
    assert find(opened_page, QComboBox, "readModelChooser").currentData() == "mine"
    qtbot.waitUntil(lambda: fake_reader.models == ["digits", "mine"], timeout=20_000)
    qtbot.waitUntil(all_are_read(opened_page), timeout=20_000)


def test_a_damaged_model_is_explained_once_and_another_reads(
    read_page: ReadPage, window: MainWindow, make_picture: Make, fake_reader: FakeReader, profile: Profile, qtbot: QtBot
) -> None:
    folder = add_model(profile, "broken")
    network = bytearray((folder / "model.tflite").read_bytes())
    network[len(network) // 2] ^= 255
    (folder / "model.tflite").write_bytes(network)
    read_page.open_pictures([make_picture("a.png", 20), make_picture("b.png", 30)])
    qtbot.waitUntil(all_are_read(read_page), timeout=20_000)
    window.session.models_changed.emit("broken")
    problems: list[RecognizerError] = []
    read_page._reader.model_failed.connect(lambda model_id, error: problems.append(error))
    pick_model(read_page, "broken")
    qtbot.waitUntil(lambda: len(fake_reader.models) == 4 and all_are_read(read_page)(), timeout=20_000)
    assert fake_reader.models == ["digits"] * 4
    read_page.shown()
    assert not read_page._reader.is_busy()
    assert ["damaged" in str(problem) for problem in problems] == [True]
    assert find(read_page, QComboBox, "readModelChooser").currentData() == "digits"
    assert text(read_page) == "3"


# As a whole


def test_a_real_picture_is_read(
    window: MainWindow, strokes: dict[str, list[list[list[float]]]], tmp_path: Path, qtbot: QtBot
) -> None:
    picture = Image.new("L", (900, 300), 235)
    pen = ImageDraw.Draw(picture)
    for place, digit in enumerate("2026"):
        for stroke in strokes[digit]:
            line = [(60 + 200 * place + 150 * x, 60 + 180 * y) for x, y in stroke]
            pen.line(line, fill=40, width=11, joint="curve")
    path = tmp_path / "year.jpg"
    picture.save(path)
    window.read_page.open_pictures([path])
    qtbot.waitUntil(lambda: text(window.read_page) == "2026", timeout=20_000)
    boxes = view(window.read_page).boxes()
    assert [box.caption.rstrip("?") for box in boxes] == list("2026")
    assert all(60 + 200 * i - 10 < box.rect.center().x() < 60 + 200 * i + 160 for i, box in enumerate(boxes))


def test_the_window_closes_while_a_picture_is_read(
    read_page: ReadPage, window: MainWindow, make_picture: Make, fake_reader: FakeReader, qtbot: QtBot
) -> None:
    fake_reader.gate.clear()
    read_page.open_pictures([make_picture("a.png", 20), make_picture("b.png", 30)])
    qtbot.waitUntil(lambda: len(fake_reader.models) == 1, timeout=20_000)
    assert window.close()
    assert all(thread.isFinished() for thread in window.session._threads)
    assert fake_reader.models == ["digits"]


def test_it_fits_into_a_small_window(
    opened_page: ReadPage, window: MainWindow, make_picture: Make, qtbot: QtBot
) -> None:
    opened_page.open_pictures([make_picture("a.png", 20), make_picture("b.png", 30)])
    qtbot.waitUntil(all_are_read(opened_page), timeout=20_000)
    window.resize(860, 560)
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    QApplication.processEvents()
    assert (window.width(), window.height()) == (860, 560)
    right = opened_page.mapTo(window, opened_page.rect().bottomRight())
    assert right.x() < 860
    assert right.y() < 560
    shown = [widget for widget in opened_page.findChildren(QPushButton) if widget.isVisible()]
    assert len(shown) > 8
    outside = [
        widget.objectName()
        for widget in shown
        if not window.rect().contains(widget.mapTo(window, widget.rect().topLeft()))
        or widget.mapTo(window, widget.rect().bottomRight()).x() >= 860
    ]
    assert outside == []
