"""Why it was read so: what speaks for an answer, and the network step by step, by mouse and keyboard."""

import shutil
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QMenu, QPushButton, QTableView, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from random_weights import MIXED, weights_for
from train_hand import choose, click, find, text

from recognizer.base.i18n import set_language
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.base.settings import Settings
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.gui import theme
from recognizer.gui.dialogs.explain_dialog import ExplainDialog, open_explanation
from recognizer.gui.main_window import MainWindow
from recognizer.gui.session import Session
from recognizer.gui.widgets import layer_steps
from recognizer.gui.widgets.evidence_view import EvidenceView
from recognizer.gui.widgets.layer_steps import LayerSteps
from recognizer.gui.widgets.sample_strip import JudgedSample, SampleStrip
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.registry import CARD, read_record
from recognizer.inference.stages import stages
from recognizer.inference.value_steps import ConvolutionStep, DenseStep, PoolingStep, result
from recognizer.ink.synthesis import generate_ink
from recognizer.library import uci
from recognizer.library.dataset import Split
from recognizer.training.config import TrainingConfig
from recognizer.training.insight import Insight
from recognizer.training.presets import PRESETS
from recognizer.training.runs import Predictions, RunFolder

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
Shown = Callable[..., ExplainDialog]


def four() -> np.ndarray:
    return Preprocessor().from_ink(generate_ink(4, np.random.default_rng(7)))


@pytest.fixture
def desk(qtbot: QtBot, profile: Profile) -> Iterator[QMainWindow]:
    """An empty window with a session: all that the dialog needs."""
    theme.set_up(QApplication.instance(), "light")
    made = QMainWindow()
    qtbot.addWidget(made)
    made.session = Session(profile, Settings(profile), made)
    made.resize(1280, 800)
    made.show()
    yield made
    assert made.session.stop_threads(60_000)


@pytest.fixture
def explained(desk: QMainWindow, qtbot: QtBot) -> Shown:
    """Opens the dialog for a picture of a 4, and waits until all is worked out."""
    if not (shipped_models_path() / "digits" / CARD).is_file():
        pytest.skip("no shipped model")

    def explained(model_id: str = "digits", written: str = "") -> ExplainDialog:
        made = open_explanation(desk.session, four(), model_id, written, desk)
        qtbot.waitUntil(made.is_complete, timeout=20_000)
        return made

    return explained


def hover(dialog: ExplainDialog, place: tuple[int, int]) -> None:
    """Point at a pixel; the event goes to the picture itself, whatever window lies over the dialog."""
    heat = dialog.evidence.heat
    point = QPointF(heat.place_centre(*place))
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, point, heat.mapToGlobal(point), none, none, NONE)
    QApplication.sendEvent(heat, event)


def press(widget: QWidget, key: Qt.Key, times: int = 1) -> None:
    for _ in range(times):
        QTest.keyClick(widget, key)


def open_steps(dialog: ExplainDialog) -> LayerSteps:
    click(dialog, "explainStepsButton")
    return dialog.steps


def go_to(steps: LayerSteps, name: str) -> None:
    """Click the first chip of that name after the current one, or from the beginning."""
    names = [chip.name for chip in steps.chips.chips()]
    QTest.mouseClick(steps.chips, LEFT, NONE, steps.chips.chip_centre(names.index(name)))


# What speaks for it


def test_a_drawing_is_explained(window: MainWindow, draw: Callable, strokes: dict, qtbot: QtBot) -> None:
    why = find(window, QPushButton, "whyButton")
    assert not why.isVisible()
    draw(strokes["4"])
    click(window, "whyButton")
    dialog = find(window, ExplainDialog, "explainDialog")
    assert dialog.isVisible()
    assert not dialog.isModal()
    qtbot.waitUntil(dialog.is_complete, timeout=20_000)
    assert text(dialog, "dialogTitle") == "Why 4?"
    assert text(dialog, "dialogStep").startswith("The model reads 4 with ")
    assert text(dialog, "explainModel") == "Model: Digits"
    heat = dialog.evidence.heat.heat()
    assert (heat.shape, heat.max()) == ((28, 28), 1.0)
    assert heat.min() == 0
    assert "4 becomes less probable" in text(dialog, "evidenceText")
    press(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    # The key does what the button does.
    with qtbot.waitActive(window):
        window.activateWindow()
    window.draw_page.canvas.setFocus()
    press(window.draw_page.canvas, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(ExplainDialog)))


