"""What window and command line share: importing, exporting, dividing, and reading with a model."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.cli import main
from recognizer.ink.synthesis import generate, generate_ink
from recognizer.library import named_data, transfer
from recognizer.library.dataset import SPLITS, Dataset, Split
from recognizer.library.handwriting import Handwriting
from recognizer.library.importing.reader import ImportOptions
from recognizer.library.samples import Chunk, Problem
from recognizer.library.store import editing, tables
from recognizer.library.store.library import Library


@pytest.fixture
def library(profile: Profile) -> Iterator[Library]:
    library = Library.of(profile)
    yield library
    library.close()


@pytest.fixture
def fifty(tmp_path: Path) -> Path:
    images, labels = generate(50, 8)
    np.savez(tmp_path / "fifty.npz", x=images, y=labels)
    return tmp_path / "fifty.npz"


def fake_built_in(monkeypatch: pytest.MonkeyPatch, n: int) -> NDArray[np.uint8]:
    """MNIST as n small random pictures, all of them different."""
    images = np.random.default_rng(1).integers(0, 255, (n, 28, 28)).astype(np.uint8)
    splits = (np.arange(n) % 3 == 0).astype(np.uint8) * np.uint8(2)
    dataset = Dataset("mnist", "MNIST", images, np.arange(n) % 10, splits)
    monkeypatch.setattr(named_data, "load_dataset", lambda *_: dataset)
    monkeypatch.setattr(named_data.sources, "is_available", lambda *_: True)
    return images


def test_what_the_program_brings(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    images = fake_built_in(monkeypatch, 30)
    told = transfer.import_into(library, ["mnist"], "Mine")
    assert (told.dataset, told.title, told.added, told.total) == ("mine", "Mine", 30, 30)
    rows = tables.table(library, "mine")
    assert rows.source_names == ("mnist",)
    assert rows.splits.tolist() == [2, 0, 0] * 10
    assert [rows.label(place) for place in range(12)] == [*"012345678901"]
    np.testing.assert_array_equal(np.stack(library.originals(rows.ids)), images)
    (seen,) = transfer.preview_of(library, ["mnist"])
    assert (seen.kind, seen.count, seen.labels[3], len(seen.first)) == ("MNIST", 30, ("3", 3), 24)


def test_a_stopped_import_says_what_it_leaves(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_built_in(monkeypatch, 300)
    monkeypatch.setattr(named_data, "_CHUNK", 100)
    token = CancellationToken()

    def stop(done: int, total: int, message: str) -> None:
        assert total == 300
        if done > 100:
            token.cancel()

    with pytest.raises(Cancelled) as caught:
        transfer.import_into(library, ["mnist"], "Mine", progress=stop, token=token)
    there = len(tables.table(library, "mine"))
    assert there == 200
    assert str(caught.value) == f"Stopped; {there:,} samples are in Mine already"
    assert library.undo() is not None
    assert library.records() == []
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled, match="nothing was imported"):
        transfer.import_into(library, ["mnist"], "Other", token=token)
    assert library.records() == []


def test_paths_and_names_together(library: Library, fifty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_built_in(monkeypatch, 20)
    told = transfer.import_into(library, [fifty, "mnist"], "Both")
    assert told.total == 70
    (edit,) = library.edits()
    assert edit.describe() == "Import 70 samples from fifty.npz and 1 more"


def test_what_cannot_be_read_beside_what_can(library: Library, fifty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Dataset:
        raise RecognizerError("No network", where="mnist", exit_code=1)

    monkeypatch.setattr(named_data, "load_dataset", fail)
    told = transfer.import_into(library, [fifty, "mnist"], "Some")
    assert (told.added, told.failed) == (50, 1)
    assert [(problem.where, problem.error.what) for problem in told.problems] == [("mnist", "No network")]
    with pytest.raises(RecognizerError, match="No network"):
        transfer.import_into(library, ["mnist"], "None")
    assert [record.name for record in library.records()] == ["some"]


def test_notes_are_no_faults(
    profile: Profile, library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is left out because somebody has crossed it out is told, and nothing has failed."""
    crossed = Problem("a.jpg", RecognizerError("The box is crossed out", fix="It is left out"), is_note=True)
    torn = Problem("b.jpg", RecognizerError("The picture cannot be read", where="b.jpg"))
    ways = [Chunk((), problems=(crossed,)), Chunk([np.eye(28, dtype=np.uint8) * 200], problems=(crossed,))]
    monkeypatch.setattr(transfer, "_chunks", lambda *_: iter(ways))
    told = transfer.import_into(library, ["mnist"], "Some")
    assert (told.added, told.failed, told.problems, told.noted, told.notes) == (1, 0, (), 2, (crossed, crossed))
    library.close()
    call = ["--profile", str(profile.root), "import", "mnist", "--not-transposed", "--into"]
    monkeypatch.setattr(transfer, "_chunks", lambda *_: iter(ways))
    assert main([*call, "Other"]) == 0
    assert (
        capsys.readouterr().err.splitlines() == ["recognizer: note: The box is crossed out: a.jpg. It is left out."] * 2
    )
    assert main([*call, "Third", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["failed"], document["problems"], document["noted"], len(document["notes"])) == (0, [], 2, 2)
    ways.append(Chunk((), problems=(torn,)))
    assert main([*call, "Fourth"]) == 2
    # Where there is nothing else, they say why.
    ways[:] = ways[:1]
    with pytest.raises(RecognizerError, match="crossed out"):
        transfer.import_into(library, ["mnist"], "Fifth")


def test_a_dataset_for_nothing_is_not_made(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem("a", RecognizerError("Bad", where="a"))

    def chunks(*_: object) -> Iterator[Chunk]:
        yield Chunk((), problems=(problem,))
        yield Chunk(())

    monkeypatch.setattr(named_data.NamedData, "__init__", lambda *_: None)
    monkeypatch.setattr(named_data.NamedData, "chunks", chunks)
    with pytest.raises(RecognizerError, match="Bad"):
        transfer.import_into(library, ["mnist"], "x")
    monkeypatch.setattr(named_data.NamedData, "chunks", lambda *_: iter((Chunk(()),)))
    with pytest.raises(RecognizerError, match="There are no samples to import"):
        transfer.import_into(library, ["mnist"], "x")
    assert not library.exists()


def test_a_folder_goes_before_a_dataset_of_its_name(
    library: Library, fifty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer.import_into(library, [fifty], "scans")
    folder = fifty.parent / "scans"
    folder.mkdir()
    images, labels = generate(5, 9)
    np.savez(folder / "five.npz", x=images, y=labels)
    monkeypatch.chdir(fifty.parent)
    assert transfer.import_into(library, ["scans"], "scans").added == 5


def test_my_handwriting_keeps_one_in_five_for_the_test(profile: Profile, library: Library) -> None:
    own = Handwriting(profile)
    rng = np.random.default_rng(2)
    own.add(generate_ink(3, rng), "3")
    images, labels = generate(200, 4)
    path = profile.root / "more.npz"
    np.savez(path, x=images, y=labels)
    told = transfer.import_into(library, [path], "My handwriting")
    assert (told.dataset, told.total) == ("my-handwriting", 201)
    counts = own.split_counts()
    assert counts[Split.VALIDATION] == 0
    assert 34 <= counts[Split.TEST] <= 46
    rows = tables.table(library, "my-handwriting")
    for label in range(10):
        n = int((rows.labels == label).sum())
        assert abs(int((rows.splits[rows.labels == label] == 2).sum()) - n / 5) < 1
    told = transfer.import_into(library, [path], "my-handwriting", ImportOptions(split=Split.VALIDATION))
    assert told.duplicates == 200


def test_my_handwriting_comes_back_with_what_is_imported(library: Library, fifty: Path) -> None:
    transfer.import_into(library, [fifty], "my-handwriting")
    editing.remove_dataset(library, "my-handwriting")
    told = transfer.import_into(library, [fifty], "my-handwriting", keeps_duplicates=True)
    assert (told.added, told.total) == (50, 100)


def test_nothing_is_downloaded_for_a_preview(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_data.downloads, "is_available", lambda *_: False)
    monkeypatch.setattr(named_data.sources, "is_available", lambda *_: False)
    fashion, mnist = transfer.preview_of(library, ["fashion-mnist", "mnist"])
    assert (fashion.kind, fashion.count, fashion.notes[1]) == ("Fashion-MNIST", 70_000, "31 MB are downloaded first")
    assert (mnist.kind, mnist.count, mnist.notes[1]) == ("MNIST", 70_000, "12 MB are downloaded first")


def test_what_is_downloaded_is_imported_upright(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, labels = generate(20, 6)
    folder = tmp_path / "emnist-digits"
    folder.mkdir()
    for part, chosen in (("train", slice(0, 15)), ("test", slice(15, 20))):
        head = np.array([0x803, len(labels[chosen]), 28, 28], ">i4").tobytes()
        pixels = images[chosen].transpose(0, 2, 1).tobytes()
        (folder / f"emnist-digits-{part}-images-idx3-ubyte").write_bytes(head + pixels)
        head = np.array([0x801, len(labels[chosen])], ">i4").tobytes()
        (folder / f"emnist-digits-{part}-labels-idx1-ubyte").write_bytes(head + labels[chosen].astype("u1").tobytes())
    monkeypatch.setattr(transfer, "fetch", lambda *_: folder)
    told = transfer.import_into(library, ["emnist-digits"], "emnist-digits")
    assert (told.dataset, told.added) == ("emnist-digits", 20)
    rows = tables.table(library, "emnist-digits")
    np.testing.assert_array_equal(np.stack(library.originals(rows.ids)), images)
    assert rows.splits.tolist() == [0] * 15 + [2] * 5
    (edit,) = library.edits()
    assert edit.words["name"] == "emnist-digits"


def test_facts_go_along_into_another_dataset(library: Library, fifty: Path) -> None:
    transfer.import_into(library, [fifty], "one", ImportOptions(writer="Ann", split=Split.TEST))
    ids = tables.table(library, "one").ids
    editing.set_note(library, ids[:2], "odd")
    editing.relabel(library, ids[:1], "")
    transfer.import_into(library, ["one"], "two", ImportOptions(label="?", writer="Bob"))
    before, after = tables.table(library, "one"), tables.table(library, "two")
    assert after.writer_names == ("Ann",)
    assert (after.splits == SPLITS.index(Split.TEST)).all()
    assert (after.notes >= 0).tolist() == [True, True] + [False] * 48
    assert after.label(0) == "?"
    assert [after.label(place) for place in range(1, 50)] == [before.label(place) for place in range(1, 50)]
    assert after.created.tolist() == before.created.tolist()
    assert after.hashes.tolist() == before.hashes.tolist()


def test_reading_goes_in_pieces_and_can_be_stopped(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_built_in(monkeypatch, 300)
    monkeypatch.setattr(transfer, "_READ_AT_ONCE", 100)
    transfer.import_into(library, ["mnist"], "Mine")
    token, sizes = CancellationToken(), []

    def classify(images: NDArray[np.uint8]) -> tuple[Sequence[str], NDArray[np.float32]]:
        sizes.append(len(images))
        if len(sizes) == 2:
            token.cancel()
        return ["7"] * len(images), np.full(len(images), 0.25, np.float32)

    with pytest.raises(Cancelled):
        transfer.read_with_model(library, "mine", classify, "m", token=token)
    rows = tables.table(library, "mine")
    assert int((rows.predicted >= 0).sum()) == 200
    assert sizes == [100, 100]
    assert transfer.read_with_model(library, "mine", classify, "m") == 300
    rows = tables.table(library, "mine")
    assert rows.predicted_names == ("7",)
    np.testing.assert_allclose(rows.confidences, 0.25, atol=1e-4)
    assert len(transfer.chosen(rows, "is:wrong")) == 270
    assert len(library.edits()) == 1, "what a model says is no edit"
