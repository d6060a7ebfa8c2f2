"""Two or more runs side by side: sentences, curves, settings, and the samples that one fixed and broke."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot
from run_hand import digits, write_run
from train_hand import LEFT, click, find, text

from recognizer.base.i18n import set_language
from recognizer.base.paths import Profile
from recognizer.gui import theme
from recognizer.gui.dialogs.run_comparison_dialog import RunComparisonDialog
from recognizer.gui.main_window import MainWindow
from recognizer.gui.widgets.run_table import RunTable
from recognizer.gui.widgets.setting_words import setting_rows
from recognizer.library import uci
from recognizer.library.dataset import Dataset, Split
from recognizer.training.augment import Augmentation
from recognizer.training.config import TrainingConfig

CTRL = Qt.KeyboardModifier.ControlModifier
Open = Callable[..., RunComparisonDialog]


@pytest.fixture(autouse=True)
def _loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures are there at once."""
    monkeypatch.setattr(uci, "load", digits)


@pytest.fixture
def compare(window: MainWindow, qtbot: QtBot) -> Open:
    """Marks all runs in the table, presses Compare and waits until everything is read."""
    click(window, "trainPageButton", QToolButton)

    def compare(n: int) -> RunComparisonDialog:
        table = find(window, RunTable, "runTable")
        window.train_page._viewer.load_runs()
        qtbot.waitUntil(lambda: table.rowCount() == n, timeout=20_000)
        for row in range(n):
            place = table.visualRect(table.model().index(row, 0)).center()
            QTest.mouseClick(table.viewport(), LEFT, CTRL, place)
        click(window, "compareRunsButton")
        dialog = window.train_page._keeper._comparison
        assert dialog is not None
        qtbot.waitUntil(
            lambda: dialog._problem is not None or (dialog._compared is not None and dialog.pair._dataset is not None),
            timeout=20_000,
        )
        return dialog

    return compare


def cells(dialog: RunComparisonDialog) -> dict[str, list[str]]:
    table = dialog.table
    return {
        table.item(row, 0).text(): [table.item(row, column).text() for column in range(1, table.columnCount())]
        for row in range(table.rowCount())
    }


def captions(dialog: RunComparisonDialog) -> set[str]:
    return {sample.caption() for sample in dialog.pair.strip.samples()}


def test_dense_and_cnn_from_the_table_to_the_samples(
    profile: Profile, compare: Open, window: MainWindow, qtbot: QtBot
) -> None:
    write_run(profile, list(range(2, 20)), preset="cnn", epochs=2)
    write_run(profile, list(range(6, 40)), epochs=4, name="plain")
    dialog = compare(2)
    # The better one is what the other is compared with.
    said = text(dialog, "runComparisonSummary")
    assert said == "cnn reads 95.0 % of the 360 samples rightly, plain 90.6 %: 20 fixed, 4 broken."
    assert "2.9× fewer weights but multiplies 24× as often" in text(dialog, "runComparisonReasons")
    assert dialog.pair.verdict() == "20 fixed, 4 broken (p = 0.0015: could hardly be chance)"

    assert dialog.curves.accuracy.series(0, "validation") == [
        (epoch, pytest.approx(100 - 20 / epoch)) for epoch in range(1, 5)
    ]
    assert dialog.curves.loss.series(1, "training") == [(1, 1.0), (2, 0.5)]

    rows = cells(dialog)
    assert rows["Accuracy"] == ["90.56 %", "95.00 %"]
    assert rows["Weights"] == ["101,770", "34,826"]
    assert rows["Multiplications a picture"] == ["101,632", "2,440,960"]
    assert (rows["Model"], rows["Epochs"]) == (["dense", "cnn"], ["4", "2"])
    assert not {"Batch size", "Data", "Seed"} & set(rows)

    test = digits().indices((Split.TEST,))
    truth = digits().labels
    assert sorted(dialog.pair.positions()) == test[20:40].tolist()
    assert captions(dialog) == {f"{truth[p]} → {(truth[p] + 1) % 10} → {truth[p]}" for p in test[20:40]}
    click(dialog, "brokeSamplesButton")
    assert sorted(dialog.pair.positions()) == test[2:6].tolist()
    assert captions(dialog) == {f"{truth[p]} → {truth[p]} → {(truth[p] + 1) % 10}" for p in test[2:6]}
    click(dialog, "bothWrongSamplesButton")
    assert sorted(dialog.pair.positions()) == test[6:20].tolist()

    click(dialog, "brokeSamplesButton")
    strip = dialog.pair.strip
    shown = strip.samples()[1].position
    with qtbot.waitSignal(window.session.samples_requested) as asked:
        QTest.mouseClick(strip, LEFT, pos=strip.sample_rect(1).center().toPoint())
    name, positions, heading = asked.args
    assert (name, positions[0], heading) == ("uci-digits", shown, "Broken by cnn")
    assert sorted(positions) == test[2:6].tolist()
    assert window.library_page.isVisible()
    assert dialog.isVisible()