def test_one_class_rather_than_another_and_both_methods(explained: Shown) -> None:
    dialog = explained()
    view = dialog.evidence
    alone = view.heat.heat()
    view.rival.setCurrentIndex(view.rival.findData("9"))
    view.rival.activated.emit(view.rival.currentIndex())
    against = view.heat.heat()
    assert against.min() < 0 < against.max()
    assert "Blue" in text(dialog, "evidenceText")
    # A click on a bar asks about that class: now the other way round.
    QTest.mouseClick(view.bars, LEFT, NONE, view.bars.class_place("9"))
    assert view.label.currentData() == "9"
    # A class is not compared with itself.
    assert view.heat.heat().min() >= 0
    QTest.mouseClick(view.bars, LEFT, NONE, view.bars.class_place("4"))
    np.testing.assert_array_equal(view.heat.heat(), against)
    click(dialog, "gradCamButton")
    assert not np.array_equal(view.heat.heat(), against)
    assert "last maps" in text(dialog, "evidenceText")
    # Where nothing is covered, nothing can be uncovered by pointing.
    hover(dialog, (17, 8))
    assert view.heat.place() is None
    click(dialog, "occlusionButton")
    view.rival.setCurrentIndex(0)
    view.rival.activated.emit(0)
    np.testing.assert_array_equal(view.heat.heat(), alone)


def test_covering_a_place_shows_what_is_left(explained: Shown) -> None:
    dialog = explained()
    view = dialog.evidence
    hover(dialog, (17, 8))
    assert view.heat.place() == (17, 8)
    covered = four()
    covered[15:20, 6:11] = 0
    expected = dialog.seen().classifier.predict_proba(covered[None])[0]
    shown = view.bars.probabilities()
    np.testing.assert_allclose([shown[label] for label in "0123456789"], expected, atol=1e-6)
    assert text(dialog, "coveredText").startswith("Covered here: 4 > 99.9 % → ")
    assert text(dialog, "coveredText").endswith(f"it reads {expected.argmax()}")
    QApplication.sendEvent(view.heat, QEvent(QEvent.Type.Leave))
    assert view.heat.place() is None
    assert view.bars.probabilities()["4"] > 0.99
    # The arrow keys begin in the middle.
    view.heat.setFocus()
    press(view.heat, Qt.Key.Key_Up, 2)
    press(view.heat, Qt.Key.Key_Right)
    assert view.heat.place() == (11, 14)
    press(view.heat, Qt.Key.Key_Up, 20)
    assert view.heat.place() == (0, 14)
    view.bars.setFocus()
    assert view.heat.place() is None


def test_the_picture_alone_while_the_button_is_held(explained: Shown) -> None:
    dialog = explained()
    bare = find(dialog, QPushButton, "pictureAloneButton")
    seen = dialog.evidence.heat.grab().toImage()
    QTest.mousePress(bare, LEFT)
    assert dialog.evidence.heat.grab().toImage() != seen
    QTest.mouseRelease(bare, LEFT)
    assert dialog.evidence.heat.grab().toImage() == seen


def test_where_no_place_matters_there_is_no_map_of_it(qtbot: QtBot) -> None:
    view = EvidenceView()
    qtbot.addWidget(view)
    view.show_picture(four())
    shares = np.float32([0.999, 0.001])
    view.show_seen(Prediction("4", shares, ("4", "9"), Verdict.SURE), None)
    answers = np.tile(shares, (785, 1))
    answers[400] = (0.995, 0.005)
    view.show_answers(answers)
    assert not view.heat.heat().any()
    assert "none matters alone" in find(view, QLabel, "evidenceText").text()
    assert not view.grad_cam.isEnabled()


# Step by step


