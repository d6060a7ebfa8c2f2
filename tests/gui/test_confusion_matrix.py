"""The confusion matrix: where its cells are, what they say, what a click tells."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.gui import theme
from recognizer.gui.widgets.class_report import ClassReport
from recognizer.gui.widgets.confusion_matrix import ConfusionMatrixView
from recognizer.gui.widgets.confusion_words import EVERY, Figures
from recognizer.gui.widgets.run_results import RunResults
from recognizer.training.runs import Predictions

COUNTS = np.array([[50, 0, 2], [1, 1200, 0], [12, 0, 36]], np.int64)
MATRIX = ConfusionMatrix(COUNTS, ("4", "7", "9"))


@pytest.fixture
def view(qtbot: QtBot) -> ConfusionMatrixView:
    made = ConfusionMatrixView()
    qtbot.addWidget(made)
    made.resize(334, 334)
    made.set_matrix(MATRIX)
    made.show()
    return made


def click(view: ConfusionMatrixView, actual: int, predicted: int) -> None:
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.cell_rect(actual, predicted).center().toPoint())


def test_cells_divide_the_room_beside_the_axes_evenly(view: ConfusionMatrixView) -> None:
    first = view.cell_rect(0, 0)
    assert (first.x(), first.y(), first.width(), first.height()) == (34.0, 0.0, 98.0, 98.0)
    last = view.cell_rect(2, 1)
    assert (last.x(), last.y()) == (134.0, 200.0)


def test_every_cell_is_found_at_its_centre_and_none_elsewhere(view: ConfusionMatrixView) -> None:
    for actual in range(3):
        for predicted in range(3):
            assert view.cell_at(view.cell_rect(actual, predicted).center()) == (actual, predicted)
    for x, y in ((13.0, 50.0), (50.0, 319.0), (335.0, 50.0), (50.0, -1.0), (20.0, 310.0)):
        assert view.cell_at(QPointF(x, y)) is None


def test_the_names_of_rows_and_columns_stand_for_all_their_cells(view: ConfusionMatrixView, qtbot: QtBot) -> None:
    for cell, words in (
        ((2, EVERY), "48 samples of 9: 75.0 % read rightly"),
        ((EVERY, 0), "63 samples read as 4: 79.4 % rightly"),
    ):
        assert view.cell_at(view.cell_rect(*cell).center()) == cell
        assert view.cell_words(*cell) == words
        with qtbot.waitSignal(view.cellClicked) as clicked:
            click(view, *cell)
        assert tuple(clicked.args) == view.selected() == cell
        view.grab()


def test_a_click_says_what_was_written_and_what_was_read(view: ConfusionMatrixView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.cellClicked) as clicked:
        click(view, 0, 2)
    assert clicked.args == [0, 2]
    assert view.selected() == (0, 2)


def test_a_click_beside_the_cells_says_nothing(view: ConfusionMatrixView, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.cellClicked):
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.rect().bottomLeft())
    assert view.selected() is None


def test_the_keyboard_reaches_every_cell(view: ConfusionMatrixView, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(view, key)
    with qtbot.waitSignal(view.cellClicked) as clicked:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert clicked.args == [2, 2]
    QTest.keyClick(view, Qt.Key.Key_Home)
    with qtbot.waitSignal(view.cellClicked) as clicked:
        QTest.keyClick(view, Qt.Key.Key_Space)
    assert clicked.args == [2, 0]
    for key, name in ((Qt.Key.Key_Left, [2, EVERY]), (Qt.Key.Key_Right, [2, 0]), (Qt.Key.Key_Down, [EVERY, 0])):
        QTest.keyClick(view, key)
        with qtbot.waitSignal(view.cellClicked) as clicked:
            QTest.keyClick(view, Qt.Key.Key_Space)
        assert clicked.args == name


def test_counts_and_percent(view: ConfusionMatrixView) -> None:
    assert [view.cell_text(1, column) for column in range(3)] == ["1", "1,200", "·"]
    view.set_figures(Figures.OF_ACTUAL)
    assert [view.cell_text(2, column) for column in range(3)] == ["25.0", "·", "75.0"]
    view.set_figures(Figures.OF_PREDICTED)
    assert [view.cell_text(row, 0) for row in range(3)] == ["79.4", "1.6", "19.0"]
    assert view.cell_words(2, 0) == "9 read as 4: 12 samples (19.0 % of what was read as 4)"


def test_the_button_offers_three_kinds_of_figures(qtbot: QtBot) -> None:
    results = RunResults()
    qtbot.addWidget(results)
    results.show_report(EvaluationReport(MATRIX))
    button = results.mode_button
    assert button.text() == "Counts"
    for action, caption, figure in zip(
        button.menu().actions()[::-1], ("% of read", "% of written", "Counts"), ("19.0", "25.0", "12"), strict=True
    ):
        action.trigger()
        assert button.text() == caption
        assert results.matrix.cell_text(2, 0) == figure


def test_the_samples_of_a_row_and_of_a_column(qtbot: QtBot) -> None:
    results = RunResults()
    qtbot.addWidget(results)
    results.resize(900, 400)
    results.show()
    truth, predicted = np.array([0, 0, 1, 2, 2]), np.array([0, 2, 1, 0, 2])
    report = EvaluationReport(ConfusionMatrix.from_predictions(truth, predicted, ("4", "7", "9")))
    results.show_report(report)
    confidence = np.array([0.9, 0.6, 0.8, 0.7, 0.5], np.float32)
    results.show_predictions(Predictions(np.arange(10, 15), truth, predicted, confidence), None)
    assert results.positions().tolist() == [13, 11]
    click(results.matrix, 2, EVERY)
    assert (results.heading(), results.positions().tolist()) == ("Every 9", [13, 14])
    click(results.matrix, EVERY, 0)
    assert (results.heading(), results.positions().tolist()) == ("Read as 4", [13, 10])


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ((2, 0), "9 read as 4: 12 samples (25.0 % of the 9s)"),
        ((1, 0), "7 read as 4: 1 sample (0.1 % of the 7s)"),
        ((0, 0), "4 read rightly: 50 samples (96.2 % of the 4s)"),
    ],
)
def test_a_cell_in_words(view: ConfusionMatrixView, cell: tuple[int, int], words: str) -> None:
    assert view.cell_words(*cell) == words


def test_hits_are_accented_and_the_worse_error_is_redder(view: ConfusionMatrixView) -> None:
    picture = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)

    def color(actual: int, predicted: int) -> tuple[int, int, int]:
        corner = view.cell_rect(actual, predicted).topLeft() + QPointF(10, 10)
        found = picture.pixelColor(corner.toPoint())
        return found.red(), found.green(), found.blue()

    accent = theme.colors().accent.lstrip("#")
    assert color(0, 0) == tuple(bytes.fromhex(accent))
    assert color(2, 0)[1] < color(0, 2)[1] < color(0, 1)[1]


def test_sixty_two_classes_fit_and_none_at_all_do_no_harm(view: ConfusionMatrixView) -> None:
    labels = tuple(str(number) for number in range(62))
    view.set_matrix(ConfusionMatrix(np.eye(62, dtype=np.int64), labels))
    assert view.minimumWidth() <= 480
    view.grab()
    assert view.cell_at(view.cell_rect(61, 61).center()) == (61, 61)
    view.set_matrix(None)
    view.grab()
    click(view, 0, 0)
    assert view.selected() is None


def test_the_report_has_a_row_for_each_class_and_the_means(qtbot: QtBot) -> None:
    table = ClassReport()
    qtbot.addWidget(table)
    table.set_report(EvaluationReport(MATRIX))
    rows = [[table.item(row, column).text() for column in range(5)] for row in range(table.rowCount())]
    assert rows == [
        ["4", "79.4", "96.2", "87.0", "52"],
        ["7", "100.0", "99.9", "100.0", "1,201"],
        ["9", "94.7", "75.0", "83.7", "48"],
        ["mean over classes", "91.4", "90.4", "90.2", "1,301"],
        ["mean over samples", "99.0", "98.8", "98.8", "1,301"],
    ]
    table.set_report(None)
    assert table.rowCount() == 0


def test_in_a_wide_view_the_matrix_stands_in_the_middle(view: ConfusionMatrixView) -> None:
    view.resize(1034, 334)
    assert view.cell_rect(0, 0).left() - 34 == 1034 - view.cell_rect(0, 2).right() - 2 == 215
    assert view.cell_rect(0, 0).width() == 188
    assert view.cell_at(view.cell_rect(1, 2).center()) == (1, 2)