def test_the_other_way_round_and_the_epoch_under_the_mouse(profile: Profile, compare: Open, qtbot: QtBot) -> None:
    write_run(profile, [1, 2, 3], epochs=3)
    write_run(profile, [1], epochs=1, preset="cnn")
    dialog = compare(2)
    assert dialog.pair.verdict() == "2 fixed, 0 broken (p = 0.5: may be chance)"
    dialog.pair.first.setCurrentIndex(1)
    assert dialog.pair.second.currentIndex() == 0
    qtbot.waitUntil(lambda: dialog._compared is not None, timeout=20_000)
    assert dialog.pair.verdict() == "0 fixed, 2 broken (p = 0.5: may be chance)"
    # There is nothing fixed to look at.
    assert find(dialog, QPushButton, "brokeSamplesButton").isChecked()

    plot = dialog.curves.accuracy
    assert plot.values.text() == "at the end 93.3 % 80.0 %"
    box = plot._plot.getPlotItem().getViewBox()
    place = plot._plot.mapFromScene(box.mapViewToScene(QPointF(2.1, 85)))
    point = QPointF(place)
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, point, point, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(plot._plot.viewport(), move)
    assert plot.values.text() == "epoch 2 90.0 % –"
    assert dialog.curves.loss.values.text() == "epoch 2 0.250 –"
    QApplication.sendEvent(plot._plot.viewport(), QEvent(QEvent.Type.Leave))
    assert plot.values.text() == "at the end 93.3 % 80.0 %"


def test_runs_that_cannot_be_compared_by_samples_still_show_the_rest(
    profile: Profile, compare: Open, window: MainWindow, qtbot: QtBot
) -> None:
    other = Dataset("mine", "My digits", digits().images, digits().labels, digits().splits)
    first = write_run(profile, [1, 2], epochs=2)
    write_run(profile, [1], epochs=2, data=other, learning_rate=0.01)
    dialog = compare(2)
    said = text(dialog, "runComparisonSummary")
    assert said.startswith("The runs are about different data: they cannot be compared sample by sample")
    assert dialog.pair.verdict() == said
    assert len(dialog.curves.accuracy.series(1, "validation")) == 2
    rows = cells(dialog)
    assert rows["Data"] == ["UCI digits", "My digits"]
    assert rows["Learning rate"] == ["0.001", "0.01"]
    assert not find(dialog, QPushButton, "openPairInLibraryButton").isEnabled()
    assert not find(dialog, QPushButton, "fixedSamplesButton").isVisible()

    # Another comparison takes its place; what was not judged is named.
    failed = write_run(profile, None, epochs=1, state="failed", name="Broken off")
    keeper = window.train_page._keeper
    with qtbot.waitSignal(dialog.destroyed):
        keeper.compare([first, failed])
    second = keeper._comparison
    assert second is not None
    assert second.isVisible()
    qtbot.waitUntil(lambda: second._problem is not None, timeout=20_000)
    said = text(second, "runComparisonSummary")
    assert said == "Broken off was not judged: there is nothing to compare sample by sample"
    assert cells(second)["Accuracy"] == ["–", "99.44 %"]
    QTest.keyClick(second, Qt.Key.Key_Escape)
    assert keeper._comparison is None


def test_three_runs_of_which_two_are_chosen(profile: Profile, compare: Open, window: MainWindow, qtbot: QtBot) -> None:
    for wrong, batch in (([1, 2, 3], 32), ([1], 64), ([2, 3, 4, 5], 128)):
        write_run(profile, wrong, epochs=1, batch_size=batch)
    dialog = compare(3)
    assert cells(dialog)["Batch size"] == ["128", "32", "64"]
    titles = [dialog.pair.first.itemText(place) for place in range(3)]
    assert len(set(titles)) == 3
    assert dialog.pair.verdict().startswith("4 fixed, 1 broken")
    dialog.pair.first.setCurrentIndex(1)
    qtbot.waitUntil(lambda: dialog.pair.verdict().startswith("2 fixed, 0 broken"), timeout=20_000)
    # It follows the language and the theme, and closes with the program.
    set_language("zh_CN")
    window.retranslate()
    theme.set_theme("dark")
    try:
        dialog.grab()
        assert find(dialog, QPushButton, "closeComparisonButton").text() == "关闭"
    finally:
        theme.set_theme("light")
    with qtbot.waitSignal(dialog.destroyed):
        window.close_unasked()


def test_it_fits_a_small_window(profile: Profile, compare: Open, window: MainWindow) -> None:
    long = "A network with a name that nobody would ever want to read to its end " * 2
    for wrong in ([1], [2]):
        write_run(profile, wrong, epochs=2, name=long)
    window.resize(1000, 640)
    dialog = compare(2)
    assert dialog.width() <= 1000
    assert dialog.height() <= 640
    strip = dialog.pair.strip
    foot = find(dialog, QPushButton, "openPairInLibraryButton")
    assert strip.mapTo(dialog, QPoint(0, strip.height())).y() <= foot.mapTo(dialog, QPoint(0, 0)).y()
    assert foot.mapTo(dialog, QPoint(0, foot.height())).y() <= dialog.height()


def test_settings_in_the_words_of_the_form() -> None:
    first = TrainingConfig(augmentation=Augmentation(rotation=5.0, noise=0.1), patience=3)
    second = TrainingConfig(augmentation=Augmentation(rotation=15.0, noise=0.1), deterministic=True, schedule="cosine")
    assert setting_rows([first, second]) == [
        ("Course of the learning rate", ("constant", "cosine: falls slowly to 0")),
        ("Stop early after … epochs without gain", ("3", "never")),
        ("Exactly repeatable", ("no", "yes")),
        ("Vary the pictures: Rotation", ("5", "15")),
    ]
    plain = TrainingConfig(preset="knn", epochs=1, batch_size=1)
    assert setting_rows([first, plain]) == [
        ("Model", ("dense", "knn")),
        ("Epochs", ("10", "–")),
        ("Batch size", ("32", "–")),
        ("Stop early after … epochs without gain", ("3", "–")),
        ("Vary the pictures", ("yes", "no")),
    ]
    assert setting_rows([plain, plain]) == []