def test_a_convolution_number_by_number(explained: Shown) -> None:
    steps = open_steps(explained())
    assert [chip.name for chip in steps.chips.chips()][:4] == ["conv 1", "ReLU", "pool 1", "conv 2"]
    assert steps.chips.chips()[0].shape == "24×24×40"
    QTest.mouseClick(steps.maps, LEFT, NONE, steps.maps.map_centre(5))
    assert steps.place()[0] == 5
    QTest.mouseClick(steps.after, LEFT, NONE, steps.after.place_centre(9, 12))
    assert steps.place() == (5, 9, 12)
    press(steps.after, Qt.Key.Key_Down, 2)
    press(steps.after, Qt.Key.Key_Left)
    assert steps.place() == (5, 11, 11)
    stage, step = steps.stage(), steps.step()
    assert isinstance(step, ConvolutionStep)
    patch = four()[11:16, 11:16].astype(np.float32) / 255
    picture, kernel, products = steps.grids.grids()
    np.testing.assert_allclose(picture.values, patch, atol=1e-6)
    np.testing.assert_array_equal(kernel.values, stage.weights[0][:, :, 0, 5])
    np.testing.assert_allclose(products.values, patch * kernel.values, atol=1e-6)
    total = float((patch * kernel.values).sum() + stage.weights[1][5])
    assert total == pytest.approx(float(stage.after[11, 11, 5]), abs=1e-5)
    said = find(steps, QLabel, "layerFormulaNumbers").text()
    assert said.endswith(f"= {total:.2f}".replace("-", "−"))
    assert find(steps, QLabel, "layerNext").text().startswith("Then ReLU: max(0, ")
    assert steps.before.window_shown() == (11, 11, 5, 5)
    # A click on the picture goes to the number whose window has its middle there, at the border to the nearest.
    QTest.mouseClick(steps.before, LEFT, NONE, steps.before.place_centre(20, 10))
    assert steps.place() == (5, 18, 8)
    QTest.mouseClick(steps.before, LEFT, NONE, steps.before.place_centre(0, 27))
    assert steps.place() == (5, 0, 23)


def test_from_step_to_step_the_same_map_and_place(explained: Shown) -> None:
    steps = open_steps(explained())
    QTest.mouseClick(steps.maps, LEFT, NONE, steps.maps.map_centre(3))
    place = steps.place()
    steps.chips.setFocus()
    press(steps.chips, Qt.Key.Key_Right)
    assert (steps.chips.current(), steps.place()) == (1, place)
    assert [grid.caption for grid in steps.grids.grids()] == ["before", "after"]
    press(steps.chips, Qt.Key.Key_Right)
    step = steps.step()
    assert isinstance(step, PoolingStep)
    assert steps.place()[0] == 3
    (window,) = steps.grids.grids()
    assert window.values[window.marked] == window.values.max() == step.value
    press(steps.chips, Qt.Key.Key_Left, 5)
    assert steps.chips.current() == 0


def test_a_convolution_over_many_maps_shows_those_first_that_count_most(explained: Shown) -> None:
    steps = open_steps(explained())
    go_to(steps, "conv 2")
    step = steps.step()
    assert isinstance(step, ConvolutionStep)
    sums = step.products.sum(axis=(0, 1))
    parts = steps.parts.parts()
    assert [part.key for part in parts[:6]] == np.argsort(-np.abs(sums), kind="stable")[:6].tolist()
    assert sum(part.value for part in parts) == pytest.approx(result(step), abs=1e-4)
    assert steps.source() == parts[0].key
    QTest.mouseClick(steps.parts, LEFT, NONE, steps.parts.row_centre(2))
    assert steps.source() == parts[2].key
    assert steps.grids.grids()[0].caption == f"map {parts[2].key + 1}"
    np.testing.assert_array_equal(steps.before.values(), steps.stage().before[:, :, parts[2].key])
    # It stays while the place moves, and goes with another map.
    press(steps.after, Qt.Key.Key_Left)
    assert steps.source() == parts[2].key


