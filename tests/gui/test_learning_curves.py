"""The learning curves: what is drawn while a run goes on and from a run of the past."""

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from recognizer.gui.widgets.learning_curves import LearningCurveView
from recognizer.training.events import BatchProgress, EpochMetrics


def epoch(number: int, *, validated: bool = True) -> EpochMetrics:
    value = (0.5, 0.8) if validated else (None, None)
    return EpochMetrics(number, 1.0 / number, 1.0 - 0.5 / number, *value, 0.001, 1.0)


@pytest.fixture(params=[True, False], ids=["with plots", "before the plots are made"])
def view(qtbot: QtBot, request: pytest.FixtureRequest) -> LearningCurveView:
    made = LearningCurveView()
    qtbot.addWidget(made)
    made.resize(700, 220)
    if request.param:
        made.prepare()
    made.show()
    made.clear(4)
    return made


def test_epochs_are_points_of_both_measures(view: LearningCurveView) -> None:
    for number in (1, 2):
        view.add_epoch(epoch(number))
    assert view.points("loss", "training") == [(1.0, 1.0), (2.0, 0.5)]
    assert view.points("accuracy", "training") == [(1.0, 50.0), (2.0, 75.0)]
    assert view.points("accuracy", "validation") == [(1.0, 80.0), (2.0, 80.0)]
    assert "accuracy 75.0 %" in view.accessibleDescription()
    view.grab()


def test_the_live_line_moves_within_an_epoch(view: LearningCurveView) -> None:
    view.add_batch(BatchProgress(1, 25, 100, 2.0, 0.25, 1000.0, 9.0))
    view.add_batch(BatchProgress(2, 50, 100, 1.0, 0.5, 1000.0, 4.0))
    assert view.points("accuracy", "live") == [(0.25, 25.0), (1.5, 50.0)]
    assert view.points("loss", "live") == [(0.25, 2.0), (1.5, 1.0)]
    view.grab()


def test_no_validation_no_line_and_nothing_infinite_is_drawn(view: LearningCurveView) -> None:
    view.add_epoch(epoch(1, validated=False))
    view.add_batch(BatchProgress(2, 1, 2, math.nan, 0.5, 1.0, math.inf))
    assert view.points("loss", "validation") == []
    assert view.points("loss", "live") == []
    view.grab()


def test_a_run_of_the_past_replaces_what_was_shown(view: LearningCurveView) -> None:
    view.add_batch(BatchProgress(1, 25, 100, 2.0, 0.25, 1000.0, 9.0))
    view.show_epochs(3, [epoch(1), epoch(2), epoch(3)])
    assert [metrics.epoch for metrics in view.metrics()] == [1, 2, 3]
    assert view.points("loss", "live") == []
    view.clear()
    assert view.metrics() == ()
    assert view.accessibleDescription() == ""


def test_the_live_line_of_a_long_run_is_thinned_out(qtbot: QtBot) -> None:
    view = LearningCurveView()
    qtbot.addWidget(view)
    for batch in range(1, 2501):
        view.add_batch(BatchProgress(1, batch, 2500, 1.0, 0.5, 1.0, 1.0))
    line = view.points("loss", "live")
    assert 600 <= len(line) <= 1200
    assert line[-1] == (1.0, 1.0)
    assert [x for x, _ in line] == sorted(x for x, _ in line)


def test_the_plots_show_what_the_series_hold(qtbot: QtBot) -> None:
    view = LearningCurveView()
    qtbot.addWidget(view)
    view.clear(4)
    view.add_epoch(epoch(1))
    view.prepare()
    view.add_epoch(epoch(2))
    items = view._accuracy._items

    def drawn() -> list[tuple[float, float]]:
        return list(zip(*items["training"].getData(), strict=True))

    # What comes within a moment is drawn together.
    qtbot.waitUntil(lambda: drawn() == [(1.0, 50.0), (2.0, 75.0)])
    (left, right), (low, high) = view._accuracy._plot.getViewBox().viewRange()
    assert left < 0 < 4 < right < 5
    assert low < 50 < 100 < high < 120


def test_a_marked_epoch_says_its_values(view: LearningCurveView) -> None:
    view.show_epochs(4, [epoch(1), epoch(2), epoch(3)])
    view.set_marked(2)
    assert view.marked() == 2
    assert view._accuracy._training._label.text().endswith("75.0 %")
    assert view._loss._training._label.text().endswith("0.500")
    assert view.accessibleDescription().startswith("Epoch 2:")
    view.grab()
    view.set_marked(None)
    assert view._accuracy._training._label.text().endswith("83.3 %")
    view.set_marked(1)
    view.clear(4)
    assert view.marked() is None


def test_a_click_picks_the_nearest_epoch(qtbot: QtBot) -> None:
    view = LearningCurveView()
    qtbot.addWidget(view)
    view.resize(700, 220)
    view.prepare()
    view.show()
    view.show_epochs(4, [epoch(1), epoch(2), epoch(3)])
    for card in (view._accuracy, view._loss):
        for place, picked in ((1.8, 2), (3.7, 3)):
            with qtbot.waitSignal(view.epochPicked) as signal:
                QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=card.place_of(place).toPoint() - QPoint(0, 30))
            assert signal.args == [picked]


def test_many_epochs_in_a_moment_are_drawn_a_few_times(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    view = LearningCurveView()
    qtbot.addWidget(view)
    view.prepare()
    view.clear(100)
    drawn: list[int] = []
    item = view._loss._items["training"]
    original = item.setData
    monkeypatch.setattr(item, "setData", lambda *series: (drawn.append(len(series[0])), original(*series)))
    for number in range(1, 101):
        view.add_epoch(epoch(number))
    qtbot.waitUntil(lambda: drawn[-1] == 100)
    assert len(drawn) < 20
