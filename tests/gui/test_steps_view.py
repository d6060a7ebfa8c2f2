"""What the model sees, step by step: switches by mouse and keys, and what they do to the answer."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from recognizer.base.i18n import set_language
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.base.settings import Settings
from recognizer.gui import theme
from recognizer.gui.demo import recorded_strokes
from recognizer.gui.session import Session
from recognizer.gui.widgets.pixel_view import PixelView
from recognizer.gui.widgets.step_zoom import StepZoom
from recognizer.gui.widgets.steps_view import StepsView
from recognizer.gui.widgets.switch import Switch
from recognizer.gui.widgets.twin_bars import TwinBars
from recognizer.gui.workers.steps_worker import StepsWorker
from recognizer.imaging.preprocess import Preprocessor
from recognizer.imaging.steps import SHRINK_ONLY, Frame, Step, step_source
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.registry import ModelRecord, read_record
from recognizer.ink.stroke import Ink, Stroke

LEFT = Qt.MouseButton.LeftButton
CANVAS: Frame = (-280.0, -260.0, 560.0, 520.0)


def small_digit(digit: str = "7", side: float = 110.0) -> Ink:
    """A recorded digit in the upper left corner of the canvas."""
    strokes = recorded_strokes()[digit]
    return Ink(tuple(Stroke(np.array(points) * side + np.array([-250, -230])) for points in strokes), 22.0)


@pytest.fixture
def session(profile: Profile) -> Iterator[Session]:
    made = Session(profile, Settings(profile))
    yield made
    assert made.stop_threads(60_000)


@pytest.fixture
def record() -> ModelRecord:
    folder = shipped_models_path() / "digits"
    if not (folder / "model.json").is_file():
        pytest.skip("no shipped model")
    return read_record(folder, is_shipped=True)


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, session: Session) -> StepsView:
    """The view alone, shown, with nothing to see yet."""
    theme.set_up(qapp, "light")
    made = StepsView(session)
    qtbot.addWidget(made)
    made.resize(460, 420)
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    return made


@pytest.fixture
def see(view: StepsView, record: ModelRecord, qtbot: QtBot) -> Callable[..., None]:
    """Give the view something, and wait until it is shown."""

    def see(content: Ink | np.ndarray, frame: Frame | None = CANVAS) -> None:
        ink, picture = (content, None) if isinstance(content, Ink) else (None, content)
        view.set_input(ink, picture, record, frame)
        settle(view, qtbot)

    return see


def settle(view: StepsView, qtbot: QtBot) -> None:
    qtbot.waitUntil(view.is_up_to_date, timeout=20_000)


def switch(view: StepsView, step: Step) -> Switch:
    found = view.findChild(Switch, f"stepSwitch_{step}")
    assert found is not None, step
    return found


def text(view: StepsView, name: str) -> str:
    found = view.findChild(QLabel, name)
    assert found is not None, name
    return found.text() if found.isVisible() else ""


def image(view: StepsView, name: str) -> np.ndarray | None:
    found = view.findChild(PixelView, name)
    assert found is not None, name
    return found.image()


def shown_as(prediction: Prediction) -> str:
    """How the view says an answer."""
    if prediction.is_rejected:
        return "?"
    return f"{prediction.label}, {min(99, round(prediction.confidence * 100))} %"


def test_the_steps_of_a_drawing(view: StepsView, see: Callable) -> None:
    ink = small_digit()
    see(ink)
    assert [child.objectName() for child in view.findChildren(Switch)] == [f"stepSwitch_{step}" for step in Step]
    assert all(switch(view, step).isChecked() and switch(view, step).isVisible() for step in Step)
    np.testing.assert_array_equal(image(view, "stepPicture_centre"), Preprocessor().from_ink(ink))
    for picture in step_source(ink, frame=CANVAS).pictures():
        np.testing.assert_array_equal(image(view, f"stepPicture_{picture.name}"), picture.image)
    assert view.answer().answers.answer.label == "7"
    assert text(view, "stepAnswer_polarity") == "?"
    assert text(view, "stepsHint") == "Switch a step off to see what it does for the answer."
    assert text(view, "stepsHeadline") == ""


def test_a_click_on_a_switch_shows_the_answer_without_the_step(
    view: StepsView, see: Callable, qtbot: QtBot, record: ModelRecord
) -> None:
    ink = small_digit()
    see(ink)
    QTest.mouseClick(switch(view, Step.CROP), LEFT)
    assert view.off() == {Step.CROP}
    settle(view, qtbot)
    without = step_source(ink, frame=CANVAS).final({Step.CROP})
    np.testing.assert_array_equal(image(view, "stepsWithoutPicture"), without)
    np.testing.assert_array_equal(image(view, "stepPicture_centre"), without)
    np.testing.assert_array_equal(image(view, "stepsCompletePicture"), Preprocessor().from_ink(ink))
    answers = view.answer().answers
    assert text(view, "stepsHeadline") == f"{shown_as(answers.answer)} → {shown_as(answers.chosen)}"
    assert text(view, "stepsReason").endswith(
        ". The symbol keeps its size on the canvas and is 9 px large; the model learned from 20."
    )
    bars = view.findChild(TwinBars, "stepsBars").probabilities()
    assert bars["7"] == pytest.approx((answers.answer.confidence, answers.chosen.probabilities[7]))
    assert list(bars) == list(record.labels)
    QTest.mouseClick(switch(view, Step.CROP), LEFT)
    settle(view, qtbot)
    assert view.off() == frozenset()
    assert text(view, "stepsHeadline") == ""
    np.testing.assert_array_equal(image(view, "stepPicture_centre"), Preprocessor().from_ink(ink))


def test_the_switches_are_reached_and_moved_with_the_keys(view: StepsView, see: Callable, qtbot: QtBot) -> None:
    see(small_digit())
    first = switch(view, Step.POLARITY)
    first.setFocus(Qt.FocusReason.TabFocusReason)
    for step in Step:
        assert view.focusWidget() is switch(view, step)
        QTest.keyClick(view.focusWidget(), Qt.Key.Key_Space)
        assert step in view.off()
        QTest.keyClick(view.focusWidget(), Qt.Key.Key_Tab)
    assert view.off() == set(Step)
    settle(view, qtbot)
    assert view.answer().request.off == set(Step)


def test_a_click_leaves_the_keys_where_they_are(view: StepsView, see: Callable) -> None:
    see(small_digit())
    before = view.focusWidget()
    QTest.mouseClick(switch(view, Step.PEN), LEFT)
    assert Step.PEN in view.off()
    assert view.focusWidget() is before


def test_only_shrinking_and_back(view: StepsView, see: Callable, qtbot: QtBot) -> None:
    ink = small_digit()
    see(ink)
    shrink = view.findChild(QPushButton, "stepsShrinkButton")
    all_on = view.findChild(QPushButton, "stepsAllOnButton")
    assert shrink.isVisible()
    assert not all_on.isVisible()
    revision = view._revision
    QTest.mouseClick(shrink, LEFT)
    settle(view, qtbot)
    assert view.off() == SHRINK_ONLY
    # Three switches, one request.
    assert view.answer().request.revision == revision + 1
    np.testing.assert_array_equal(image(view, "stepsWithoutPicture"), step_source(ink, frame=CANVAS).final(SHRINK_ONLY))
    assert "only shrunk, as in many demos: the symbol is 8 px large" in text(view, "stepsReason")
    QTest.mouseClick(all_on, LEFT)
    settle(view, qtbot)
    assert view.off() == frozenset()
    assert shrink.isVisible()


def test_the_answers_below_the_switches_are_those_without_each_step(
    view: StepsView, see: Callable, qtbot: QtBot
) -> None:
    see(small_digit("1", 300))
    view.set_off(frozenset({Step.AVERAGE}))
    settle(view, qtbot)
    answers = view.answer().answers
    for step in Step:
        without = answers.without[step]
        assert text(view, f"stepAnswer_{step}") == shown_as(without)
        label = view.findChild(QLabel, f"stepAnswer_{step}")
        is_other = without.is_rejected or without.label != answers.answer.label
        assert (label.property("role") == "wrong") == is_other
        assert label.toolTip().startswith("Without this step alone: ")
        assert label.toolTip().endswith(f"; with every step: {shown_as(answers.answer)}")
    # Dark on white is no digit to a model of bright ones.
    assert view.findChild(QLabel, "stepAnswer_polarity").property("role") == "wrong"


@pytest.mark.parametrize(
    ("confidence", "verdict", "headline", "outcome", "role"),
    [
        (0.998, Verdict.SURE, "7, 99 % → 7, 99 %", "Still 7.", "strong"),
        (0.6, Verdict.UNSURE, "7, 99 % → 7, 60 %", "Still 7, but no longer sure.", "doubt"),
        (0.02, Verdict.SURE, "7, 99 % → 1, 98 %", "Read as 1.", "wrong"),
        (0.7, Verdict.REJECTED, "7, 99 % → ?", "No longer recognised (at best 7, 70 %).", "wrong"),
    ],
)
def test_what_has_become_of_the_answer_is_said(
    view: StepsView, see: Callable, qtbot: QtBot, confidence: float, verdict: Verdict, headline: str, outcome: str,
    role: str,
) -> None:  # fmt: skip
    see(small_digit())
    view.set_off(frozenset({Step.CENTRE}))
    settle(view, qtbot)
    probabilities = np.zeros(10, np.float32)
    probabilities[7], probabilities[1] = confidence, 1 - confidence
    chosen = Prediction("7" if confidence > 0.5 else "1", probabilities, tuple("0123456789"), verdict)
    answer = view.answer()
    view._on_answered(replace(answer, answers=replace(answer.answers, chosen=chosen)))
    assert text(view, "stepsHeadline") == headline
    assert text(view, "stepsReason").startswith(f"{outcome} The symbol stays where it was drawn, ")
    assert view.findChild(QLabel, "stepsHeadline").property("role") == role


def test_a_picture(view: StepsView, see: Callable, qtbot: QtBot) -> None:
    see(small_digit())
    view.set_off(SHRINK_ONLY)
    settle(view, qtbot)
    assert text_beside(view, "stepPicture_drawing") == "Canvas"
    picture = np.full((90, 120), 230, np.uint8)
    picture[10:38, 10:38] -= Preprocessor().from_ink(small_digit()) // 2
    see(picture)
    assert text_beside(view, "stepPicture_drawing") == "Picture"
    assert view.off() == SHRINK_ONLY
    np.testing.assert_array_equal(image(view, "stepPicture_centre"), step_source(picture).final(SHRINK_ONLY))
    view.set_off(frozenset())
    settle(view, qtbot)
    np.testing.assert_array_equal(image(view, "stepPicture_centre"), Preprocessor().from_image(picture))
    see(small_digit())
    assert text_beside(view, "stepPicture_drawing") == "Canvas"


def text_beside(view: StepsView, name: str) -> str:
    """The caption of a picture."""
    found = view.findChild(PixelView, name)
    assert found is not None, name
    return found.parentWidget().findChildren(QLabel)[0].text()


def test_nothing_to_see(view: StepsView, see: Callable, record: ModelRecord) -> None:
    see(small_digit())
    for ink in (None, Ink()):
        view.set_input(ink, None, record)
        assert view.is_up_to_date()
        assert view.answer() is None
        assert text(view, "stepAnswer_crop") == ""
        assert image(view, "stepPicture_centre") is None
        assert text(view, "stepsHint") == "Draw something small in a corner, then switch a step off."
    see(np.full((30, 30), 255, np.uint8))
    assert text(view, "stepAnswer_crop") == ""
    view.set_input(small_digit(), None, None)
    assert view.answer() is None


def test_it_does_not_work_while_it_cannot_be_seen(
    qtbot: QtBot, session: Session, record: ModelRecord, qapp: QApplication
) -> None:
    hidden = StepsView(session)
    qtbot.addWidget(hidden)
    hidden.set_input(small_digit(), None, record, CANVAS)
    hidden.set_off(SHRINK_ONLY)
    QApplication.processEvents()
    assert session._threads == []
    hidden.show()
    settle(hidden, qtbot)
    assert [type(thread) for thread in session._threads] == [StepsWorker]
    assert hidden.answer().request.off == SHRINK_ONLY
    hidden.hide()
    shown = hidden.answer()
    hidden.set_input(small_digit("3"), None, record, CANVAS)
    hidden.set_off(frozenset())
    assert not hidden._pause.isActive()
    assert hidden.answer() is shown
    hidden.show()
    settle(hidden, qtbot)
    assert hidden.answer().answers.answer.label == "3"
    assert len(session._threads) == 1


def test_while_the_pen_moves_it_waits(view: StepsView, record: ModelRecord, qtbot: QtBot, session: Session) -> None:
    digits = [small_digit(name) for name in "0123456789"]
    answered: list[int] = []
    view.answered.connect(lambda: answered.append(view.answer().request.revision))
    for ink in digits:
        view.set_input(ink, None, record, CANVAS)
    assert session._threads == []
    settle(view, qtbot)
    assert answered == [len(digits)]
    assert view.answer().answers.answer.label == "9"


def test_the_newest_request_wins(session: Session, record: ModelRecord, qtbot: QtBot, view: StepsView) -> None:
    view.set_input(small_digit(), None, record, CANVAS)
    view._ask()
    for count in range(1, 30):
        view.set_off(frozenset({Step.CROP}) if count % 2 else frozenset())
    settle(view, qtbot)
    assert view.answer().request.off == {Step.CROP}
    assert view.answer().request.revision == 30


def test_another_model(view: StepsView, see: Callable, record: ModelRecord, tmp_path: Path, qtbot: QtBot) -> None:
    see(small_digit())
    shutil.copytree(record.folder, tmp_path / "other")
    card = json.loads((tmp_path / "other" / "model.json").read_text())
    card["labels"] = list("abcdefghij")
    (tmp_path / "other" / "model.json").write_text(json.dumps(card))
    other = read_record(tmp_path / "other", is_shipped=False)
    view.set_input(small_digit(), None, other, CANVAS)
    settle(view, qtbot)
    assert view.answer().answers.answer.label == "h"


def test_a_damaged_model_is_said_and_the_next_one_works(
    view: StepsView, see: Callable, record: ModelRecord, tmp_path: Path, qtbot: QtBot
) -> None:
    see(small_digit())
    shutil.copytree(record.folder, tmp_path / "broken")
    (tmp_path / "broken" / "model.tflite").write_bytes(b"no network")
    broken = read_record(tmp_path / "broken", is_shipped=False)
    view.set_input(small_digit(), None, broken, CANVAS)
    qtbot.waitUntil(lambda: text(view, "stepsHint") == "The model is damaged", timeout=20_000)
    assert view.answer() is None
    see(small_digit("3"))
    assert view.answer().answers.answer.label == "3"


def test_the_comparison_is_scrolled_into_sight(
    view: StepsView, session: Session, record: ModelRecord, qtbot: QtBot
) -> None:
    inner, area = StepsView(session), QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    qtbot.addWidget(area)
    area.resize(460, 200)
    area.show()
    inner.set_input(small_digit(), None, record, CANVAS)
    settle(inner, qtbot)
    assert area.verticalScrollBar().value() == 0
    QTest.mouseClick(switch(inner, Step.POLARITY), LEFT)
    settle(inner, qtbot)
    bars = inner.findChild(TwinBars, "stepsBars")
    qtbot.waitUntil(
        lambda: area.viewport().rect().contains(bars.mapTo(area.viewport(), bars.rect().bottomLeft())), timeout=5000
    )


def test_examples_are_small_and_in_the_corners(view: StepsView, see: Callable, qtbot: QtBot) -> None:
    button = view.findChild(QPushButton, "stepsExampleButton")
    wanted: list[Ink] = []
    view.exampleWanted.connect(wanted.append)
    view.set_input(None, None, None, CANVAS)
    corners = set()
    for digit in "7492":
        QTest.mouseClick(button, LEFT)
        left, top, right, bottom = wanted[-1].bounds()
        assert -280 < left < right < 280
        assert -260 < top < bottom < 260
        assert max(right - left, bottom - top) < 120
        corners.add((left > 0, top > 0))
        see(wanted[-1])
        assert not button.isVisible()
        assert view.answer().answers.answer.label == digit
        assert view.answer().answers.without[Step.CROP].confidence < view.answer().answers.answer.confidence
        view.set_input(None, None, None, CANVAS)
        assert button.isVisible()
    assert len(corners) == 4


def test_a_drawing_that_is_too_much_is_not_taken_apart(view: StepsView, see: Callable, record: ModelRecord) -> None:
    see(small_digit())
    line = np.array([[0, 0], [5, 5]], np.float32)
    for ink in (Ink((Stroke(line),) * 1001), Ink((Stroke(np.repeat(line, 50_001, axis=0)),))):
        view.set_input(ink, None, record, CANVAS)
        assert view.answer() is None
        assert text(view, "stepsHint") == (
            "Too much for one symbol: at most 1,000 strokes and 100,000 points are taken apart."
        )
    see(Ink((Stroke(line),) * 1000))
    assert text(view, "stepsHint").startswith("Switch a step off")


def test_a_large_picture_is_made_smaller_first(view: StepsView, see: Callable) -> None:
    small = 255 - np.pad(Preprocessor().from_ink(small_digit()), 4)
    see(np.kron(small, np.ones((80, 80), np.uint8)))
    assert view.answer().answers.answer.label == "7"
    assert np.abs(view.answer().complete.astype(int) - Preprocessor().from_image(small)).mean() < 2


@pytest.mark.parametrize("width", [900, 460, 300, 240])
def test_no_word_is_cut_off_and_no_column_is_lost(view: StepsView, see: Callable, width: int, qtbot: QtBot) -> None:
    see(small_digit())
    view.set_off(SHRINK_ONLY)
    settle(view, qtbot)
    view.resize(width, view.layout().totalHeightForWidth(width))
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    view.resize(width, view.layout().totalHeightForWidth(width))
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    assert view.width() == width
    for child in view.findChildren(QWidget):
        if child.isVisible():
            place = child.rect().translated(child.mapTo(view, QPoint()))
            assert view.rect().contains(place), (child.objectName(), place)
    for label in view.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.heightForWidth(label.width()) <= label.height(), label.text()
    pictures = [child for child in view.findChildren(PixelView) if child.isVisible()]
    places = [child.rect().translated(child.mapTo(view, QPoint())) for child in pictures]
    assert len(places) == 9
    assert not any(first.intersects(second) for first in places for second in places if first is not second)


def test_it_speaks_the_language_in_use(view: StepsView, see: Callable) -> None:
    see(small_digit())
    view.set_off(SHRINK_ONLY)
    english = {label.text() for label in view.findChildren(QLabel)}
    set_language("zh_CN")
    view.retranslate()
    set_language("en")
    view.retranslate()
    assert {label.text() for label in view.findChildren(QLabel)} == english
    assert all(switch(view, step).accessibleName() and switch(view, step).toolTip() for step in Step)


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_it_follows_the_theme(view: StepsView, see: Callable, choice: str, qtbot: QtBot) -> None:
    see(small_digit())
    view.set_off(frozenset({Step.CENTRE}))
    settle(view, qtbot)
    theme.set_theme(choice)
    now = theme.colors()
    on = switch(view, Step.CROP).grab().toImage()
    off = switch(view, Step.CENTRE).grab().toImage()
    assert on.pixelColor(10, on.height() // 2).name() == now.accent
    assert off.pixelColor(off.width() - 10, off.height() // 2).name() == now.secondary
    bars = view.findChild(TwinBars, "stepsBars")
    colors = {bars.grab().toImage().pixelColor(x, 31).name() for x in range(bars.width())}
    assert now.accent in colors
    assert now.line in colors
    theme.set_theme("system")


def test_a_pair_of_bars_says_its_figures(view: StepsView, see: Callable, qtbot: QtBot) -> None:
    see(small_digit())
    view.set_off(frozenset({Step.CROP}))
    settle(view, qtbot)
    bars = view.findChild(TwinBars, "stepsBars")
    place = QPoint(round(bars.width() * 0.75), 20)
    QApplication.sendEvent(bars, QHelpEvent(QEvent.Type.ToolTip, place, bars.mapToGlobal(place)))
    before, after = bars.probabilities()["7"]
    assert QToolTip.text() == f"7: {before * 100:.1f} % with every step, {after * 100:.1f} % without"
    QToolTip.hideText()


def test_a_click_on_a_picture_shows_it_large(view: StepsView, see: Callable, qtbot: QtBot) -> None:
    ink = small_digit()
    zoom = view.findChild(StepZoom)
    QTest.mouseClick(view.findChild(PixelView, "stepPicture_crop"), LEFT)
    assert not zoom.isVisible()
    see(ink)
    pictures = step_source(ink, frame=CANVAS).pictures()
    QTest.mouseClick(view.findChild(PixelView, "stepPicture_crop"), LEFT)
    qtbot.waitUntil(zoom.isVisible, timeout=5000)
    assert zoom.findChild(QLabel, "stepsZoomTitle").text() == "3 of 7: Cut out"
    assert zoom.findChild(QLabel, "stepsZoomText").text().startswith("Cuts the symbol out")
    large = zoom.findChild(PixelView, "stepsZoomPicture")
    np.testing.assert_array_equal(large.image(), pictures[2].image)
    for index in (3, 4, 5, 6, 6):
        QTest.keyClick(zoom, Qt.Key.Key_Right)
        assert zoom.index() == index
    np.testing.assert_array_equal(large.image(), Preprocessor().from_ink(ink))
    assert not zoom.findChild(QPushButton, "stepsZoomNext").isEnabled()
    QTest.mouseMove(large, QPoint(13 * 11 + 5, 9 * 11 + 5))
    pixel = zoom.findChild(QLabel, "stepsZoomPixel")
    qtbot.waitUntil(lambda: pixel.text() == f"Row 9, column 13: {large.image()[9, 13]} of 255", timeout=5000)
    QTest.mouseClick(zoom.findChild(QPushButton, "stepsZoomBack"), LEFT)
    assert zoom.index() == 5
    assert pixel.text() == "28 × 28 pixels; point at one to see its value"
    QTest.keyClick(zoom, Qt.Key.Key_Escape)
    assert not zoom.isVisible()


def test_the_return_key_on_a_switch_shows_its_picture_large(view: StepsView, see: Callable, qtbot: QtBot) -> None:
    see(small_digit())
    QTest.keyClick(switch(view, Step.CENTRE), Qt.Key.Key_Return)
    zoom = view.findChild(StepZoom)
    qtbot.waitUntil(zoom.isVisible, timeout=5000)
    assert zoom.index() == 6
    assert view.off() == frozenset()
    QTest.keyClick(zoom, Qt.Key.Key_Left)
    QTest.keyClick(zoom, Qt.Key.Key_Return)
    assert not zoom.isVisible()
