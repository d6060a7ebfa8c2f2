"""Models that leave through the window, with their stamps, and models that come in."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dialog_hand import Desk, button, click, find, set_up_desk, text
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.model_import_dialog import ModelImportDialog
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.gui.dialogs.ship_dialog import ShipDialog
from recognizer.gui.widgets.training_fields import Choice
from recognizer.inference.registry import ModelRecord
from recognizer.training.shipping import arrival, shipment, vectors
from recognizer.training.shipping.arrival import Arrival
from recognizer.training.shipping.foreign import ForeignModel
from recognizer.training.shipping.shipment import Shipment
from recognizer.training.shipping.stamp import Stamp

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")

GOOD = Stamp("litert", "LiteRT 2", "MNIST, test split", 1000, 9.5e-07, 0, 143_000, 0.071, 0.984, 0.984, ())
BAD = replace(
    GOOD,
    format="litert-int8",
    n=10_000,
    label_changes=54,
    accuracy=0.93,
    failures=("5.40 points of accuracy are lost",),
)


@pytest.fixture
def desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    """What the dialogs are opened over."""
    yield from set_up_desk(profile, qtbot)


@pytest.fixture
def digits(desk: Desk) -> ModelRecord:
    """The shipped model."""
    return desk.session.registry.get("digits")


@pytest.fixture
def dialog(desk: Desk, digits: ModelRecord, tmp_path: Path, qtbot: QtBot) -> ShipDialog:
    """The open dialog; what it writes would go to `out`."""
    made = ShipDialog(desk.session, digits, desk)
    made.open()
    qtbot.waitActive(made)
    made.place.setText(str(tmp_path / "out"))
    return made


Made = Callable[[Path, tuple[str, ...], ProgressCallback, CancellationToken], Shipment]


@pytest.fixture
def shipping(monkeypatch: pytest.MonkeyPatch) -> Callable[[Made], list[tuple[Path, tuple[str, ...]]]]:
    """Lets a function play the part of the export; gives what was asked of it."""

    def play(make: Made) -> list[tuple[Path, tuple[str, ...]]]:
        asked: list[tuple[Path, tuple[str, ...]]] = []

        def ship(
            record: ModelRecord,
            profile: Profile,
            to: Path,
            formats: tuple[str, ...],
            progress: ProgressCallback,
            token: CancellationToken,
        ) -> Shipment:
            asked.append((to, formats))
            return make(to, formats, progress, token)

        monkeypatch.setattr(shipment, "ship", ship)
        return asked

    return play


def uncheck(dialog: ShipDialog, *names: str) -> None:
    for name in names:
        box = find(dialog, QCheckBox, f"ship-{name}")
        QTest.keyClick(box, Qt.Key.Key_Space)
        assert not box.isChecked()


def stamps(dialog: ShipDialog) -> tuple[tuple[str, ...], ...]:
    table = find(dialog, RowsTable, "shipStamps")
    assert isinstance(table, RowsTable)
    return table.rows()


def test_a_failed_stamp_is_shown(
    dialog: ShipDialog, tmp_path: Path, shipping: Any, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    asked = shipping(lambda to, *_: Shipment(to, (GOOD, BAD), {"onnx": "No such layer."}))
    uncheck(dialog, "keras", "savedmodel")
    click(dialog, "shipStartButton")
    qtbot.waitUntil(lambda: button(dialog, "shipOpenFolderButton").isVisible(), timeout=10_000)
    assert asked == [(tmp_path / "out", ("litert", "litert-int8", "onnx"))]
    assert stamps(dialog) == (
        ("LiteRT", "✓ passed", "9.5e-07", "0", "98.40 %", "143 kB", "0.07 ms"),
        ("LiteRT, int8", "✗ failed: 5.40 points of accuracy are lost", "9.5e-07", "54", "93.00 %", "143 kB", "0.07 ms"),
        ("ONNX", "✗ not written: No such layer.", *("–",) * 5),
    )
    assert "do not use what failed" in text(dialog, "dialogStep")
    assert text(dialog, "shipVectors") == ("Tried with 1,000 pictures, whole numbers with 10,000: MNIST, test split")
    (tmp_path / "out").mkdir()
    click(dialog, "shipOpenFolderButton")
    assert opened == [str(tmp_path / "out")]
    click(dialog, "shipAgainButton")
    assert dialog.place.text() == str(tmp_path / "out-2")


def test_cancel_leaves_everything_as_it_was(dialog: ShipDialog, shipping: Any, qtbot: QtBot) -> None:
    begun = threading.Event()

    def wait(to: Path, formats: object, progress: ProgressCallback, token: CancellationToken) -> Shipment:
        progress(2, 6, "Exporting as litert")
        begun.set()
        while True:
            token.check()

    shipping(wait)
    click(dialog, "shipStartButton")
    qtbot.waitUntil(lambda: text(dialog, "dialogStatus") == "Exporting as litert", timeout=10_000)
    assert text(dialog, "dialogCount") == "2 of 6"
    assert not button(dialog, "shipStartButton").isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: text(dialog, "dialogStep") == "Stopped; nothing was written.", timeout=10_000)
    assert dialog.isVisible()
    assert button(dialog, "shipStartButton").isEnabled()


def test_a_failure_is_said_in_the_dialog(dialog: ShipDialog, shipping: Any, qtbot: QtBot) -> None:
    def fail(*_: object) -> Shipment:
        raise RecognizerError("There is no space left on the disk", fix="Free some space")

    shipping(fail)
    click(dialog, "shipStartButton")
    problem = find(dialog, QWidget, "dialogProblem")
    qtbot.waitUntil(problem.isVisible, timeout=10_000)
    assert text(dialog, "dialogProblemText") == "There is no space left on the disk"
    assert button(dialog, "shipStartButton").isEnabled()


def test_the_place_must_be_free(dialog: ShipDialog, tmp_path: Path, shipping: Any, qtbot: QtBot) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    start = button(dialog, "shipStartButton")
    for taken in (tmp_path / "full", tmp_path / "full" / "a"):
        dialog.place.setText(str(taken))
        assert not start.isEnabled()
        assert "There is something already" in text(dialog, "shipPlaceWords")
    dialog.place.setText("")
    assert not start.isEnabled()
    dialog.place.setText(str(tmp_path / "new"))
    assert start.isEnabled()
    for box in dialog.findChildren(QCheckBox):
        box.setChecked(False)
    assert not start.isEnabled()
    assert text(dialog, "dialogStep") == "Choose at least one format."


def test_a_zip_that_is_there_is_replaced_after_a_question(
    dialog: ShipDialog, tmp_path: Path, shipping: Any, qtbot: QtBot
) -> None:
    asked = shipping(lambda to, *_: Shipment(to, (GOOD,), {}))
    (tmp_path / "out.zip").touch()
    dialog.place.setText(str(tmp_path / "out.zip"))
    click(dialog, "shipStartButton")
    click(dialog, "replaceShipmentRefuseButton")
    assert asked == []
    click(dialog, "shipStartButton")
    click(dialog, "replaceShipmentAgreeButton")
    qtbot.waitUntil(lambda: button(dialog, "shipOpenFolderButton").isVisible(), timeout=10_000)
    assert [to for to, _ in asked] == [tmp_path / "out.zip"]
    assert text(dialog, "dialogStep") == "Everything answers as the model itself does."


def test_another_folder_is_chosen(
    dialog: ShipDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (tmp_path / "else" / "out").mkdir(parents=True)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "else"))
    click(dialog, "shipChooseButton")
    assert dialog.place.text() == str(tmp_path / "else" / "out-2")


def test_out_and_in_again(
    desk: Desk, dialog: ShipDialog, digits: ModelRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(shipment, "find_samples", lambda record, *_, **__: vectors.synthetic(record, 20))
    for box in dialog.findChildren(QCheckBox):
        box.setChecked(box.objectName() == "ship-keras")
    click(dialog, "shipStartButton")
    qtbot.waitUntil(lambda: button(dialog, "shipOpenFolderButton").isVisible(), timeout=60_000)
    assert [row[:2] for row in stamps(dialog)] == [("Keras (.keras)", "✓ passed")]
    arriving = ModelImportDialog(desk.session, arrival.examine(tmp_path / "out" / "model.keras"), desk)
    arriving.open()
    qtbot.waitActive(arriving)
    assert find(arriving, QLineEdit, "importedLabels").text() == "0 1 2 3 4 5 6 7 8 9"
    data = find(arriving, Choice, "importedData")
    assert isinstance(data, Choice)
    data.choose("uci-digits")
    came: list[str] = []
    arriving.imported.connect(came.append)
    click(arriving, "importedStartButton")
    draw = button(arriving, "importedDrawButton")
    qtbot.waitUntil(draw.isVisible, timeout=60_000)
    record = desk.session.registry.get(came[0])
    assert (record.labels, record.extras) == (digits.labels, digits.extras)
    assert record.accuracy is not None
    assert record.accuracy > 0.9
    assert text(arriving, "importedResult") == f"{100 * record.accuracy:.2f} % read rightly"
    assert text(arriving, "importedBasis").startswith("UCI digits, test split\n95 % interval ")
    with qtbot.waitSignal(arriving.drawWanted) as drawn:
        click(arriving, "importedDrawButton")
    assert drawn.args == came


SMALL = ForeignModel(
    ({"type": "flatten"}, {"type": "dense", "units": 3, "activation": "softmax"}),
    [np.zeros((784, 3), np.float32), np.zeros(3, np.float32)],
    3,
    False,
    "0" * 64,
)


@pytest.fixture
def arriving(desk: Desk, tmp_path: Path, qtbot: QtBot) -> ModelImportDialog:
    """The dialog for a file with three outputs of which nothing is known."""
    made = ModelImportDialog(desk.session, Arrival(tmp_path / "theirs.keras", SMALL, (), ()), desk)
    made.open()
    qtbot.waitActive(made)
    return made


def test_labels_are_named_before_it_comes_in(arriving: ModelImportDialog) -> None:
    start, field = button(arriving, "importedStartButton"), find(arriving, QLineEdit, "importedLabels")
    assert field.hasFocus()
    table = find(arriving, RowsTable, "importedLayers")
    assert isinstance(table, RowsTable)
    assert [(row[0], row[2], row[3]) for row in table.rows()] == [("Flatten", "784", "0"), ("Dense", "3", "2,355")]
    assert "3 outputs · 2,355 parameters" in text(arriving, "importedTotals")
    for typed, words, can_start in (
        ("", "0 of 3 named; each output needs a label", False),
        ("ab", "2 of 3 named; each output needs a label", False),
        ("aba", "Each output needs a label of its own", False),
        ("abc", "3 of 3 named", True),
        ("cat dog cow", "3 of 3 named", True),
    ):
        field.setText(typed)
        assert text(arriving, "importedLabelWords") == words
        assert start.isEnabled() is can_start
    assert arriving.given_labels() == ("cat", "dog", "cow")


def test_an_import_that_fails_is_said_and_can_be_tried_again(
    arriving: ModelImportDialog, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def fail(*_: object) -> ModelRecord:
        raise RecognizerError("The file has changed")

    monkeypatch.setattr(arrival, "import_model", fail)
    find(arriving, QLineEdit, "importedLabels").setText("abc")
    click(arriving, "importedStartButton")
    qtbot.waitUntil(find(arriving, QWidget, "dialogProblem").isVisible, timeout=10_000)
    assert text(arriving, "dialogProblemText") == "The file has changed"
    assert button(arriving, "importedStartButton").isEnabled()


def test_a_model_that_cannot_be_judged_is_there_all_the_same(
    arriving: ModelImportDialog, digits: ModelRecord, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def fail(*_: object) -> ModelRecord:
        raise RecognizerError("The model knows none of the data's labels")

    monkeypatch.setattr(arrival, "import_model", lambda *_: replace(digits, card={}))
    monkeypatch.setattr(arrival, "judge_model", fail)
    find(arriving, QLineEdit, "importedLabels").setText("abc")
    data = find(arriving, Choice, "importedData")
    assert isinstance(data, Choice)
    data.choose("uci-digits")
    with qtbot.waitSignal(arriving.imported, timeout=20_000):
        click(arriving, "importedStartButton")
    assert text(arriving, "dialogProblemText") == "The model knows none of the data's labels"
    assert text(arriving, "importedResult") == "It is imported"
    assert button(arriving, "importedDrawButton").isVisible()


def test_a_cancel_while_it_is_judged_leaves_the_model_there(
    arriving: ModelImportDialog, digits: ModelRecord, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    begun = threading.Event()

    def judge(profile: Profile, record: ModelRecord, data: object, token: CancellationToken) -> ModelRecord:
        begun.set()
        while True:
            token.check()

    monkeypatch.setattr(arrival, "import_model", lambda *_: replace(digits, card={}))
    monkeypatch.setattr(arrival, "judge_model", judge)
    find(arriving, QLineEdit, "importedLabels").setText("abc")
    data = find(arriving, Choice, "importedData")
    assert isinstance(data, Choice)
    assert data.currentData() == "", "these are no digits"
    data.choose("uci-digits")
    click(arriving, "importedStartButton")
    qtbot.waitUntil(begun.is_set, timeout=20_000)
    with qtbot.waitSignal(arriving.imported, timeout=10_000):
        click(arriving, "dialogCancelButton")
    assert text(arriving, "importedResult") == "It is imported"


def test_long_names_do_not_widen_the_dialogs(desk: Desk, digits: ModelRecord, tmp_path: Path) -> None:
    ship = ShipDialog(desk.session, replace(digits, is_shipped=False, title="W" * 80), desk)
    come = ModelImportDialog(desk.session, Arrival(tmp_path / f"{'W' * 200}.keras", SMALL, (), ()), desk)
    for dialog in (ship, come):
        assert dialog.minimumSizeHint().width() < 900
        assert "…" in dialog.windowTitle()
        dialog.close()
