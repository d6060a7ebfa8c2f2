"""The Models page: what is known of models, and what can be done with them."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.base.settings import Settings
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.models import ModelsPage
from recognizer.gui.session import Session
from recognizer.inference.registry import CARD
from recognizer.training.shipping import arrival

LEFT = Qt.MouseButton.LeftButton


def keep_model(profile: Profile, model_id: str, created: str, **entries: Any) -> Path:
    """A model as if it had been trained here: the shipped one for digits under another name."""
    folder = profile.models / model_id
    shutil.copytree(shipped_models_path() / "digits", folder)
    card = json.loads((folder / CARD).read_text())
    training = {
        "data": {"name": "mnist", "title": "MNIST", "source": "LeCun"},
        "samples": {"train": 54_000, "validation": 6_000, "test": 10_000},
        "config": {"preset": "cnn", "epochs": 5, "batch_size": 32, "learning_rate": 0.001, "seed": 7},
        "epochs": 5,
        "best_epoch": 4,
        "run": model_id,
    }
    metrics = {"accuracy": 0.9875, "n": 10_000, "split": "test"}
    card |= {"title": f"Title of {model_id}", "created": created, "training": training, "metrics": metrics, **entries}
    (folder / CARD).write_text(json.dumps(card))
    return folder


@pytest.fixture
def old(profile: Profile) -> Path:
    return keep_model(profile, "old", "2026-03-01T00:00:00Z")


@pytest.fixture
def mine(profile: Profile, old: Path) -> Path:
    """The newer one of two models that were trained here."""
    return keep_model(profile, "mine", "2026-03-02T00:00:00Z")


@pytest.fixture
def problems() -> list[str]:
    """What the session was told to say."""
    return []


Open = Callable[[], ModelsPage]


@pytest.fixture
def open_page(profile: Profile, problems: list[str], qtbot: QtBot) -> Iterator[Open]:
    """Opens the page in a window of its own, and waits until a model is shown."""
    session = Session(profile, Settings(profile))
    session.problem.connect(lambda error: problems.append(str(error)))

    def open_it() -> ModelsPage:
        page = ModelsPage(session)
        qtbot.addWidget(page)
        page.resize(1192, 800)
        page.show()
        page.activateWindow()
        qtbot.waitActive(page)
        page.shown()
        settled(page, qtbot)
        return page

    yield open_it
    assert session.stop_threads(60_000)


def settled(page: ModelsPage, qtbot: QtBot) -> None:
    """Nothing is listed or read any more, and what is chosen is shown."""

    def is_settled() -> bool:
        portrait = page.details.portrait()
        is_working = page._listing.is_running() or page._reading.is_running()
        return not is_working and portrait is not None and portrait.record.id == page.list.chosen()

    qtbot.waitUntil(is_settled, timeout=20_000)


def text(page: QWidget, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None, name
    return label.text()


def said(page: ModelsPage) -> str:
    """All that is in sight about the chosen model."""
    return "\n".join(label.text() for label in page.details.findChildren(QLabel) if label.isVisibleTo(page))


def click(page: QWidget, name: str) -> None:
    button = page.findChild(QPushButton, name)
    assert button.isVisible(), name
    assert button.isEnabled(), name
    QTest.mouseClick(button, LEFT)


def button(page: QWidget, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None, name
    return found


def test_who_has_trained_nothing_is_told_how_to(open_page: Open, qtbot: QtBot) -> None:
    page = open_page()
    assert [row.model_id for row in page.list.rows()] == ["digits", "letters"]
    assert [row.is_drawn_with for row in page.list.rows()] == [True, False]
    assert page.list.hasFocus()
    assert text(page, "modelTitle") == "Digits"
    assert text(page, "modelAccuracy") == "99.70 %"
    note = text(page, "modelAccuracyNote").replace("\xa0", " ")
    assert note == "95 % interval 99.57 to 99.79 %, of 10,000\nMNIST, test split"
    assert text(page, "modelParameters") == "202,097"
    assert text(page, "modelClasses") == "10"
    for known in ("0, 1, 2, 3, 4, 5, 6, 7, 8, 9", "4 convolutions · 2 poolings · 1 dense layer", "version 1, hash"):
        assert known in said(page)
    assert not button(page, "modelRunButton").isEnabled()
    assert not button(page, "modelRenameButton").isEnabled()
    assert not button(page, "modelDeleteButton").isEnabled()
    with qtbot.waitSignal(page.trainWanted):
        click(page, "modelTrainButton")


@pytest.mark.usefixtures("mine")
def test_arrows_choose_and_enter_draws(open_page: Open, qtbot: QtBot) -> None:
    page = open_page()
    assert [row.model_id for row in page.list.rows()] == ["digits", "letters", "mine", "old"]
    assert not page.findChild(QWidget, "modelTrainHint").isVisible()
    for _ in range(2):
        QTest.keyClick(page.list, Qt.Key.Key_Down)
    settled(page, qtbot)
    assert text(page, "modelTitle") == "Title of mine"
    assert page.list.rows()[2].result == "98.75 % · MNIST, test split"
    for known in ("5 epochs, best after epoch 4", "learning rate 0.001, batches of 32, seed 7", "54,000"):
        assert known in said(page)
    with qtbot.waitSignal(page._session.model_chosen) as drawn:
        QTest.keyClick(page.list, Qt.Key.Key_Return)
    assert drawn.args == ["mine"]


def test_in_the_window(
    window: MainWindow, mine: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (profile.runs / "mine").mkdir()
    (profile.runs / "mine" / "run.json").write_text("{}")
    asked: list[str] = []
    monkeypatch.setattr(window.train_page, "show_run", asked.append)
    page, stack = window.models_page, window.findChild(QStackedWidget, "pageStack")
    QTest.mouseClick(window.findChild(QToolButton, "modelsPageButton"), LEFT)
    settled(page, qtbot)
    page.list.choose("mine")
    click(page, "modelDrawButton")
    assert stack.currentIndex() == 0
    assert window.findChild(QComboBox, "modelChooser").currentData() == "mine"
    QTest.keyClick(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: [row.model_id for row in page.list.rows() if row.is_drawn_with] == ["mine"])
    settled(page, qtbot)
    page._rename_model("mine", "Class 3b")
    assert window.findChild(QComboBox, "modelChooser").itemText(2).startswith("Class 3b")
    settled(page, qtbot)
    click(page, "modelRunButton")
    assert (asked, stack.currentIndex()) == (["mine"], 3)


@pytest.mark.usefixtures("mine")
def test_f2_renames_in_the_list(mine: Path, open_page: Open, problems: list[str], qtbot: QtBot) -> None:
    page = open_page()
    page.list.choose("mine")
    QTest.keyClick(page.list, Qt.Key.Key_F2)
    field = page.list.findChild(QLineEdit, "modelTitleInput")
    assert field.text() == "Title of mine"
    QTest.keyClicks(field, "Class <b>3b</b>")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.list.rows()[2].title == "Class <b>3b</b>", timeout=10_000)
    settled(page, qtbot)
    assert text(page, "modelTitle") == "Class <b>3b</b>"
    assert json.loads((mine / CARD).read_text())["title"] == "Class <b>3b</b>"
    assert problems == []


@pytest.mark.usefixtures("mine")
def test_titles_that_cannot_be_are_refused_in_words(open_page: Open, problems: list[str], qtbot: QtBot) -> None:
    page = open_page()
    QTest.keyClick(page.list, Qt.Key.Key_F2)
    assert "came with the program" in problems[-1]
    assert page.list.findChild(QLineEdit, "modelTitleInput") is None
    page.list.choose("mine")
    click(page, "modelRenameButton")
    field = page.list.findChild(QLineEdit, "modelTitleInput")
    QTest.keyClicks(field, "  ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "cannot be called this" in problems[-1], timeout=10_000)
    assert page.list.rows()[2].title == "Title of mine"


def answer_with(choice: str) -> None:
    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        assert "Title of mine" in box.text()
        next(each for each in box.buttons() if each.text() == choice).click()

    QTimer.singleShot(0, answer)


def test_del_deletes_after_a_question(mine: Path, open_page: Open, problems: list[str], qtbot: QtBot) -> None:
    page = open_page()
    page.list.choose("mine")
    answer_with("Keep")
    QTest.keyClick(page.list, Qt.Key.Key_Delete)
    assert mine.is_dir()
    answer_with("Delete")
    QTest.keyClick(page.list, Qt.Key.Key_Delete)
    assert not mine.exists()
    qtbot.waitUntil(lambda: len(page.list.rows()) == 3, timeout=10_000)
    assert page.list.chosen() == "old"
    page.list.choose("digits")
    QTest.keyClick(page.list, Qt.Key.Key_Delete)
    assert "cannot be deleted" in problems[-1]
    assert (shipped_models_path() / "digits").is_dir()


def test_the_card_is_saved_and_can_be_opened(
    open_page: Open, problems: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    target, opened = tmp_path / "digits", []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    page = open_page()
    click(page, "modelCardButton")
    notice = page.findChild(QWidget, "modelNotice")
    qtbot.waitUntil(notice.isVisible, timeout=10_000)
    assert text(page, "modelNoticeText") == "The model card is in digits.html"
    assert "Model card" in target.with_suffix(".html").read_text(encoding="utf-8")
    click(page, "modelNoticeOpenButton")
    assert opened == [str(target.with_suffix(".html"))]
    target.with_suffix(".html").unlink()
    target.with_suffix(".html").mkdir()
    click(page, "modelCardButton")
    qtbot.waitUntil(lambda: len(problems) == 1, timeout=10_000)
    assert "cannot be written" in problems[0]


def test_what_cannot_be_exported_says_why(mine: Path, open_page: Open, qtbot: QtBot) -> None:
    (mine / "weights.npz").unlink()
    (mine / "recipe.json").write_text("[1]")
    page = open_page()
    page.list.choose("mine")
    settled(page, qtbot)
    export = button(page, "modelExportButton")
    assert not export.isEnabled()
    assert "weights did not come with it" in export.toolTip()
    assert "dense layer" not in said(page)


def test_a_model_that_was_never_judged(profile: Profile, open_page: Open, qtbot: QtBot) -> None:
    keep_model(profile, "odd", "2026-04-01T00:00:00Z", metrics={}, training={"config": [1], "epochs": "x"}, files={})
    page = open_page()
    page.list.choose("odd")
    settled(page, qtbot)
    assert page.list.rows()[2].result == "not judged"
    assert text(page, "modelAccuracy") == "–"
    assert "it was not judged here" in said(page)


def drop(page: ModelsPage, data: QMimeData) -> None:
    place, copy = QPoint(300, 300), Qt.DropAction.CopyAction
    entered = QDragEnterEvent(place, copy, data, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(page, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(page, QDropEvent(QPointF(place), copy, data, LEFT, Qt.KeyboardModifier.NoModifier))


def with_a_lambda() -> bytes:
    """A `.keras` file as Keras writes it, with a layer whose settings are code."""
    layers = [
        {"module": "keras.layers", "class_name": "InputLayer", "config": {"name": "a", "batch_shape": [None, 28, 28]}},
        {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {"name": "b", "function": ["4wEAAA==", None, None]},
        },
    ]
    model = {"module": "keras", "class_name": "Sequential", "config": {"layers": layers}}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("config.json", json.dumps(model))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    return packed.getvalue()


def hostile(folder: Path, kind: str) -> QMimeData:
    data, path = QMimeData(), folder / kind
    if kind.startswith(("hf:", "https:")):
        data.setText(kind)
        return data
    if kind == "saved_model":
        path.mkdir()
        (path / "saved_model.pb").write_bytes(b"x")
    else:
        content = {
            "lambda.keras": with_a_lambda(),
            "m.h5": b"\x89HDF\r\n\x1a\n",
            "m.keras": b"\x80\x04cos\nsystem\n.",
            "page.html": b"<html>",
        }
        path.write_bytes(content[kind])
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def test_what_may_not_come_in_is_refused_in_words(
    open_page: Open, problems: list[str], tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_page()
    addresses = ("hf://someone/model", "https://example.org/m.keras")
    for kind in (*addresses, "saved_model", "lambda.keras", "m.h5", "m.keras", "page.html"):
        problems.clear()
        drop(page, hostile(tmp_path, kind))
        qtbot.waitUntil(lambda: bool(problems), timeout=10_000)
        assert ("not fetched from addresses" if kind in addresses else "may not come in") in problems[0]
        assert kind != "lambda.keras" or "Lambda" in problems[0]
    assert page.window().findChild(QWidget, "modelImportDialog") is None


def test_an_address_dropped_as_a_link_is_refused_too(open_page: Open, problems: list[str], qtbot: QtBot) -> None:
    page, data = open_page(), QMimeData()
    data.setUrls([QUrl("https://example.org/m.keras")])
    drop(page, data)
    qtbot.waitUntil(lambda: bool(problems), timeout=10_000)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/a.keras"), QUrl.fromLocalFile("/b.keras")])
    drop(page, data)
    assert "not fetched from addresses" in problems[0]
    assert "one at a time" in problems[1]


def test_ctrl_o_asks_for_a_file(
    open_page: Open, problems: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    looked: list[object] = []

    def look(source: object) -> None:
        looked.append(source)
        raise arrival.RecognizerError("Looked at")

    monkeypatch.setattr(arrival, "examine", look)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "m.keras"), ""))
    page = open_page()
    QTest.keyClick(page.list, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: problems == ["Looked at."], timeout=10_000)
    assert looked == [str(tmp_path / "m.keras")]


def test_a_hundred_models_scroll(profile: Profile, open_page: Open, qtbot: QtBot) -> None:
    folder = keep_model(profile, "m00", "2026-01-01T00:00:00Z")
    card = json.loads((folder / CARD).read_text())
    for number in range(1, 100):
        other = profile.models / f"m{number:02}"
        other.mkdir()
        (other / CARD).write_text(json.dumps({**card, "created": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"}))
    page = open_page()
    assert len(page.list.rows()) == 102
    QTest.keyClick(page.list, Qt.Key.Key_End)
    settled(page, qtbot)
    assert page.list.chosen() == "m00"
    assert page.list.viewport().rect().contains(page.list.visualItemRect(page.list.currentItem()))


def test_what_does_not_break_still_fits(profile: Profile, open_page: Open, qtbot: QtBot) -> None:
    training = {"imported": {"file": "W" * 200, "sha256": "0" * 64}, "sources": {"M" * 60: {"n": 1}}}
    keep_model(profile, "wide", "2026-04-01T00:00:00Z", title="W" * 80, training=training)
    page = open_page()
    page.list.choose("wide")
    settled(page, qtbot)
    assert page.minimumSizeHint().width() < 900
    assert "W" * 80 in said(page).replace("\u200b", "")
    page.details.notice.say("W" * 20)
    assert page.minimumSizeHint().width() < 900
