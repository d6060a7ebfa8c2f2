"""The figures of the Library page: computed in the background, each leading to its samples."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.library import LibraryPage
from recognizer.gui.widgets.bar_plot import BarPlot
from recognizer.gui.widgets.class_pictures import ClassPicturesView
from recognizer.gui.widgets.statistics_view import StatisticsView
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.synthesis import generate_ink
from recognizer.library.samples import Chunk
from recognizer.library.statistics.results import Kind
from recognizer.library.store import editing
from recognizer.library.store.adding import Import

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> LibraryPage:
    """The figures of 40 digits, two of them the same, one of them empty."""
    rng = np.random.default_rng(5)
    images = np.stack([Preprocessor().from_ink(generate_ink(digit % 10, rng)) for digit in range(40)])
    images[39] = images[9]
    images[38] = 0
    library = window.session.library
    name = editing.create_dataset(library, "Class 3b").name
    labels = [str(digit % 10) for digit in range(40)]
    Import(library, name, source="sheet.jpg", keeps_duplicates=True).add(Chunk(images, labels))
    window.session.library_changed.emit()
    QTest.mouseClick(window.findChild(QWidget, "libraryPageButton"), LEFT)
    page = window.library_page
    page.open_dataset(name)
    qtbot.waitUntil(lambda: page.table() is not None)
    page.findChild(QPushButton, "statisticsButton").click()
    qtbot.waitUntil(lambda: page.findChild(StatisticsView).statistics() is not None, timeout=60_000)
    return page


def shown(page: LibraryPage) -> list[int]:
    return page.shown_positions().tolist()


def test_what_stands_out_leads_to_its_samples(page: LibraryPage) -> None:
    assert page.findChild(QLabel, "statisticsText").text().startswith("40 samples. What stands out")
    buttons = [button for button in page.findChildren(QPushButton, "finding") if "shows nothing" in button.text()]
    buttons[0].click()
    assert shown(page) == [38]
    assert not page.findChild(StatisticsView).isVisible()
    assert not page.findChild(QPushButton, "statisticsButton").isChecked()


def test_a_click_on_a_bar_shows_its_samples(page: LibraryPage) -> None:
    plot = page.findChild(BarPlot, "balancePlot")
    assert [plot.bar_at(x) for x in (-0.5, 0.5, 9.9, 10.5)] == [-1, 0, 9, -1]
    box = plot._plot.getPlotItem().getViewBox()
    place = plot._plot.mapFromScene(box.mapViewToScene(box.viewRect().center()))
    number = plot.bar_at(box.viewRect().center().x())
    QTest.mouseClick(plot._plot.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
    assert shown(page) == [number, number + 10, number + 20, number + 30]


def test_a_click_on_a_class_shows_its_samples(page: LibraryPage) -> None:
    view = page.findChild(ClassPicturesView)
    QTest.mouseClick(view, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(20, 40))
    assert shown(page) == [0, 10, 20, 30]


def test_the_filter_decides_what_is_counted_and_the_figures_are_kept(page: LibraryPage, qtbot: QtBot) -> None:
    view, button = page.findChild(StatisticsView), page.findChild(QPushButton, "statisticsButton")
    first = view.statistics()
    button.click()
    button.click()
    assert view.statistics() is first, "nothing has changed"
    button.click()
    page._bar.field.setText("label:3,4")
    button.click()
    qtbot.waitUntil(lambda: view.statistics() is not None and view.statistics() is not first, timeout=60_000)
    assert len(view.statistics() or ()) == 8


def test_the_figures_are_saved_as_a_web_page(page: LibraryPage, tmp_path: object) -> None:
    path = page._session.profile.root / "figures.html"
    page.tools_bar.write_statistics(page.findChild(StatisticsView).statistics(), path)
    html = path.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>") or html.startswith("<!DOCTYPE html>")
    assert "Class 3b" in html
    page.tools_bar.write_statistics(page.findChild(StatisticsView).statistics(), path / "no" / "folder.html")
    assert page.window().findChild(QLabel, "problemText").text()


def test_suspects_come_by_suspicion_and_say_what_they_look_like(window: MainWindow, qtbot: QtBot) -> None:
    rng = np.random.default_rng(6)
    digits = [1, 8] * 20
    images = np.stack([Preprocessor().from_ink(generate_ink(digit, rng)) for digit in digits])
    labels = [str(digit) for digit in digits]
    labels[4], labels[9] = "8", "1"
    library = window.session.library
    name = editing.create_dataset(library, "Class 3b").name
    Import(library, name, source="sheet.jpg").add(Chunk(images, labels))
    window.session.library_changed.emit()
    QTest.mouseClick(window.findChild(QWidget, "libraryPageButton"), LEFT)
    page = window.library_page
    page.open_dataset(name)
    qtbot.waitUntil(lambda: page.table() is not None)
    page.findChild(QPushButton, "statisticsButton").click()
    view, sort = page.findChild(StatisticsView), page.findChild(QComboBox, "sortChooser")
    sort.setCurrentIndex(1)
    qtbot.waitUntil(lambda: view.statistics() is not None, timeout=60_000)
    expected = view.statistics().positions_of(Kind.SUSPECT).tolist()
    assert {4, 9} <= set(expected)
    (button,) = [button for button in page.findChildren(QPushButton, "finding") if "wrong label" in button.text()]
    button.click()
    assert shown(page) == expected
    assert sort.currentText() == "most suspicious first"
    model = page.findChild(ThumbnailGrid).samples
    assert (model.doubt(4), model.doubt(9)) == ("1", "8")
    tip = model.data(model.index_at(expected.index(4)), Qt.ItemDataRole.ToolTipRole)
    assert tip.endswith("looks like 1")
    page.findChild(ThumbnailGrid).choose(np.array([expected.index(9)]), expected.index(9))
    assert page.findChild(QLabel, "sampleDoubt").text() == "looks like 8"
    page.editor.relabel("8")
    assert model.doubt(9) is None
    assert page.findChild(QLabel, "sampleDoubt").text() == ""
    page.findChild(QPushButton, "samplesChip").click()
    assert sort.currentText() == "oldest first"
    assert model.doubt(4) is None
