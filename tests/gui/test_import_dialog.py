"""The dialog that imports: files are chosen or dropped, looked at, brought in, and taken out again."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from dialog_hand import Desk, button, click, counts, fill, find, pictures, set_up_desk, table, text
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QFileDialog, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import set_language
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback
from recognizer.gui import theme
from recognizer.gui.dialogs import import_work
from recognizer.gui.dialogs.import_dialog import ImportDialog
from recognizer.gui.dialogs.parts import sentences
from recognizer.gui.dialogs.picture_grid import PictureGrid
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.importing.reader import ImportOptions
from recognizer.library.samples import UNKNOWN
from recognizer.library.store import editing


@pytest.fixture
def desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    """What the dialog is opened over."""
    yield from set_up_desk(profile, qtbot)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of a 3 and one of a 4, in a folder for each, and a file that is no picture."""
    made = tmp_path / "scans"
    for place, picture in enumerate(pictures(3)):
        inside = made / ("3" if place < 2 else "4")
        inside.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - picture).resize((56, 56)).save(inside / f"{place}.png")
    (made / "3" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    return made


Open = Callable[..., ImportDialog]


@pytest.fixture
def open_dialog(desk: Desk, qtbot: QtBot) -> Open:
    """Opens the dialog."""

    def make(into: str = OWN, *paths: Path) -> ImportDialog:
        dialog = ImportDialog(desk.session, into, desk, paths)
        dialog.open()
        qtbot.waitActive(dialog)
        return dialog

    return make


@pytest.fixture
def looked(open_dialog: Open, folder: Path, qtbot: QtBot) -> ImportDialog:
    """The dialog that has looked at the folder."""
    dialog = open_dialog("Class 3b", folder)
    wait_for_look(dialog, qtbot)
    return dialog


def wait_for_look(dialog: ImportDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(find(dialog, QComboBox, "importTarget").isVisible, timeout=20_000)


def bring_in(dialog: ImportDialog, qtbot: QtBot) -> None:
    click(dialog, "importStartButton")
    wait_for_result(dialog, qtbot)


def wait_for_result(dialog: ImportDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: dialog.findChild(RowsTable, "importProblems").parentWidget().parentWidget().isVisible())
    qtbot.waitUntil(lambda: not button(dialog, "dialogCancelButton").isVisible())


def drop(dialog: ImportDialog, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    middle = dialog.rect().center()
    action, mouse, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(middle, action, data, mouse, keys)
    QApplication.sendEvent(dialog, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(dialog, QDropEvent(QPointF(middle), action, data, mouse, keys))


# Choosing


def test_it_begins_with_a_choice(open_dialog: Open) -> None:
    dialog = open_dialog()
    assert text(dialog, "dialogStep") == "Choose what to bring in. You see it before anything is kept."
    assert not button(dialog, "importStartButton").isVisible()
    offers = find(dialog, RowsTable, "importOffers").rows()
    assert ("UCI digits", "1,797", "at hand") in offers
    assert not button(dialog, "importOfferButton").isEnabled()


def test_a_dataset_is_copied_under_its_own_name(open_dialog: Open, desk: Desk, qtbot: QtBot) -> None:
    dialog = open_dialog()
    offers = find(dialog, RowsTable, "importOffers")
    offers.selectRow([row[0] for row in offers.rows()].index("UCI digits"))
    assert text(dialog, "importOfferSummary").startswith("1,797 small digits")
    click(dialog, "importOfferButton")
    wait_for_look(dialog, qtbot)
    assert text(dialog, "importKind") == "UCI digits · 1,797 samples"
    assert text(dialog, "importFacts") == "with labels · with splits · without writers"
    assert find(dialog, QComboBox, "importTarget").currentText() == "UCI digits"
    assert len(find(dialog, PictureGrid, "importPictures").samples()) == 24
    with qtbot.waitSignal(dialog.imported, timeout=30_000) as imported:
        click(dialog, "importStartButton")
    assert sum(counts(desk, imported.args[0]).values()) == 1797
    assert desk.session.library.record(imported.args[0]).title == "UCI digits"


def test_the_name_that_was_asked_for_is_kept(open_dialog: Open, qtbot: QtBot) -> None:
    # The Library page asks for a copy of a dataset by its name.
    dialog = open_dialog("UCI digits, edited", Path("uci-digits"))
    wait_for_look(dialog, qtbot)
    assert find(dialog, QComboBox, "importTarget").currentText() == "UCI digits, edited"


def test_files_and_folders_are_chosen(
    open_dialog: Open, folder: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    dialog = open_dialog()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    click(dialog, "importFolderButton")
    assert find(dialog, RowsTable, "importOffers").isVisible(), "nothing was chosen"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    click(dialog, "importFolderButton")
    wait_for_look(dialog, qtbot)
    assert text(dialog, "importKind").endswith("· 3 samples")
    click(dialog, "importBackButton")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(folder / "3" / "0.png")], ""))
    for name in ("importFilesButton", "importSheetsButton"):
        click(dialog, name)
        qtbot.waitUntil(lambda: text(dialog, "importKind").endswith("· 1 sample"))
        wait_for_look(dialog, qtbot)
        click(dialog, "importBackButton")


def test_what_cannot_be_read_is_said(open_dialog: Open, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "notes.xyz"
    path.write_bytes(bytes(range(40)))
    dialog = open_dialog(OWN, path)
    qtbot.waitUntil(dialog.notice.isVisible)
    assert "notes.xyz" in text(dialog, "dialogProblemDetail")
    assert find(dialog, RowsTable, "importOffers").isVisible(), "something else can be chosen"


def test_looking_is_stopped(open_dialog: Open, folder: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    begun = threading.Event()

    def endless(
        library: object, sources: object, progress: ProgressCallback, token: CancellationToken, folders: str
    ) -> None:
        progress(30, 100, "Downloading")
        begun.set()
        while True:
            token.check()

    monkeypatch.setattr("recognizer.gui.dialogs.import_dialog.look_at", endless)
    dialog = open_dialog(OWN, folder)
    assert begun.wait(10)
    qtbot.waitUntil(lambda: text(dialog, "dialogCount") == "30 of 100")
    assert not find(dialog, RowsTable, "importOffers").isEnabled()
    click(dialog, "dialogCancelButton")
    qtbot.waitUntil(find(dialog, RowsTable, "importOffers").isEnabled)
    assert not dialog.notice.isVisible()


# Looking


def test_the_look_says_what_there_is(looked: ImportDialog) -> None:
    assert text(looked, "importKind").endswith("· 3 samples")
    assert text(looked, "importFacts") == "with labels · without splits · without writers"
    assert text(looked, "importClasses").replace("\u00a0", " ") == "3 · 2    4 · 1"
    grid = find(looked, PictureGrid, "importPictures")
    assert [sample.label for sample in grid.samples()] == ["3", "3", "4"]
    assert grid.samples()[0].picture.shape == (28, 28)
    assert text(looked, "importTargetNote") == "A new dataset is made."
    assert button(looked, "importStartButton").text() == "Import 3 samples"
    assert button(looked, "importStartButton").isDefault()


def test_the_dataset_is_chosen_by_its_title(looked: ImportDialog, desk: Desk, qtbot: QtBot) -> None:
    target = find(looked, QComboBox, "importTarget")
    target.setEditText("")
    assert not button(looked, "importStartButton").isEnabled()
    assert text(looked, "dialogStep").startswith("Name the dataset")
    name = fill(desk, "5", "Class 4a")
    target.setEditText("class 4A")
    click(looked, "importBackButton")
    looked.look_at(looked._sources)
    wait_for_look(looked, qtbot)
    assert target.currentText() == "class 4A", "what was typed stays"
    assert not find(looked, QPushButton, "importStartButton").isHidden()
    bring_in(looked, qtbot)
    assert counts(desk, name) == {"3": 2, "4": 1, "5": 1}


def test_options_reach_the_samples(open_dialog: Open, folder: Path, desk: Desk, qtbot: QtBot) -> None:
    dialog = open_dialog("Options", folder / "4" / "2.png", folder / "3" / "0.png")
    wait_for_look(dialog, qtbot)
    assert text(dialog, "importFacts").startswith("without labels")
    find(dialog, QLineEdit, "importLabel").setText(" 8 ")
    find(dialog, QLineEdit, "importWriter").setText("Ann")
    chooser = find(dialog, QComboBox, "importSplit")
    chooser.setCurrentIndex(chooser.findText("all for test"))
    bring_in(dialog, qtbot)
    found = table(desk, "options")
    assert counts(desk, "options") == {"8": 2}
    assert found.splits.tolist() == [2, 2]
    assert [found.writer_names[place] for place in found.writers] == ["Ann", "Ann"]


def test_it_is_asked_which_way_the_pictures_are_up(open_dialog: Open, tmp_path: Path, desk: Desk, qtbot: QtBot) -> None:
    images = pictures(12)
    path = tmp_path / "emnist-letters.npz"
    np.savez(path, x=images, y=np.arange(12) % 3)
    dialog = open_dialog("Letters", path)
    wait_for_look(dialog, qtbot)
    assert text(dialog, "importQuestion").startswith("Which of these stand upright?")
    assert not button(dialog, "importStartButton").isEnabled()
    assert text(dialog, "dialogStep").startswith("Say which of the pictures stand upright")
    click(dialog, "importTurnedButton")
    bring_in(dialog, qtbot)
    found = desk.session.library.originals(table(desk, "letters").ids)
    assert all(np.array_equal(one, image.T) for one, image in zip(found, images, strict=True))
    click(dialog, "importUndoButton")
    click(dialog, "importBackButton")
    dialog.look_at((path,))
    wait_for_look(dialog, qtbot)
    assert not button(dialog, "importStartButton").isEnabled(), "it is asked anew"
    click(dialog, "importUprightButton")
    bring_in(dialog, qtbot)
    found = desk.session.library.originals(table(desk, "letters").ids)
    assert all(np.array_equal(one, image) for one, image in zip(found, images, strict=True))


# Importing


def test_the_result_says_what_came_of_it(looked: ImportDialog, desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignals([looked.imported, desk.session.library_changed]):
        QTest.keyClick(looked, Qt.Key.Key_Return)
    assert text(looked, "importAdded") == "3 samples added"
    assert text(looked, "importRest") == "Class 3b now has 3 samples. 1 could not be used."
    assert text(looked, "importProblemCount") == "1 problem"
    rows = find(looked, RowsTable, "importProblems").rows()
    assert len(rows) == 1
    assert rows[0][0].endswith("3/torn.png")
    click(looked, "importCopyProblemsButton")
    copied = QApplication.clipboard().text()
    assert "torn.png\t" in copied
    assert copied.count("\t") == 2
    assert counts(desk, "class-3b") == {"3": 2, "4": 1}


def test_duplicates_are_left_out_unless_wanted(looked: ImportDialog, folder: Path, desk: Desk, qtbot: QtBot) -> None:
    bring_in(looked, qtbot)
    looked.look_at((folder,))
    wait_for_look(looked, qtbot)
    bring_in(looked, qtbot)
    assert text(looked, "importAdded") == "There was nothing new to add"
    assert "3 exact duplicates were left out." in text(looked, "importRest")
    assert not button(looked, "importUndoButton").isVisible()
    assert not button(looked, "importShowButton").isVisible()
    looked.look_at((folder,))
    wait_for_look(looked, qtbot)
    find(looked, QCheckBox, "importDuplicates").setChecked(True)
    bring_in(looked, qtbot)
    assert counts(desk, "class-3b") == {"3": 4, "4": 2}


def test_texts_are_seen_whole_where_there_is_room(qtbot: QtBot) -> None:
    rows = RowsTable("rows", ("Where", "What", "What to do"), wide=1)
    qtbot.addWidget(rows)
    rows.resize(1200, 200)
    rows.show()
    rows.set_rows([("a/b.png", "It cannot be read", "Choose a picture that other programs can open, such as a PNG")])
    needed = rows.fontMetrics().horizontalAdvance(rows.rows()[0][2])
    assert rows.columnWidth(2) >= needed + 12
    rows.resize(500, 200)
    qtbot.waitUntil(lambda: rows.columnWidth(2) == 300)
    assert rows.columnWidth(1) > 60
    rows.resize(1200, 200)
    qtbot.waitUntil(lambda: rows.columnWidth(2) >= needed + 12)


def test_long_texts_go_on_in_further_lines(qtbot: QtBot) -> None:
    rows = RowsTable("rows", ("Where", "What", "What to do"), wide=1, wraps=True)
    qtbot.addWidget(rows)
    rows.resize(600, 300)
    rows.show()
    long = "There is no sheet to be seen on the photo, unlike on others; if there is one, photograph it again, sharper"
    rows.set_rows([("a/b.png", "It is torn", "Try"), ("a/c.png", long, long)])
    metrics = QFontMetrics(theme.font(10))
    for column in (1, 2):
        room = rows.columnWidth(column) - 12
        needed = metrics.boundingRect(0, 0, room, 5000, Qt.TextFlag.TextWordWrap, long).height()
        assert metrics.horizontalAdvance(long) > room
        assert rows.rowHeight(1) >= needed
    assert rows.rowHeight(0) < rows.rowHeight(1)
    before = rows.rowHeight(1)
    rows.resize(900, 300)
    qtbot.waitUntil(lambda: rows.rowHeight(1) < before)


def test_files_are_proposed_a_dataset_of_their_own(
    open_dialog: Open, folder: Path, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = open_dialog(OWN, folder)
    wait_for_look(dialog, qtbot)
    target = find(dialog, QComboBox, "importTarget")
    assert target.currentText() == "scans"
    assert text(dialog, "importTargetNote") == "A new dataset is made."
    # What was proposed for other files is no choice.
    folder.rename(tmp_path / "again")
    dialog.look_at((tmp_path / "again",))
    qtbot.waitUntil(lambda: target.currentText() == "again" and target.isVisible())
    target.setCurrentIndex(target.findData(OWN))
    assert dialog._view.into() == OWN
    dialog.look_at((tmp_path / "again" / "3",))
    wait_for_look(dialog, qtbot)
    assert dialog._view.into() == OWN, "what the user has chosen stays"
    name = fill(desk, "5", "Class 4a")
    dialog = open_dialog(name, tmp_path / "again")
    wait_for_look(dialog, qtbot)
    assert dialog._view.into() == name, "the dataset that is open"


def test_folders_may_be_writers(open_dialog: Open, folder: Path, desk: Desk, qtbot: QtBot) -> None:
    (folder / "3" / "torn.png").unlink()
    (folder / "3").rename(folder / "Anna Berg")
    (folder / "4").rename(folder / "Benno")
    dialog = open_dialog("Class 3b", folder)
    wait_for_look(dialog, qtbot)
    chooser = find(dialog, QComboBox, "importFolders")
    assert chooser.isVisible()
    assert "named after people" in text(dialog, "importNotes")
    chooser.setCurrentIndex(1)
    chooser.activated.emit(1)
    qtbot.waitUntil(lambda: "with writers" in text(dialog, "importFacts"))
    qtbot.waitUntil(chooser.isEnabled)
    assert chooser.currentText() == "writers"
    bring_in(dialog, qtbot)
    found = table(desk, "class-3b")
    assert sorted(found.writer_names[place] for place in found.writers) == ["Anna Berg", "Anna Berg", "Benno"]
    assert [found.label(place) for place in range(3)] == [*"012"], "as the files are named"
    dialog.look_at((folder,))
    qtbot.waitUntil(lambda: "without writers" in text(dialog, "importFacts"))


def test_sentences_follow_each_other_as_the_language_has_it() -> None:
    said = ["A 现在有 3 个样本。", "1 个未能使用。"]
    assert sentences(said) == "A 现在有 3 个样本。 1 个未能使用。"
    set_language("zh_CN")
    try:
        assert sentences(said) == "A 现在有 3 个样本。1 个未能使用。"
        assert sentences(said[:1]) == said[0]
    finally:
        set_language("en")


def test_they_are_shown(looked: ImportDialog, desk: Desk, qtbot: QtBot) -> None:
    fill(desk, "99", "Class 3b")
    before = table(desk, "class-3b").ids.tolist()
    bring_in(looked, qtbot)
    with qtbot.waitSignal(looked.samplesWanted) as asked:
        click(looked, "importShowButton")
    ids, heading = asked.args
    assert (before + ids.tolist(), heading) == (table(desk, "class-3b").ids.tolist(), "Just imported")
    assert len(ids) == 3
    assert not looked.isVisible()


def test_the_import_is_undone(looked: ImportDialog, desk: Desk, qtbot: QtBot) -> None:
    bring_in(looked, qtbot)
    click(looked, "importUndoButton")
    assert text(looked, "importAdded") == "The import is undone"
    assert desk.session.library.find_record("Class 3b") is None
    assert not button(looked, "importUndoButton").isVisible()
    assert not button(looked, "importShowButton").isVisible()
    desk.session.redo()
    assert counts(desk, "class-3b") == {"3": 2, "4": 1}


def test_only_the_import_itself_is_undone(looked: ImportDialog, desk: Desk, qtbot: QtBot) -> None:
    bring_in(looked, qtbot)
    editing.add_class(desk.session.library, "class-3b", "5")
    click(looked, "importUndoButton")
    assert text(looked, "dialogProblemText") == "Something else has been done since the import"
    assert counts(desk, "class-3b") == {"3": 2, "4": 1, "5": 0}


def test_an_import_is_stopped_and_says_what_is_there(
    looked: ImportDialog, desk: Desk, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    begun = threading.Event()

    def slow(
        library: object, sources: object, into: str, options: ImportOptions, *rest: object, **kept: object
    ) -> None:
        progress, token = rest
        name = fill(desk, "1", "Half")
        assert name == "half"
        progress(1, 4, "Importing")
        begun.set()
        while not token.is_cancelled:
            pass
        raise Cancelled("Stopped; 1 sample is in Half already")

    monkeypatch.setattr(import_work, "import_into", slow)
    click(looked, "importStartButton")
    assert begun.wait(10)
    assert not find(looked, QComboBox, "importTarget").isEnabled()
    QTest.keyClick(looked, Qt.Key.Key_Escape)
    assert looked.isVisible()
    qtbot.waitUntil(lambda: text(looked, "importAdded") == "Stopped; 1 sample is in Half already")
    click(looked, "importUndoButton")
    qtbot.waitUntil(lambda: text(looked, "importAdded") == "The import is undone")
    assert desk.session.library.find_record("Half") is not None, "the dataset itself was made before"
    QTest.keyClick(looked, Qt.Key.Key_Escape)
    assert not looked.isVisible()


def test_a_failure_leads_back_to_the_options(
    looked: ImportDialog, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecognizerError("There is no space left on the disk", fix="Free some space")

    with monkeypatch.context() as patch:
        patch.setattr(import_work, "import_into", fail)
        click(looked, "importStartButton")
        qtbot.waitUntil(looked.notice.isVisible)
    assert text(looked, "dialogProblemText") == "There is no space left on the disk"
    assert find(looked, QComboBox, "importTarget").isVisible()
    bring_in(looked, qtbot)
    assert not looked.notice.isVisible()
    assert text(looked, "importAdded") == "3 samples added"


def test_a_name_that_cannot_be_is_refused(looked: ImportDialog, qtbot: QtBot) -> None:
    find(looked, QComboBox, "importTarget").setEditText("\u200b")
    click(looked, "importStartButton")
    qtbot.waitUntil(looked.notice.isVisible)
    assert find(looked, QComboBox, "importTarget").isEnabled()


# Dropping


def test_files_are_dropped_on_every_step(open_dialog: Open, folder: Path, qtbot: QtBot) -> None:
    dialog = open_dialog("Dropped")
    drop(dialog, folder / "4" / "2.png")
    wait_for_look(dialog, qtbot)
    assert text(dialog, "importKind").endswith("· 1 sample")
    drop(dialog, folder / "3", folder / "4")
    qtbot.waitUntil(lambda: text(dialog, "importKind").endswith("· 3 samples"))
    bring_in(dialog, qtbot)
    drop(dialog, folder / "3" / "0.png")
    qtbot.waitUntil(lambda: text(dialog, "importKind").endswith("· 1 sample"))
    assert text(dialog, "importTargetNote") == ""


def test_text_is_not_taken(open_dialog: Open) -> None:
    dialog = open_dialog()
    data = QMimeData()
    data.setText("no file")
    action, mouse, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(dialog.rect().center(), action, data, mouse, keys)
    QApplication.sendEvent(dialog, entered)
    assert not entered.isAccepted()


def test_a_count_that_is_not_known_is_not_made_up(looked: ImportDialog) -> None:
    from dataclasses import replace

    looked._on_looked(replace(looked._look, count=UNKNOWN))
    assert text(looked, "importKind").endswith("samples not counted yet")
    assert button(looked, "importStartButton").text() == "Import"


def test_what_can_be_downloaded_is_listed_with_its_size(open_dialog: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECOGNIZER_DATASETS", raising=False)
    dialog = open_dialog()
    offers = find(dialog, RowsTable, "importOffers")
    assert ("Kuzushiji-MNIST", "70,000", "21 MB") in offers.rows()
    assert ("EMNIST letters", "145,600", "562 MB") in offers.rows()
    offers.selectRow([row[0] for row in offers.rows()].index("Kuzushiji-MNIST"))
    assert text(dialog, "importOfferSummary").endswith("Licence: CC BY-SA 4.0")
    assert button(dialog, "importOfferButton").text() == "Download"