def test_the_classes_and_their_probabilities(explained: Shown) -> None:
    dialog = explained()
    steps = open_steps(dialog)
    go_to(steps, "dense 1")
    assert isinstance(steps.step(), DenseStep)
    assert [part.name for part in steps.units.parts()][:10] == list("0123456789")
    assert steps.units.parts()[-1].name == "no symbol"
    assert steps.place()[0] == 4
    QTest.mouseClick(steps.units, LEFT, NONE, steps.units.row_centre(9))
    assert steps.place()[0] == 9
    assert sum(part.value for part in steps.parts.parts()) == pytest.approx(float(steps.stage().after[9]), abs=1e-3)
    go_to(steps, "softmax")
    assert steps.place()[0] == 9
    QTest.mouseClick(steps.units, LEFT, NONE, steps.units.row_centre(4))
    share = float(dialog.seen().insight.stages[-1].after[4])
    assert find(steps, QLabel, "layerFormulaNumbers").text().endswith(f"= {share:.4f}")
    assert steps.parts.parts()[0].name == "4"


def test_playing_slides_the_window_over_all_places(
    explained: Shown, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_steps, "_SLOWEST", 5)
    steps = open_steps(explained())
    go_to(steps, "conv 4")
    seen: list[tuple[int, int]] = []
    play = find(steps, QPushButton, "playButton")
    with qtbot.waitSignal(play.toggled):
        QTest.mouseClick(play, LEFT)
    assert play.text() == "Stop"
    assert steps.place()[1:] == (0, 0)

    def has_ended() -> bool:
        if steps.place()[1:] not in seen:
            seen.append(steps.place()[1:])
        return not play.isChecked()

    qtbot.waitUntil(has_ended, timeout=20_000)
    assert steps.place()[1:] == (2, 2)
    assert seen == sorted(seen)
    # It stops where the user takes over.
    QTest.mouseClick(play, LEFT)
    QTest.mouseClick(steps.after, LEFT, NONE, steps.after.place_centre(1, 2))
    assert not play.isChecked()
    assert steps.place()[1:] == (1, 2)


@pytest.mark.parametrize("name", ["dense", "lenet5", "residual", "separable", "mixed"])
def test_every_step_of_every_network_can_be_shown(name: str, qtbot: QtBot) -> None:
    recipe = MIXED if name == "mixed" else PRESETS[name].layers
    found = stages(recipe, weights_for(recipe), four())
    steps = LayerSteps()
    qtbot.addWidget(steps)
    steps.resize(936, 400)
    steps.show()
    steps.set_insight(Insight(recipe, tuple(found), tuple("abcdef"), np.zeros((0, 28, 28), np.float32)))
    for index, stage in enumerate(found):
        steps.choose_stage(index)
        for channel in {0, stage.after.shape[-1] - 1}:
            steps.choose_map(channel)
            assert find(steps, QLabel, "layerFormula").text()
            if stage.after.ndim == 3:
                rows, columns = stage.after.shape[:2]
                QTest.mouseClick(steps.after, LEFT, NONE, steps.after.place_centre(rows - 1, columns - 1))
                assert steps.place() == (channel, rows - 1, columns - 1)
                QTest.mouseClick(steps.before, LEFT, NONE, steps.before.place_centre(0, 0))
                assert steps.place()[0] == channel
        assert not steps.grab().isNull()
    if name == "dense":
        steps.choose_stage(1)
        picture, weights, products = steps.grids.grids()
        assert picture.values.shape == weights.values.shape == (28, 28)
        np.testing.assert_allclose(products.values, picture.values * weights.values, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 1e30])
def test_a_network_that_has_gone_wrong_can_be_looked_at_too(value: float, qtbot: QtBot) -> None:
    recipe = PRESETS["cnn"].layers
    weights = weights_for(recipe)
    weights[0] = np.full_like(weights[0], value)
    with np.errstate(all="ignore"):
        found = stages(recipe, weights, four())
    steps = LayerSteps()
    qtbot.addWidget(steps)
    steps.show()
    steps.set_insight(Insight(recipe, tuple(found), tuple("abcdef"), np.zeros((0, 28, 28), np.float32)))
    for index in range(len(found)):
        steps.choose_stage(index)
        assert find(steps, QLabel, "layerFormulaNumbers").text()
        assert not steps.grab().isNull()


