"""The library's store: every edit durable and undone exactly, whatever is pulled from under it."""

import os
import sqlite3
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from store_faults import (
    dump,
    edit_undo_redo,
    filled,
    meet_full_disk,
    pictures,
    survive_damage,
    survive_kill,
)

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile, open_profile
from recognizer.ink.stroke import Ink, Stroke
from recognizer.library.dataset import Split
from recognizer.library.samples import NO_LABEL, Chunk
from recognizer.library.store import backups, editing, schema, tables, upkeep
from recognizer.library.store.adding import Import
from recognizer.library.store.changes import ColumnChange, RowChange, inverse, pack_changes, unpack_changes
from recognizer.library.store.library import FILE, INDEX, Library


@pytest.fixture
def library(profile: Profile) -> Library:
    return Library.of(profile)


def test_random_edits_undone_and_done_again_give_the_same_contents_twice(library: Library) -> None:
    edit_undo_redo(library, 1_000, 1)


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


def test_what_an_undone_edit_brought_can_be_restored_with_its_class(library: Library) -> None:
    name, _ = filled(library)
    ids = Import(library, name, source="more").add(Chunk(pictures(3, 7), ["seven"] * 3))
    assert library.undo() is not None
    assert "seven" not in [one.name for one in editing.classes(library, name)]
    editing.add_class(library, name, "other")
    assert library.redo() is None, "the import cannot be done again"
    editing.restore(library, ids)
    assert [label for number, label, *_ in dump(library)["Class 3b"] if number in ids] == ["seven"] * 3
    library.close()
    (library.path.parent / INDEX).unlink()
    library.open()
    assert library.incidents == []
    assert library.undo() is not None
    assert "seven" not in [one.name for one in editing.classes(library, name)]


def test_samples_stay_where_the_names_of_classes_and_datasets_are_lost(library: Library) -> None:
    _, images = filled(library)
    library.close()
    connection = sqlite3.connect(library.path)
    pages = [
        row[0] for row in connection.execute("SELECT rootpage FROM sqlite_master WHERE name IN ('datasets', 'classes')")
    ]
    connection.close()
    content = bytearray(library.path.read_bytes())
    for page in pages:
        content[(page - 1) * 4096 : page * 4096] = bytes(4096)
    library.path.write_bytes(content)
    library.open()
    (incident,) = library.incidents
    assert (incident.saved, incident.unlabelled, incident.lost) == (20, 20, ())
    assert "20 samples lost their labels" in incident.words()
    (record,) = library.records()
    assert record.title == "Saved samples"
    rows = tables.table(library, record.name)
    np.testing.assert_array_equal(np.stack(library.originals(rows.ids)), images)  # type: ignore[arg-type]
    library.close()
    (library.path.parent / INDEX).unlink()
    library.open()
    assert len(library.incidents) == 1


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


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_a_damaged_file_is_mended_and_never_gives_what_is_wrong(tmp_path: Path, first: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(first, first + 20):
        counts += survive_damage(tmp_path / str(seed), seed)
    assert counts["noticed"] >= 15


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


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("first", range(0, 100, 20))
def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path, first: int) -> None:
    for seed in range(first, first + 20):
        survive_kill(tmp_path, seed)


def test_after_a_full_disk_the_same_works_without_a_restart(tmp_path: Path) -> None:
    library = Library.of(open_profile(tmp_path))
    filled(library)

    def limit(free: int) -> None:
        with library.file.opened() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages + free // 4096}")

    for seed in range(50):
        assert "no space left" in meet_full_disk(library, seed, limit, lambda: limit(1 << 40))


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
