"""What can befall a library: edits of every kind, kills, full disks, damage; and how one sees that nothing is lost.

Used by the tests a little and by `tests/benchmarks/soak_library.py` at length.
"""

import hashlib
import multiprocessing
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import open_profile
from recognizer.ink.stroke import Ink, Stroke
from recognizer.library.handwriting import Handwriting
from recognizer.library.samples import NO_LABEL, Chunk, Flag
from recognizer.library.store import editing, tables
from recognizer.library.store.adding import Import
from recognizer.library.store.library import FILE, INDEX, Library

Dump = dict[str, list[tuple[object, ...]]]
MOST_EDITS = 100_000
OPENING_BAR = 3.0
"""Seconds that a start may take after a kill."""


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


def fingerprint(library: Library) -> str:
    """Of all that the user can see."""
    return hashlib.sha256(repr(sorted(dump(library).items())).encode()).hexdigest()


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


def edit_undo_redo(library: Library, edits: int, seed: int) -> None:
    """Do random edits, take all back and do all again, twice; asserts that the contents are the same each time.

    Args:
        library: An empty one.
        edits: How many.
        seed: Of the edits.
    """
    rng = np.random.default_rng(seed)
    filled(library)
    index = library.path.parent / INDEX
    start, before, revision = dump(library), len(library.edits(MOST_EDITS)), library.revision
    while library.revision < revision + edits:
        random_edit(library, rng)
    end, count = dump(library), len(library.edits(MOST_EDITS)) - before
    assert count == edits
    for _ in range(2):
        for number in range(count):
            assert library.undo() is not None
            if number == count // 2:
                library.close()
        assert dump(library) == start
        assert library.check().is_good
        library.close()
        index.unlink()
        assert dump(library) == start, "memory and file agree"
        assert library.incidents == []
        for _ in range(count):
            assert library.redo() is not None
        assert library.redo() is None
        assert dump(library) == end
    assert library.check().is_good
    library.close()
    index.unlink()
    assert dump(library) == end, "memory and file agree"


# Kills


def work_until_killed(folder: str, seed: int, told: Connection) -> None:
    """Draw, label, import, delete and undo without end; before each step tell its kind, after it the fingerprint."""
    library, rng = Library.of(open_profile(Path(folder))), np.random.default_rng(seed)
    own, name = Handwriting(open_profile(Path(folder))), library.records()[0].name
    told.send(("done", fingerprint(library)))
    while True:
        if library.find_record(name) is None:
            name = library.records()[0].name
        rows = tables.table(library, name)
        kind = ("draw", "label", "import", "delete", "undo", "redo", "other")[int(rng.integers(7))]
        told.send(("begun", kind))
        if kind == "draw":
            own.add(Ink([Stroke(rng.random((9, 2)) * 200)]), str(rng.integers(10)))
        elif kind == "label" and len(rows):
            editing.relabel(library, rng.choice(rows.ids, min(5, len(rows)), replace=False), str(rng.integers(10)))
        elif kind == "import":
            Import(library, name, source="x").add(Chunk(pictures(40, int(rng.integers(1 << 30))), ["1"] * 40))
        elif kind == "delete" and len(rows):
            editing.remove(library, rng.choice(rows.ids, min(2, len(rows)), replace=False))
        elif kind == "undo":
            library.undo()
        elif kind == "redo":
            library.redo()
        else:
            random_edit(library, rng)
        told.send(("done", fingerprint(library)))


def killed_at_work(folder: Path, seed: int, seconds: float) -> tuple[str, str]:
    """Let another process work on a library, and kill it.

    Args:
        folder: The profile's.
        seed: Of the work.
        seconds: After which it is killed.

    Returns:
        The fingerprint that it told last, and the kind of the step that had begun after that, empty where none had.
    """
    context = multiprocessing.get_context("forkserver")
    # What is imported once need not be imported by each of them.
    context.set_forkserver_preload([__name__])
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=work_until_killed, args=(str(folder), seed, sender), daemon=True)
    process.start()
    sender.close()
    last, begun = receiver.recv()[1], ""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        while True:
            kind, word = receiver.recv()
            last, begun = (word, "") if kind == "done" else (last, word)
    except EOFError:
        pass
    finally:
        timer.join()
        process.join(30)
        process.close()
        receiver.close()
    return last, begun


def survive_kill(folder: Path, seed: int) -> tuple[str, float]:
    """Kill a process at a random moment; asserts that exactly what it had told of is there.

    A step that had begun may have been done or not; if it was, it can be undone or done again.

    Args:
        folder: For a profile.
        seed: Of the work and the moment.

    Returns:
        The step that had begun, and the seconds that the next start took.
    """
    library = Library.of(open_profile(folder))
    if not library.exists():
        filled(library, 60)
        Handwriting(open_profile(folder)).add(Ink([Stroke(np.array([[0.0, 0.0], [50.0, 90.0]]))]), "1")
    library.close()
    last, begun = killed_at_work(folder, seed, random.Random(seed).random() * 0.2)
    began = time.monotonic()
    library.open()
    seconds = time.monotonic() - began
    assert seconds <= OPENING_BAR, f"opening took {seconds:.1f} s"
    assert library.incidents == [], library.incidents[0].words()
    assert library.check().is_good
    found = fingerprint(library)
    if found != last:
        assert begun, "what was told of is not there"
        _turn_back(library, begun)
        if begun == "draw" and fingerprint(library) != last:
            # The dataset had been removed, and came back by an edit of its own.
            library.undo()
        assert fingerprint(library) == last, f"{begun} was done by half"
    library.close()
    return begun, seconds