# Models and windows


def test_a_model_whose_weights_did_not_come_with_it(explained: Shown, profile: Profile) -> None:
    folder = profile.models / "bare"
    shutil.copytree(shipped_models_path() / "digits", folder)
    (folder / "recipe.json").unlink()
    dialog = explained("bare")
    assert dialog.seen().classifier.record.id == "bare"
    assert dialog.evidence.heat.heat().max() == 1
    assert not find(dialog, QPushButton, "gradCamButton").isEnabled()
    click(dialog, "explainStepsButton")
    closed = find(dialog, QLabel, "explainClosed")
    assert closed.isVisible()
    assert "its weights did not come with it" in closed.text()
    # The same dialog goes on with a model that can be looked into.
    assert explained() is dialog
    assert not closed.isVisible()
    assert dialog.steps.isVisible()


def test_a_damaged_model_is_said(desk: QMainWindow, profile: Profile, qtbot: QtBot) -> None:
    folder = profile.models / "damaged"
    shutil.copytree(shipped_models_path() / "digits", folder)
    (folder / "model.tflite").write_bytes(b"x")
    dialog = open_explanation(desk.session, four(), "damaged", "", desk)
    qtbot.waitUntil(dialog.notice.isVisible, timeout=20_000)
    assert text(dialog, "dialogProblemText") == "The model is damaged"
    assert text(dialog, "dialogStep") == text(dialog, "evidenceText") == "The model is damaged"
    # A model that is gone is not explained by another one.
    dialog.explain(four(), "gone")
    qtbot.waitUntil(lambda: text(dialog, "dialogProblemText") == "There is no such model", timeout=20_000)
    # But where none is named, and the usual one is gone, the first one is asked as elsewhere.
    desk.session.settings.set("model", "gone")
    dialog.explain(four())
    qtbot.waitUntil(dialog.is_complete, timeout=20_000)
    assert dialog.seen().classifier.record.is_shipped
    assert not dialog.notice.isVisible()


def test_language_and_theme_change_while_it_is_open(explained: Shown) -> None:
    dialog = explained(written="9")
    assert text(dialog, "dialogStep").endswith("Its label is 9.")
    assert dialog.evidence.rival.currentData() == "9"
    image = dialog.grab().toImage()
    theme.set_theme("dark")
    try:
        assert dialog.grab().toImage() != image
    finally:
        theme.set_theme("light")
    close = find(dialog, QPushButton, "explainCloseButton")
    assert close.text() == "Close"
    set_language("zh_CN")
    # As Qt tells every window of another language.
    QApplication.sendEvent(dialog, QEvent(QEvent.Type.LanguageChange))
    assert close.text() == "关闭"
    assert dialog.evidence.rival.currentData() == "9"
    set_language("en")
    QApplication.sendEvent(dialog, QEvent(QEvent.Type.LanguageChange))
    assert close.text() == "Close"


@pytest.mark.parametrize("size", [(1000, 640), (1280, 800)])
def test_it_fits_the_window_below(explained: Shown, desk: QMainWindow, size: tuple[int, int]) -> None:
    desk.resize(*size)
    dialog = explained()
    assert dialog.width() <= size[0]
    assert dialog.height() <= size[1]
    steps = open_steps(dialog)
    assert steps.chips.height() < 90
    # The numbers of a filter of 5 × 5 can be read.
    assert steps.grids.cell_side() >= 25


# Where it is opened


def test_a_sample_of_the_library_is_explained(window: MainWindow, qtbot: QtBot) -> None:
    QTest.mouseClick(find(window, QToolButton, "libraryPageButton"), LEFT)
    choose(window, "datasetChooser", "uci-digits")
    grid = find(window, QTableView, "datasetView")
    qtbot.waitUntil(lambda: grid.model() is not None and grid.model().rowCount() > 0, timeout=20_000)
    grid.setFocus()
    press(grid, Qt.Key.Key_Right)
    why = find(window, QPushButton, "sampleWhyButton")
    qtbot.waitUntil(why.isVisible, timeout=20_000)
    QTest.mouseClick(why, LEFT)
    dialog = find(window, ExplainDialog, "explainDialog")
    qtbot.waitUntil(dialog.is_complete, timeout=20_000)
    assert text(dialog, "dialogTitle").startswith("Why ")


