"""The dialog that divides samples: shares are set, the plan is seen, and one edit carries it out."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from dialog_hand import LEFT, Desk, button, click, fill, find, set_up_desk, table, text
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QSpinBox
from pytestqt.qtbot import QtBot

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.gui.dialogs.share_fields import ShareBar, Shares, balanced
from recognizer.gui.dialogs.split_dialog import SplitDialog
from recognizer.library.store import editing


@pytest.fixture
def desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    """What the dialog is opened over."""
    yield from set_up_desk(profile, qtbot)


@pytest.fixture
def name(desk: Desk) -> str:
    """Twenty samples of two classes, all for training, nobody knows of whom."""
    return fill(desk, "0" * 10 + "1" * 10)


@pytest.fixture
def dialog(desk: Desk, name: str, qtbot: QtBot) -> SplitDialog:
    made = SplitDialog(desk.session, table(desk, name), np.arange(20), desk)
    made.open()
    qtbot.waitActive(made)
    planned(made, qtbot)
    return made


def planned(dialog: SplitDialog, qtbot: QtBot) -> tuple[tuple[str, ...], ...]:
    """The rows of the plan, when there is one."""
    qtbot.waitUntil(lambda: dialog.plan() is not None)
    rows = find(dialog, RowsTable, "splitPlan")
    assert isinstance(rows, RowsTable)
    return rows.rows()


def set_share(dialog: SplitDialog, name: str, value: int) -> None:
    find(dialog, QSpinBox, f"{name}ShareInput").setValue(value)


def splits(desk: Desk, name: str) -> list[int]:
    return np.bincount(table(desk, name).splits, minlength=3).tolist()


def test_the_plan_is_shown_class_by_class(dialog: SplitDialog, qtbot: QtBot) -> None:
    assert text(dialog, "dialogStep").startswith("Class 3b: all of its 20 samples. Set the shares")
    assert planned(dialog, qtbot) == (
        ("All", "16 · 80 %", "2 · 10 %", "2 · 10 %"),
        ("As it is now", "20", "0", "0"),
        ("0", "8", "1", "1"),
        ("1", "8", "1", "1"),
    )
    assert text(dialog, "splitSummary") == "4 samples change their split"


def test_it_is_carried_out_as_one_edit(dialog: SplitDialog, desk: Desk, name: str, qtbot: QtBot) -> None:
    set_share(dialog, "train", 50)
    assert not button(dialog, "splitApplyButton").isEnabled(), "what is shown is out of date"
    set_share(dialog, "validation", 0)
    assert dialog.shares.shares() == (60, 0, 40), "training gets what validation gives"
    assert planned(dialog, qtbot)[0] == ("All", "12 · 60 %", "0 · 0 %", "8 · 40 %")
    assert button(dialog, "splitApplyButton").text() == "Divide 20 samples"
    with qtbot.waitSignal(desk.session.edited) as edited:
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert edited.args == ["Divide 20 samples anew"]
    assert not dialog.isVisible()
    assert splits(desk, name) == [12, 0, 8]
    desk.session.undo()
    assert splits(desk, name) == [20, 0, 0]


def test_only_what_is_shown_is_divided(desk: Desk, name: str, qtbot: QtBot) -> None:
    dialog = SplitDialog(desk.session, table(desk, name), np.arange(10, 20), desk)
    dialog.open()
    assert "the 10 samples shown, of 20" in text(dialog, "dialogStep")
    assert [row[0] for row in planned(dialog, qtbot)] == ["All", "As it is now", "1"]
    click(dialog, "splitApplyButton")
    assert splits(desk, name) == [18, 1, 1]
    assert set(table(desk, name).splits[:10].tolist()) == {0}


def test_cancel_changes_nothing(dialog: SplitDialog, desk: Desk, name: str) -> None:
    click(dialog, "splitCancelButton")
    assert not dialog.isVisible()
    assert splits(desk, name) == [20, 0, 0]


def test_a_writer_is_on_one_side(desk: Desk, qtbot: QtBot) -> None:
    writers = tuple("ann" if place < 12 else "bob" if place < 16 else "cy" for place in range(20))
    name = fill(desk, "01" * 10, "Three writers", writers=writers)
    dialog = SplitDialog(desk.session, table(desk, name), np.arange(20), desk)
    dialog.open()
    assert find(dialog, QComboBox, "splitBy").currentData() == "writer", "there are enough of them"
    set_share(dialog, "train", 60)
    planned(dialog, qtbot)
    set_share(dialog, "validation", 20)
    assert planned(dialog, qtbot)[0] == ("All", "12 · 60 %", "4 · 20 %", "4 · 20 %")
    assert text(dialog, "splitSummary") == "8 samples change their split · 3 writers: 1 + 1 + 1"
    click(dialog, "splitApplyButton")
    found = table(desk, name)
    sides = {
        writer: set(found.splits[found.writers == place].tolist()) for place, writer in enumerate(found.writer_names)
    }
    assert all(len(side) == 1 for side in sides.values())
    assert sides["ann"] == {0}


def test_what_the_plan_lacks_is_said(dialog: SplitDialog, desk: Desk, qtbot: QtBot) -> None:
    name = fill(desk, "0" * 10 + "1", "One 1")
    lacking = SplitDialog(desk.session, table(desk, name), np.arange(11), desk)
    lacking.open()
    rows = planned(lacking, qtbot)
    assert sorted(rows[3][1:]) == ["0", "0", "1"]
    assert "gets no samples of 1" in text(lacking, "splitWarnings")


def test_writers_that_are_too_few_are_refused_in_words(dialog: SplitDialog, qtbot: QtBot) -> None:
    chooser = find(dialog, QComboBox, "splitBy")
    chooser.setCurrentIndex(chooser.findData("writer"))
    qtbot.waitUntil(dialog.notice.isVisible)
    assert text(dialog, "dialogProblemText") == "The samples are of 0 known writers"
    assert not button(dialog, "splitApplyButton").isEnabled()
    chooser.setCurrentIndex(chooser.findData("sample"))
    planned(dialog, qtbot)
    assert not dialog.notice.isVisible()
    assert button(dialog, "splitApplyButton").isEnabled()


def test_another_draw_takes_others(dialog: SplitDialog, qtbot: QtBot) -> None:
    first = dialog.plan().splits.tolist()
    click(dialog, "splitDrawAgainButton")
    planned(dialog, qtbot)
    assert find(dialog, QSpinBox, "splitSeed").value() == 1
    assert dialog.plan().splits.tolist() != first
    find(dialog, QSpinBox, "splitSeed").setValue(0)
    planned(dialog, qtbot)
    assert dialog.plan().splits.tolist() == first


def test_what_fails_is_said_and_can_be_tried_again(
    dialog: SplitDialog, desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecognizerError("No space")

    with monkeypatch.context() as patch:
        patch.setattr(editing, "set_splits", fail)
        click(dialog, "splitApplyButton")
        assert text(dialog, "dialogProblemText") == "No space"
        assert dialog.isVisible()
    click(dialog, "splitApplyButton")
    assert splits(desk, name) == [16, 2, 2]


def test_the_borders_of_the_bar_are_dragged(dialog: SplitDialog, qtbot: QtBot) -> None:
    bar = find(dialog, ShareBar, "splitBar")
    assert isinstance(bar, ShareBar)
    start = bar.border_place(0).toPoint()
    QTest.mousePress(bar, LEFT, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(bar, QPoint(bar.width() // 2, start.y()))
    QTest.mouseRelease(bar, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(bar.width() // 2, start.y()))
    assert bar.shares() == (50, 40, 10)
    bar.setFocus()
    QTest.keyClick(bar, Qt.Key.Key_Down)
    QTest.keyClick(bar, Qt.Key.Key_Left)
    assert dialog.shares.shares() == (50, 39, 11)
    assert find(dialog, QSpinBox, "testShareInput").value() == 11
    assert planned(dialog, qtbot)[0][1] == "10 · 50 %"


@pytest.mark.parametrize(
    ("shares", "place", "value", "expected"),
    [
        ((80, 10, 10), 0, 70, (70, 10, 20)),
        ((80, 10, 10), 0, 95, (95, 5, 0)),
        ((80, 10, 10), 1, 30, (60, 30, 10)),
        ((80, 10, 10), 1, 100, (0, 100, 0)),
        ((0, 50, 50), 1, 60, (0, 60, 40)),
        ((80, 10, 10), 2, 0, (90, 10, 0)),
        ((0, 90, 10), 2, 30, (0, 70, 30)),
    ],
)
def test_the_shares_are_always_100_percent(shares: Shares, place: int, value: int, expected: Shares) -> None:
    assert balanced(shares, place, value) == expected


def test_warnings_are_seen_whole_up_to_some_lines(dialog: SplitDialog, qtbot: QtBot) -> None:
    plan = dialog.plan()
    assert plan is not None
    label = find(dialog, QLabel, "splitWarnings")
    area = label.parentWidget()
    for count in (1, 4):
        dialog._on_planned(replace(plan, warnings=("Short",) * count))
        qtbot.waitUntil(lambda: area.isVisible() and area.height() >= label.heightForWidth(area.width()))
        assert area.height() < (count + 1) * label.fontMetrics().lineSpacing()
    dialog._on_planned(replace(plan, warnings=("Many",) * 40))
    qtbot.waitUntil(lambda: 4 < area.height() / label.fontMetrics().lineSpacing() <= 5)