def _turn_back(library: Library, begun: str) -> None:
    if begun == "undo":
        library.redo()
    else:
        library.undo()


# Full disks


def meet_full_disk(library: Library, seed: int, fill: Callable[[int], None], empty: Callable[[], None]) -> str:
    """Edit until the disk is full; asserts that nothing is lost, and that the same step works once there is space.

    Args:
        library: With something in it, on the disk.
        seed: Of the edits and of the space that is left.
        fill: Leaves so many bytes of the disk free.
        empty: Frees it.

    Returns:
        What was said.
    """
    rng = np.random.default_rng(seed)
    fill(int(rng.integers(0, 300_000)))
    said = ""
    while not said:
        before, state = fingerprint(library), rng.bit_generator.state
        try:
            if rng.integers(3):
                random_edit(library, rng)
            else:
                name = library.records()[0].name
                Import(library, name, source="x").add(Chunk(pictures(100, int(rng.integers(1 << 30)))))
        except RecognizerError as error:
            said = str(error)
            assert "no space left" in said or "cannot be written" in said, said
    assert fingerprint(library) == before, "what failed left something behind"
    empty()
    rng.bit_generator.state = state
    edits = len(library.edits(MOST_EDITS))
    if rng.integers(3):
        random_edit(library, rng)
    else:
        Import(library, library.records()[0].name, source="x").add(Chunk(pictures(100, int(rng.integers(1 << 30)))))
    assert len(library.edits(MOST_EDITS)) == edits + 1, "the same step works without a restart"
    library.undo()
    assert fingerprint(library) == before
    assert library.check().is_good
    library.close()
    library.open()
    assert library.incidents == []
    assert fingerprint(library) == before
    return said


# Damage


def damaged(content: bytes, seed: int) -> bytes:
    """A file's content with bytes flipped, cut off, or a page of zeros, by the seed's remainder of 4."""
    rng, data = np.random.default_rng(seed), bytearray(content)
    match seed % 4:
        case 0 | 1:
            for place in rng.integers(0, len(data), 1 + int(rng.integers(4))):
                data[place] ^= int(rng.integers(1, 256))
        case 2:
            data = data[: int(rng.integers(0, len(data)))]
        case _:
            first = int(rng.integers(0, len(data) // 4096)) * 4096
            data[first : first + 4096] = bytes(4096)
    return bytes(data)


def survive_damage(folder: Path, seed: int) -> Counter[str]:
    """Damage a library's file; asserts that it starts, names the damage, keeps the file and gives nothing wrong.

    Half of the seeds have a backup, which has all samples, half of them an index.

    Args:
        folder: An empty one, for a profile.
        seed: Of the damage.

    Returns:
        Counts of `noticed` or `harmless` (no byte that means anything was hit), and of the samples `lost`,
        `unlabelled` and `older`.
    """
    library = Library.of(open_profile(folder))
    name, images = filled(library, 300)
    has_backup, has_index = (seed // 4) % 2 == 0, (seed // 8) % 2 == 0
    before = {number: label for number, label, *_ in dump(library)["Class 3b"]}
    if has_backup:
        library.backup()
    editing.relabel(library, tables.table(library, name).ids[:5], "5")
    truth = {number: label for number, label, *_ in dump(library)["Class 3b"]}
    library.close()
    path = folder / FILE
    if not has_index:
        (folder / INDEX).unlink()
    data = damaged(path.read_bytes(), seed)
    path.write_bytes(data)
    began = time.monotonic()
    library.open()
    seconds = time.monotonic() - began
    assert seconds < 2, f"opening took {seconds:.1f} s"
    incidents = library.incidents
    if incidents:
        assert incidents[-1].kept.read_bytes() == data
        assert incidents[-1].reason
        assert (incidents[-1].backup is not None) == has_backup
    # Where the names are lost, other datasets have been made for the samples.
    found = {row[0]: row[1] for title, rows in dump(library).items() if not title.endswith(" classes") for row in rows}
    counts = Counter({"noticed" if incidents else "harmless": 1, "lost": len(truth) - len(found)})
    lost = {number for one in incidents for number in one.lost}
    for number, label in found.items():
        if label == NO_LABEL != truth[number]:
            counts["unlabelled"] += 1
        elif truth[number] != label:
            # Only a backup can tell what is destroyed, and it is as old as it is.
            assert not has_index
            assert has_backup
            assert before[number] == label
            counts["older"] += 1
    assert counts["unlabelled"] == sum(one.unlabelled for one in incidents)
    assert len(found) == 300 or not has_backup, "all of them were in the backup"
    if has_index:
        assert lost | found.keys() >= truth.keys(), "each loss is named"
    if found:
        ids = np.array(sorted(found), np.int64)
        np.testing.assert_array_equal(np.stack(library.originals(ids)), images[ids - 1])  # type: ignore[arg-type]
    assert library.check().problems[len(incidents) :] == ()
    library.close()
    return counts