@pytest.fixture
def misread(window: MainWindow, profile: Profile, qtbot: QtBot) -> SampleStrip:
    """The samples that a run has read wrong, whose model is the shipped one."""
    data = uci.load()
    test = data.indices((Split.TEST,))[:40]
    truth = data.labels[test].astype(np.int64)
    predicted = np.where(np.arange(40) % 5 == 0, (truth + 1) % 10, truth)
    report = EvaluationReport(ConfusionMatrix.from_predictions(truth, predicted, data.label_set.names))
    with RunFolder(profile, TrainingConfig(), data) as run:
        run.save_predictions(Predictions(test, truth, predicted, np.linspace(0.5, 0.9, 40, dtype=np.float32)))
        run.finish("finished", model_id="digits", accuracy=report.accuracy, report=report.to_dict())
    QTest.mouseClick(find(window, QToolButton, "trainPageButton"), LEFT)
    window.train_page.show_run(run.id)
    strip = window.train_page.results.strip
    qtbot.waitUntil(lambda: len(strip.samples()) == 8, timeout=20_000)
    return strip


def test_a_misread_sample_is_explained(misread: SampleStrip, window: MainWindow, qtbot: QtBot) -> None:
    sample = misread.samples()[1]
    opened: list[str] = []
    window.session.samples_requested.connect(lambda name, positions, heading: opened.append(name))
    QTest.mouseClick(misread, LEFT, NONE, misread.why_rect(1).center().toPoint())
    dialog = find(window, ExplainDialog, "explainDialog")
    assert not opened
    qtbot.waitUntil(dialog.is_complete, timeout=20_000)
    assert dialog.seen().classifier.record.id == "digits"
    expected = Classifier(read_record(shipped_models_path() / "digits", is_shipped=True)).predict_proba(
        sample.picture[None]
    )
    np.testing.assert_array_equal(dialog.seen().prediction.probabilities, expected[0])
    # W explains the sample with the focus, in the same dialog.
    misread.setFocus()
    press(misread, Qt.Key.Key_Right)
    press(misread, Qt.Key.Key_W)
    assert dialog.seen() is None
    qtbot.waitUntil(dialog.is_complete, timeout=20_000)
    # The menu offers both.
    place = misread.sample_rect(2).center().toPoint()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, misread.mapToGlobal(place))
    QApplication.sendEvent(misread, event)
    menu = find(misread, QMenu, "misreadMenu")
    assert [each.text() for each in menu.actions()] == ["Open in Library", f"Why {misread.samples()[2].read}?"]
    QTest.mouseClick(menu, LEFT, NONE, menu.actionGeometry(menu.actions()[1]).center())
    assert dialog.seen() is None
    qtbot.waitUntil(dialog.is_complete, timeout=20_000)
    # A plain click opens it in the Library.
    QTest.mouseClick(misread, LEFT, NONE, misread.sample_rect(1).center().toPoint())
    assert opened == ["uci-digits"]


def test_without_its_model_there_is_nothing_to_explain_a_sample_by(qtbot: QtBot) -> None:
    strip = SampleStrip()
    qtbot.addWidget(strip)
    strip.resize(300, 200)
    strip.show()
    strip.set_samples([JudgedSample(7, four(), "4", "9", 0.6)])
    strip.setFocus()
    with qtbot.assertNotEmitted(strip.whyWanted):
        press(strip, Qt.Key.Key_W)
        with qtbot.waitSignal(strip.sampleClicked) as clicked:
            QTest.mouseClick(strip, LEFT, NONE, strip.why_rect(0).center().toPoint())
    assert clicked.args == [7]
    strip.set_explainable(True)
    with qtbot.assertNotEmitted(strip.sampleClicked), qtbot.waitSignal(strip.whyWanted) as asked:
        QTest.mouseClick(strip, LEFT, NONE, strip.why_rect(0).center().toPoint())
    assert asked.args[0].position == 7
