"""The library's store: every edit durable and undone exactly, whatever is pulled from under it."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.ink.stroke import Ink, Stroke
from recognizer.library.dataset import Split
from recognizer.library.samples import NO_LABEL, Chunk, Flag
from recognizer.library.store import backups, editing, schema, tables, upkeep
from recognizer.library.store.adding import Import
from recognizer.library.store.changes import ColumnChange, RowChange, inverse, pack_changes, unpack_changes
from recognizer.library.store.library import FILE, INDEX, Library

Dump = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def library(profile: Profile) -> Library:
    return Library.of(profile)


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """(count, 28, 28) uint8, all different."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 4:24, 8:20] = np.random.default_rng(seed).integers(0, 256, (count, 20, 12), dtype=np.uint8)
    return images


def filled(library: Library, count: int = 20, title: str = "Class 3b", seed: int = 0) -> tuple[str, np.ndarray]:
    """A dataset of pictures labelled 0 to 9 in turn; its name and the pictures."""
    images = pictures(count, seed)
    name = editing.create_dataset(library, title).name
    labels = [str(number % 10) for number in range(count)]
    Import(library, name, source="sheet.jpg").add(Chunk(images, labels, writers=[f"w{n % 3}" for n in range(count)]))
    return name, images


def dump(library: Library) -> Dump:
    """All that the user can see."""
    found: Dump = {}
    for record in library.records():
        rows = tables.table(library, record.name)
        found[record.title] = [
            (
                *(int(rows.ids[n]), rows.label(n), int(rows.splits[n]), int(rows.flags[n])),
                rows.note_texts[rows.notes[n]] if rows.notes[n] >= 0 else "",
                rows.writer_names[rows.writers[n]] if rows.writers[n] >= 0 else "",
            )
            for n in range(len(rows))
        ]
        found[f"{record.title} classes"] = [(one.name,) for one in editing.classes(library, record.name)]
    return found


def random_edit(library: Library, rng: np.random.Generator) -> None:
    """Any edit, or none where it is not possible now."""
    records = library.records()
    if not records:
        editing.create_dataset(library, f"Set {rng.integers(1_000_000)}")
        return
    name = records[int(rng.integers(len(records)))].name
    rows, gone = tables.table(library, name), tables.table(library, name, removed=True)
    ids = rng.choice(rows.ids, int(rng.integers(1, len(rows) + 1)), replace=False) if len(rows) else rows.ids
    labels = [one.name for one in editing.classes(library, name)]
    kind = int(rng.integers(15))
    if kind == 0:
        Import(library, name, source=f"file {rng.integers(9)}").add(Chunk(pictures(5, int(rng.integers(1 << 30)))))
    elif kind == 1:
        editing.create_dataset(library, f"Set {rng.integers(1_000_000)}")
    elif kind == 2 and labels:
        editing.rename_class(library, name, str(rng.choice(labels)), f"k{rng.integers(30)}")
    elif kind == 3 and len(labels) > 1:
        editing.merge_classes(library, name, labels[:2], labels[-1])
    elif kind == 4:
        editing.reorder_classes(library, name, list(rng.permutation(labels)))
    elif kind == 5:
        editing.add_class(library, name, f"k{rng.integers(30)}")
    elif kind == 6 and len(records) > 2:
        editing.remove_dataset(library, name)
    elif kind == 7:
        editing.rename_dataset(library, name, f"Set {rng.integers(1_000_000)}")
    elif kind == 8 and len(gone):
        editing.restore(library, gone.ids[:3])
    elif kind == 9 and len(ids):
        editing.remove(library, ids[: max(1, len(ids) // 3)])
    elif kind == 10 and len(ids):
        editing.set_flag(library, ids, Flag.FLAGGED, bool(rng.integers(2)))
    elif kind == 11 and len(ids):
        editing.set_note(library, ids, f"note {rng.integers(5)}")
    elif kind == 12 and len(ids):
        editing.set_splits(library, ids, rng.integers(0, 3, len(ids)).astype(np.uint8))
    elif kind == 13 and len(ids):
        editing.move(library, ids[:4], records[int(rng.integers(len(records)))].name)
    elif len(ids):
        editing.relabel(library, ids, str(rng.integers(12)) if rng.integers(8) else NO_LABEL)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_edits_undone_and_done_again_give_the_same_contents_twice(library: Library, seed: int) -> None:
    rng = np.random.default_rng(seed)
    filled(library)
    start = dump(library)
    edits_before = len(library.edits(10_000))
    for _ in range(60):
        random_edit(library, rng)
    end, count = dump(library), len(library.edits(10_000)) - edits_before
    for _ in range(2):
        for number in range(count):
            assert library.undo() is not None
            if number == count // 2:
                library.close()
        assert dump(library) == start
        assert library.check().is_good
        library.close()
        (library.path.parent / INDEX).unlink()
        assert dump(library) == start
        assert library.incidents == []
        for _ in range(count):
            assert library.redo() is not None
        assert library.redo() is None
        assert dump(library) == end
    assert library.check().is_good
    library.close()
    (library.path.parent / INDEX).unlink()
    assert dump(library) == end, "memory and file agree"


def test_an_undone_import_waits_with_its_classes_and_its_dataset(library: Library, profile: Profile) -> None:
    name, _ = filled(library)
    end = dump(library)
    library.undo()
    assert len(tables.table(library, name, removed=True)) == 20
    library.undo()
    assert library.records() == []
    library.close()
    (profile.root / INDEX).unlink()
    assert library.check().is_good
    library.close()
    data = bytearray((profile.root / FILE).read_bytes())
    data[:16] = bytes(16)
    (profile.root / FILE).write_bytes(data)
    library.open()
    assert [one.lost for one in library.incidents] == [()]
    library.redo()
    library.redo()
    assert dump(library) == end


def test_an_edit_after_undo_ends_what_could_be_done_again(library: Library) -> None:
    name, _ = filled(library)
    ids = tables.table(library, name).ids
    editing.relabel(library, ids[:3], "7")
    library.undo()
    editing.relabel(library, ids[:3], "8")
    assert library.redo() is None
    assert [edit.state for edit in library.edits(3)] == [0, 2, 0]
    assert library.edits(1)[0].describe() == "Label 3 samples as 8"


def test_history_tells_what_happened_to_one_sample(library: Library) -> None:
    name, _ = filled(library)
    first, second = (int(number) for number in tables.table(library, name).ids[:2])
    editing.relabel(library, [first], "9")
    editing.set_note(library, [first, second], "odd")
    assert [edit.kind for edit, _ in library.history(first)] == ["import", "relabel", "note"]
    assert [edit.kind for edit, _ in library.history(second)] == ["import", "note"]
    (change,) = library.history(first)[1][1]
    assert [library.names.classes[int(n)].name for n in (*change.before, *change.after)] == ["0", "9"]


def test_pictures_and_drawings_come_back_and_duplicates_are_left_out(library: Library) -> None:
    name = editing.create_dataset(library, "Mixed").name
    ink = Ink((Stroke(np.array([[0, 0], [3, 9]], np.float32)),), 3.0)
    odd = np.random.default_rng(1).integers(0, 256, (40, 17), dtype=np.uint8)
    work = Import(library, name, source="x")
    work.add(Chunk([ink, odd, odd.copy(), ink], ["a", "b", "c", "d"], splits=[Split.TEST, None, None, None]))
    assert (work.result.added, work.result.duplicates) == (2, 2)
    rows = tables.table(library, name)
    assert [rows.label(n) for n in range(2)] == ["a", "b"]
    assert rows.splits.tolist() == [2, 0]
    assert rows.is_ink.tolist() == [True, False]
    back = library.originals(rows.ids)
    assert isinstance(back[0], Ink)
    assert back[0].strokes[0].points.tobytes() == ink.strokes[0].points.tobytes()
    np.testing.assert_array_equal(back[1], odd)
    again = Import(library, name, source="x", keeps_duplicates=True)
    again.add(Chunk([odd], ["b"]))
    assert again.result.added == 1


def test_what_is_not_possible_is_said_and_changes_nothing(library: Library) -> None:
    name, _ = filled(library)
    before, revision = dump(library), library.revision
    for work in (
        lambda: editing.relabel(library, [1], "x" * 33),
        lambda: editing.relabel(library, [999], "1"),
        lambda: editing.rename_class(library, name, "nine", "9"),
        lambda: editing.remove_class(library, name, "3"),
        lambda: editing.create_dataset(library, "class 3B"),
        lambda: editing.move(library, [1], "nowhere"),
        lambda: library.record("nowhere"),
    ):
        with pytest.raises(RecognizerError):
            work()
    assert (dump(library), library.revision) == (before, revision)


def test_changes_are_packed_and_turned_round() -> None:
    rng = np.random.default_rng(0)
    ids = np.sort(rng.choice(10_000, 500, replace=False)).astype(np.int64)
    changes = (
        RowChange("classes", 3, None, {"dataset": 1, "name": "汉", "place": 0}),
        ColumnChange("class", ids, rng.integers(0, 9, 500), rng.integers(0, 9, 500)),
        ColumnChange("deleted", np.arange(5, 1005), np.full(1000, -1), np.zeros(1000, np.int64)),
    )
    back = unpack_changes(pack_changes(changes))
    assert back[0] == changes[0]
    for one, other in zip(back[1:], changes[1:], strict=True):
        assert isinstance(one, ColumnChange)
        assert isinstance(other, ColumnChange)
        for field in ("ids", "before", "after"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
    assert len(pack_changes(changes[2:])) < 200, "a million new samples take no room in the journal"
    turned = inverse(changes, 77)
    assert isinstance(turned[0], ColumnChange)
    assert (turned[0].after == 77).all()
    with pytest.raises(ValueError, match=r"damaged|cut"):
        unpack_changes(pack_changes(changes)[:-9])


# Backups


def test_backups_are_made_once_a_day_and_thinned_out(library: Library, profile: Profile) -> None:
    filled(library)
    library.maintain()
    library.maintain()
    (first,) = library.backups.list()
    assert (first.reason, first.samples, first.is_good()) == ("daily", 20, True)
    now = time.time()
    for age in range(1, 60):
        stem = f"library-20260101-{age:06}-daily"
        made = int(now - age * 86_400)
        (first.path.parent / f"{stem}.sqlite").write_bytes(b"")
        card = {"time": made, "revision": 1, "samples": 0, "size": 0, "digest": ""}
        (first.path.parent / f"{stem}.json").write_text(str(card).replace("'", '"'))
    library.backups.prune(now)
    ages = sorted(round((now - one.time) / 86_400) for one in library.backups.list())
    assert ages[:7] == [0, 1, 2, 3, 4, 5, 6]
    assert 8 <= len(ages) <= 7 + backups.WEEKS
    assert max(ages) < 7 * backups.WEEKS


def test_a_backup_is_restored_and_that_is_undone_by_restoring_again(library: Library) -> None:
    name, _ = filled(library)
    before = dump(library)
    kept = library.backup()
    editing.remove_dataset(library, name)
    editing.create_dataset(library, "Other")
    after = dump(library)
    assert library.restore(kept.path.name) == kept
    assert dump(library) == before
    replaced = next(one for one in library.backups.list() if one.reason == "restore")
    library.restore(replaced.path.name)
    assert dump(library) == after
    with pytest.raises(RecognizerError, match="no such backup"):
        library.restore("library-1.sqlite")
    kept.path.write_bytes(kept.path.read_bytes()[:-1])
    with pytest.raises(RecognizerError, match="damaged"):
        library.restore(kept.path.name)
    assert dump(library) == after


def test_what_was_deleted_long_ago_goes_for_good(library: Library) -> None:
    name, _ = filled(library)
    ids = tables.table(library, name).ids
    editing.remove(library, ids[:5])
    assert upkeep.purge(library) == 0
    assert upkeep.purge(library, int(time.time()) + 5) == 5
    assert len(tables.table(library, name, removed=True)) == 0
    assert library.undo() is not None, "undoing passes over what is gone"
    assert len(tables.table(library, name)) == 15
    library.close()
    (library.path.parent / INDEX).unlink()
    assert len(tables.table(library, name)) == 15
    assert library.check().samples == 15


# Damage


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_file_is_mended_and_never_gives_what_is_wrong(library: Library, profile: Profile, seed: int) -> None:
    rng = np.random.default_rng(seed)
    name, images = filled(library, 300)
    with_backup = bool(seed % 2)
    if with_backup:
        library.backup()
    editing.relabel(library, tables.table(library, name).ids[:5], "5")
    truth = {number: label for number, label, *_ in dump(library)["Class 3b"]}
    library.close()
    path = profile.root / FILE
    data = bytearray(path.read_bytes())
    match seed % 4:
        case 0 | 1:
            for place in rng.integers(0, len(data), 1 + int(rng.integers(4))):
                data[place] ^= int(rng.integers(1, 256))
        case 2:
            data = data[: int(rng.integers(0, len(data)))]
        case _:
            first = int(rng.integers(0, len(data) // 4096)) * 4096
            data[first : first + 4096] = bytes(4096)
    path.write_bytes(data)
    began = time.monotonic()
    library.open()
    assert time.monotonic() - began < 30
    incidents = library.incidents
    if len(data) and incidents:
        assert incidents[-1].kept.read_bytes() == bytes(data)
        assert (incidents[-1].backup is not None) == with_backup
    found = dump(library).get("Class 3b", [])
    lost = {number for one in incidents for number in one.lost}
    for number, label, *_ in found:
        assert truth[int(str(number))] == label
    if with_backup:
        assert len(found) == 300, "all of them were in the backup"
    elif seed % 4 != 2:
        assert len(found) + len(lost) >= 300 or not found
    if found:
        ids = np.array([number for number, *_ in found], np.int64)
        np.testing.assert_array_equal(np.stack(library.originals(ids)), images[ids - 1])  # type: ignore[arg-type]
    assert library.check().problems[len(incidents) :] == ()


def test_check_finds_what_has_rotted_unseen_and_repair_mends_it(library: Library, profile: Profile) -> None:
    name, _ = filled(library)
    library.backup()
    library.close()
    path = profile.root / FILE
    status = path.stat()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE contents SET original = x'525049580100' WHERE id = 3")
    connection.close()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    report = library.check()
    assert not report.is_good
    assert "sample 3" in report.problems[-1] or library.incidents
    library.repair()
    assert len(tables.table(library, name)) == 20
    assert library.incidents


def test_a_newer_file_is_refused_and_an_older_one_is_copied_first(
    library: Library, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(library)
    before = dump(library)
    library.close()

    def step(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('migrated', 'yes')")

    def fail(connection: sqlite3.Connection) -> None:
        step(connection)
        raise RecognizerError("No")

    monkeypatch.setattr(schema, "VERSION", 2)
    monkeypatch.setitem(schema.MIGRATIONS, 1, fail)
    with pytest.raises(RecognizerError, match="No"):
        library.open()
    monkeypatch.setitem(schema.MIGRATIONS, 1, step)
    assert dump(library) == before
    assert {one.reason for one in library.backups.list()} == {"migration"}
    with library.file.opened() as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'migrated'").fetchone() == ("yes",)
    library.close()
    monkeypatch.setattr(schema, "VERSION", 1)
    content = (profile.root / FILE).read_bytes()
    with pytest.raises(RecognizerError, match="newer version"):
        library.open()
    assert (profile.root / FILE).read_bytes() == content


# Kills and full disks

_WORK = """
import sys, numpy as np
from recognizer.base.paths import open_profile
from recognizer.library.samples import Chunk
from recognizer.library.store import editing, tables
from recognizer.library.store.adding import Import
from recognizer.library.store.library import Library
library, rng = Library.of(open_profile(sys.argv[1])), np.random.default_rng(int(sys.argv[2]))
name = library.records()[0].name
while True:
    rows = tables.table(library, name)
    match int(rng.integers(4)):
        case 0:
            images = np.zeros((40, 28, 28), np.uint8)
            images[:, 4:24, 8:20] = rng.integers(0, 256, (40, 20, 12), dtype=np.uint8)
            ids = Import(library, name, source="x").add(Chunk(images, ["1"] * 40))
            print("added", *ids.tolist(), flush=True)
        case 1:
            ids = rng.choice(rows.ids, 5, replace=False); label = str(rng.integers(10))
            editing.relabel(library, ids, label)
            print("label", label, *ids.tolist(), flush=True)
        case 2:
            ids = rng.choice(rows.ids, 2, replace=False)
            editing.remove(library, ids)
            print("removed", *ids.tolist(), flush=True)
        case _:
            editing.set_note(library, rows.ids[:3], str(rng.integers(99)))
            print("undone", library.undo().kind, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("seed", range(8))
def test_nothing_acknowledged_is_lost_by_a_kill(library: Library, profile: Profile, seed: int) -> None:
    name, _ = filled(library, 60)
    library.close()
    with subprocess.Popen(
        [sys.executable, "-c", _WORK, str(profile.root), str(seed)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        timer = threading.Timer(0.02 * seed, process.send_signal, [signal.SIGKILL])
        timer.start()
        lines += [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        timer.join()
    labels: dict[int, str] = {}
    removed: set[int] = set()
    there: set[int] = set()
    for line in lines:
        kind, *words = line.split()
        if kind == "added":
            there |= {int(word) for word in words}
        elif kind == "label":
            labels |= {int(word): words[0] for word in words[1:]}
        elif kind == "removed":
            removed |= {int(word) for word in words}
    began = time.monotonic()
    rows = tables.table(library, name)
    assert time.monotonic() - began < 3
    assert library.incidents == []
    found = {int(number): rows.label(place) for place, number in enumerate(rows.ids)}
    # One more edit may have been made than was told of; it touches at most 5 samples.
    wrong = [n for n, label in labels.items() if n in found and found[n] != label]
    assert len(wrong) <= 5
    assert not removed & found.keys()
    assert len(there - removed - found.keys()) <= 2
    assert library.check().is_good


def test_after_a_full_disk_the_same_works_without_a_restart(library: Library) -> None:
    name, _ = filled(library)
    before = dump(library)
    with library.file.opened() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(RecognizerError, match="no space left"):
        Import(library, name, source="x").add(Chunk(pictures(500, 9)))
    assert dump(library) == before
    with library.file.opened() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    Import(library, name, source="x").add(Chunk(pictures(500, 9)))
    assert len(tables.table(library, name)) == 520
    library.undo()
    assert dump(library) == before
    assert library.check().is_good


def test_threads_edit_at_once(library: Library) -> None:
    name, _ = filled(library, 40)
    ids = tables.table(library, name).ids

    def work(part: np.ndarray, label: str) -> None:
        for _ in range(30):
            editing.relabel(library, part, label)
            library.pictures(part)
            editing.relabel(library, part, NO_LABEL)
        editing.relabel(library, part, label)

    threads = [threading.Thread(target=work, args=(ids[n::4], str(n))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    rows = tables.table(library, name)
    assert [rows.label(n) for n in range(40)] == [str(n % 4) for n in range(40)]


def test_an_old_file_of_my_handwriting_is_taken_over_once(profile: Profile) -> None:
    import hashlib

    from recognizer.library.handwriting import Handwriting
    from recognizer.library.ink_blob import pack_ink

    columns = "label, kind, content, hash, split, predicted, model_id, preprocessing, source, created, deleted"
    old = sqlite3.connect(profile.root / "handwriting.sqlite")
    old.execute(f"CREATE TABLE samples (id INTEGER PRIMARY KEY, {columns})")
    inks = [Ink((Stroke(np.array([[n, 0], [3, 9]], np.float32)),), 3.0) for n in range(3)]
    for n, ink in enumerate(inks):
        blob = pack_ink(ink)
        digest = hashlib.sha256(blob).hexdigest() if n < 2 else "wrong"
        gone = "2026-11-22T10:00:00Z" if n == 1 else None
        row = (None, str(n), "ink", blob, digest, "test", "7", "digits", 1, "draw", "2026-11-20T10:00:00Z", gone)
        old.execute(f"INSERT INTO samples VALUES ({', '.join('?' * 12)})", row)
    old.commit()
    old.close()
    own = Handwriting(profile)
    (sample,) = own.samples()
    assert (sample.label, sample.split, sample.predicted, sample.created) == (
        "0",
        Split.TEST,
        "7",
        "2026-11-20T10:00:00Z",
    )
    assert [one.label for one in own.samples(removed=True)] == ["1"]
    own.close()
    assert (profile.root / "handwriting.sqlite.taken-over").exists()
    assert not (profile.root / "handwriting.sqlite").exists()
    assert own.count() == 1


def test_a_folder_in_the_way_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RecognizerError, match="cannot be opened or written"):
        editing.create_dataset(Library.of(Profile(blocked / "profile")), "A")
