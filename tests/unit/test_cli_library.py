"""The library on the command line: import, export, sheet, and everything below `library`."""

import gc
import json
import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recognizer import cli, doctor
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.ink.synthesis import generate
from recognizer.library.arrivals import Arrivals
from recognizer.library.samples import Chunk
from recognizer.library.store import tables
from recognizer.library.store.library import Library

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _logging_is_restored() -> Iterator[None]:
    logger = logging.getLogger("recognizer")
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    for handler in set(logger.handlers) - set(before[0]):
        handler.close()
    logger.handlers[:], logger.level, logger.propagate = before[0], before[1], before[2]


def run(profile: Profile, *arguments: object) -> int:
    return cli.main([*map(str, arguments), "--profile", str(profile.root)])


def document(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


def answer(profile: Profile, capsys: Capture, *arguments: object) -> Any:
    """What a command that succeeds says in JSON."""
    capsys.readouterr()
    assert run(profile, *arguments, "--json") == 0
    return document(capsys)


def complaint(profile: Profile, capsys: Capture, *arguments: object, code: int = 2) -> str:
    """What a command that fails says, in its one line."""
    capsys.readouterr()
    assert run(profile, *arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line.removeprefix("recognizer: ")


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Forty pictures and what they show, four of each digit."""
    images, labels = generate(120, 3)
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:4] for digit in range(10)])
    assert len(chosen) == 40
    return images[chosen], labels[chosen]


@pytest.fixture
def data(tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]) -> Path:
    """Forty digits in an NPZ with a split: three of each for training, one for the test."""
    images, labels = digits
    is_test = np.arange(40) % 4 == 3
    path = tmp_path / "forty.npz"
    np.savez(path, x_train=images[~is_test], y_train=labels[~is_test], x_test=images[is_test], y_test=labels[is_test])
    return path


@pytest.fixture
def filled(profile: Profile, data: Path, capsys: Capture) -> str:
    """A dataset of the library with them."""
    assert run(profile, "import", data, "--into", "Class 4b") == 0
    capsys.readouterr()
    return "class-4b"


def test_what_is_imported_is_there(profile: Profile, data: Path, capsys: Capture) -> None:
    brought = answer(profile, capsys, "import", data, "--into", "Class 4b")
    assert brought == {
        "dataset": "class-4b",
        "added": 40,
        "duplicates": 0,
        "known_boxes": 0,
        "failed": 0,
        "problems": [],
        "noted": 0,
        "notes": [],
        "total": 40,
        "unlabelled": 0,
    }
    assert not Library.of(profile).file.is_open()
    assert (profile.root / "library.index").is_file()
    again = answer(profile, capsys, "import", data, "--into", "class 4B")
    assert (again["dataset"], again["added"], again["duplicates"], again["total"]) == ("class-4b", 0, 40, 40)
    kept = answer(profile, capsys, "import", data, "--into", "class-4b", "--keep-duplicates")
    assert (kept["added"], kept["duplicates"], kept["total"]) == (40, 0, 80)
    assert run(profile, "import", data, "--into", "class-4b") == 0
    assert capsys.readouterr().out.splitlines() == [
        "0 new samples; Class 4b has 80",
        "40 are there already and were left out",
    ]


def test_an_import_is_one_edit(profile: Profile, filled: str, capsys: Capture) -> None:
    steps = answer(profile, capsys, "library", "history")
    assert [(edit["kind"], edit["state"]) for edit in steps["edits"]] == [("import", "done")]
    assert steps["undo"]["what"] == "Import 40 samples from forty.npz"
    assert run(profile, "library", "undo") == 0
    assert capsys.readouterr().out == "Taken back: Import 40 samples from forty.npz\n"
    assert answer(profile, capsys, "library", "list")["datasets"] == []
    assert complaint(profile, capsys, "library", "undo").startswith("There is nothing to undo: ")
    assert answer(profile, capsys, "library", "redo")["redone"]["kind"] == "import"
    (dataset,) = answer(profile, capsys, "library", "list")["datasets"]
    assert (dataset["name"], dataset["samples"]) == (filled, 40)
    assert complaint(profile, capsys, "library", "redo").startswith("There is nothing to redo: ")


def test_what_the_user_says_of_the_samples(profile: Profile, tmp_path: Path, capsys: Capture) -> None:
    for number in range(3):
        picture = np.full((40, 40), 255, np.uint8)
        picture[5:35, 18 - number : 22] = 0
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
    options = ("--label", "l", "--split", "test", "--writer", "Ann")
    files = sorted(tmp_path.glob("*.png"))
    assert answer(profile, capsys, "import", *files, "--into", "strokes", *options)["added"] == 3
    rows = tables.table(Library.of(profile), "strokes")
    assert [rows.label(place) for place in range(3)] == ["l"] * 3
    assert (rows.splits == 2).all()
    assert rows.writer_names == ("Ann",)
    Library.of(profile).close()
    assert "label = " in complaint(profile, capsys, "import", *files, "--into", "strokes", "--label", "x" * 40)


def test_the_rest_comes_in_when_a_file_is_bad(profile: Profile, tmp_path: Path, capsys: Capture) -> None:
    for label in "12":
        (tmp_path / "letters" / label).mkdir(parents=True)
        image = np.full((30, 30), 255, np.uint8)
        image[4:26, 10 : 12 + int(label)] = 0
        Image.fromarray(image).save(tmp_path / "letters" / label / "a.png")
    (tmp_path / "letters" / "2" / "b.png").write_bytes(b"no picture")
    assert run(profile, "import", tmp_path / "letters", "--into", "few", "--json") == 2
    captured = capsys.readouterr()
    brought = json.loads(captured.out)
    assert (brought["added"], brought["failed"]) == (2, 1)
    (problem,) = brought["problems"]
    assert set(problem) == {"where", "what", "fix"}
    assert "b.png" in problem["where"]
    assert "b.png" in captured.err


def test_a_stopped_import(profile: Profile, data: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    add = Arrivals.add

    def stop(arrivals: Arrivals, chunk: Chunk) -> None:
        add(arrivals, chunk)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Arrivals, "add", stop)
    assert run(profile, "import", data, "--into", "x", "--json") == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    first, last = captured.err.splitlines()
    assert first.startswith("recognizer: Stopping")
    assert last.startswith("recognizer: Stopped; ")
    assert last.endswith(" samples are in x already")
    (dataset,) = answer(profile, capsys, "library", "list")["datasets"]
    assert f" {dataset['samples']} samples " in last


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("absent.npz", "--into", "x"), "absent.npz"),
        (("nonsense", "--into", "x"), "There is no such dataset: nonsense"),
        (("DATA",), "--into"),
        (("DATA", "--into", "mnist"), "This name belongs to data that comes with the program: mnist"),
        (("DATA", "--into", "  "), "The name cannot be used"),
        (("DATA", "--into", "x" * 81), "The name cannot be used"),
        (("EMPTY", "--into", "x"), "empty.npz"),
    ],
)
def test_imports_that_cannot_be(
    profile: Profile, data: Path, tmp_path: Path, capsys: Capture, arguments: tuple[str, ...], reason: str
) -> None:
    (tmp_path / "empty.npz").touch()
    places = {"DATA": str(data), "EMPTY": str(tmp_path / "empty.npz"), "absent.npz": str(tmp_path / "absent.npz")}
    asked = [places.get(argument, argument) for argument in arguments]
    assert reason in complaint(profile, capsys, "import", *asked)
    assert answer(profile, capsys, "library", "list")["datasets"] == []


def test_a_question_is_to_be_answered_first(
    profile: Profile, tmp_path: Path, digits: tuple[np.ndarray, np.ndarray], capsys: Capture
) -> None:
    images, labels = digits
    folder = tmp_path / "emnist"
    folder.mkdir()
    head = np.array([0x803, 40, 28, 28], ">i4").tobytes()
    (folder / "emnist-letters-train-images-idx3-ubyte").write_bytes(head + images.transpose(0, 2, 1).tobytes())
    head = np.array([0x801, 40], ">i4").tobytes()
    (folder / "emnist-letters-train-labels-idx1-ubyte").write_bytes(head + labels.astype(np.uint8).tobytes())
    told = complaint(profile, capsys, "import", folder, "--into", "letters")
    assert "--transposed or --not-transposed" in told
    (seen,) = answer(profile, capsys, "import", folder, "--preview")["previews"]
    assert seen["question"] == "Do the pictures lie on their side, as EMNIST's do?"
    assert answer(profile, capsys, "import", folder, "--into", "letters", "--transposed")["added"] == 40
    assert answer(profile, capsys, "import", folder, "--into", "letters", "--not-transposed")["duplicates"] < 5
    library = Library.of(profile)
    ids = tables.table(library, "letters").ids[:40]
    np.testing.assert_array_equal(np.stack(library.originals(ids)), images)
    library.close()


def test_a_preview_leaves_nothing_behind(profile: Profile, data: Path, capsys: Capture) -> None:
    (seen,) = answer(profile, capsys, "import", data, "--preview")["previews"]
    assert (seen["count"], seen["has_labels"], seen["has_splits"]) == (40, True, True)
    assert seen["labels"] == dict.fromkeys("0123456789", 4)
    assert run(profile, "import", data, "--preview") == 0
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first.startswith(f"{data}: ")
    assert second.strip().startswith("0: 4, 1: 4, ")
    assert not Library.of(profile).path.exists()


def test_one_dataset_comes_into_another(profile: Profile, filled: str, capsys: Capture) -> None:
    run(profile, "library", "relabel", filled, "--filter", "label:7", "--label", "seven")
    brought = answer(profile, capsys, "import", filled, "--into", "my-handwriting")
    assert (brought["dataset"], brought["added"]) == ("my-handwriting", 40)
    rows = tables.table(Library.of(profile), "my-handwriting")
    assert rows.label_set.names == (*"01234568", "9", "seven")
    assert np.bincount(rows.splits).tolist() == [30, 0, 10]
    Library.of(profile).close()


def test_list_says_what_there_is(profile: Profile, filled: str, capsys: Capture) -> None:
    found = answer(profile, capsys, "library", "list")
    assert found["library"] == str(profile.root / "library.sqlite")
    counts = {"samples": 40, "train": 30, "validation": 0, "test": 10, "unlabelled": 0, "classes": 10, "removed": 0}
    assert found["datasets"] == [{"name": filled, "title": "Class 4b", **counts}]
    assert found["deleted"] == []
    assert run(profile, "library", "list") == 0
    heads, row = capsys.readouterr().out.splitlines()
    assert heads.split() == ["name", "title", "samples", "train", "validation", "test", "classes"]
    assert row.split() == [filled, "Class", "4b", "40", "30", "0", "10", "10"]


def test_list_of_nothing(profile: Profile, capsys: Capture) -> None:
    assert run(profile, "library", "list") == 0
    assert capsys.readouterr().out == "The library is empty; see `recognizer import --help`\n"
    assert answer(profile, capsys, "library", "history") == {"edits": [], "undo": None, "redo": None}
    assert not (profile.root / "library.sqlite").exists()


def test_samples_are_deleted_and_come_back(profile: Profile, filled: str, capsys: Capture) -> None:
    gone = answer(profile, capsys, "library", "delete", filled, "--filter", "label:3,4 split:train")
    assert gone == {"dataset": filled, "is_whole": False, "removed": 6}
    (dataset,) = answer(profile, capsys, "library", "list")["datasets"]
    assert (dataset["samples"], dataset["removed"]) == (34, 6)
    back = answer(profile, capsys, "library", "undelete", filled, "--filter", "3")
    assert back == {"dataset": filled, "is_whole": False, "restored": 3}
    assert answer(profile, capsys, "library", "undelete", filled)["restored"] == 3
    assert complaint(profile, capsys, "library", "undelete", filled) == "Nothing in this dataset is deleted: Class 4b."
    assert "No sample is like that" in complaint(profile, capsys, "library", "delete", filled, "--filter", "qqq")


def test_a_dataset_is_deleted_and_comes_back(profile: Profile, filled: str, capsys: Capture) -> None:
    assert answer(profile, capsys, "library", "delete", "Class 4b") == {
        "dataset": filled,
        "is_whole": True,
        "removed": 40,
    }
    found = answer(profile, capsys, "library", "list")
    assert found["datasets"] == []
    (gone,) = found["deleted"]
    assert (gone["name"], gone["samples"]) == (filled, 40)
    assert gone["deleted"] < gone["until"]
    assert run(profile, "library", "list") == 0
    assert f"`recognizer library undelete {filled}`" in capsys.readouterr().out
    assert "There is no such dataset in the library" in complaint(profile, capsys, "library", "delete", filled)
    back = answer(profile, capsys, "library", "undelete", "Class 4b")
    assert back == {"dataset": filled, "is_whole": True, "restored": 40}
    told = complaint(profile, capsys, "library", "undelete", "nothing")
    assert told.startswith("There is no such dataset among the deleted ones: nothing.")


def test_relabel(profile: Profile, filled: str, capsys: Capture) -> None:
    changed = answer(profile, capsys, "library", "relabel", filled, "--filter", "label:1", "--label", "一")
    assert changed == {"dataset": filled, "chosen": 4, "changed": 4, "label": "一"}
    found = answer(profile, capsys, "library", "classes", filled)["classes"]
    assert {entry["label"]: entry["samples"] for entry in found}["一"] == 4
    assert run(profile, "library", "relabel", filled, "--filter", "一", "--label", "") == 0
    assert capsys.readouterr().out == "4 samples have no label now\n"
    (dataset,) = answer(profile, capsys, "library", "list")["datasets"]
    assert dataset["unlabelled"] == 4
    told = complaint(profile, capsys, "library", "relabel", filled, "--filter", "label:z", "--label", "1")
    assert told.startswith("There is no class “z”")
    told = complaint(profile, capsys, "library", "relabel", filled, "--filter", "label:2", "--label", "x" * 33)
    assert told.startswith("The label cannot be used")


def test_classes_are_renamed_merged_and_ordered(profile: Profile, filled: str, capsys: Capture) -> None:
    asked = ("library", "classes", filled, "--rename", "0", "zero", "--merge", "1", "7", "--into", "1 or 7")
    found = answer(profile, capsys, *asked, "--order", "9", "zero")["classes"]
    assert [entry["label"] for entry in found[:2]] == ["9", "zero"]
    assert {entry["label"]: entry["samples"] for entry in found}["1 or 7"] == 8
    assert run(profile, "library", "classes", filled) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["class", "9", "zero"]
    assert "--into" in complaint(profile, capsys, "library", "classes", filled, "--merge", "2", "3")
    assert "There is no class “q”" in complaint(profile, capsys, "library", "classes", filled, "--rename", "q", "r")


def test_rename(profile: Profile, filled: str, capsys: Capture) -> None:
    told = answer(profile, capsys, "library", "rename", filled, "第四班")
    assert told == {"dataset": filled, "title": "第四班"}
    assert run(profile, "library", "list") == 0
    heads, row = capsys.readouterr().out.splitlines()
    assert row.startswith("class-4b  第四班 ")
    assert heads.index("samples") + 7 - (row.index(" 40") + 3) == 3, "each of three signs takes two columns"


def test_split(profile: Profile, filled: str, capsys: Capture) -> None:
    asked = ("library", "split", filled, "--train", "0.5", "--test", "0.5")
    told = answer(profile, capsys, *asked, "--seed", "5")
    assert told["splits"] == {"train": 20, "validation": 0, "test": 20}
    assert told["classes"]["3"] == {"train": 2, "validation": 0, "test": 2}
    assert (told["by"], told["seed"], told["groups"]) == ("sample", 5, None)
    assert answer(profile, capsys, *asked, "--seed", "5")["changed"] == 0
    assert run(profile, "library", "split", filled) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["class", "train", "validation", "test"]
    assert sum(map(int, out[-2].split()[1:])) == 40
    assert "120 %" in complaint(profile, capsys, "library", "split", filled, "--train", "0.9", "--test", "0.3")


def test_split_by_writer(profile: Profile, data: Path, capsys: Capture) -> None:
    for place, writer in enumerate(("Ann", "Bob", "Cem", "Dan")):
        images, labels = generate(10, 50 + place)
        np.savez(data.parent / f"{writer}.npz", x=images, y=labels)
        answer(profile, capsys, "import", data.parent / f"{writer}.npz", "--into", "four", "--writer", writer)
    told = answer(profile, capsys, "library", "split", "four", "--train", "0.5", "--test", "0.5", "--by", "writer")
    assert told["groups"] == {"train": 2, "validation": 0, "test": 2}
    rows = tables.table(Library.of(profile), "four")
    assert all(len(np.unique(rows.splits[rows.writers == writer])) == 1 for writer in range(4))
    Library.of(profile).close()


def test_what_a_model_takes_the_samples_for(profile: Profile, filled: str, capsys: Capture) -> None:
    if not (shipped_models_path() / "digits" / "model.json").is_file():
        pytest.skip("no shipped model")
    run(profile, "library", "relabel", filled, "--filter", "label:5", "--label", "6")
    told = answer(profile, capsys, "library", "read", filled)
    assert (told["dataset"], told["model"], told["read"]) == (filled, "digits", 40)
    assert told["right"] + told["wrong"] == 40
    assert 4 <= told["wrong"] <= 6
    found = answer(profile, capsys, "library", "delete", filled, "--filter", "is:wrong")
    assert found["removed"] == told["wrong"]
    told = answer(profile, capsys, "library", "read", filled, "--filter", "label:6")
    assert told["read"] == 4
    assert "nonsense" in complaint(profile, capsys, "library", "read", filled, "--model", "nonsense")


def test_a_library_dataset_is_trained_on_and_judged(profile: Profile, filled: str, capsys: Capture) -> None:
    report = answer(profile, capsys, "evaluate", filled)
    assert (report["n"], report["split"], report["data"]) == (10, "test", filled)
    report = answer(profile, capsys, "evaluate", "Class 4b", "--split", "train")
    assert report["n"] == 30
    assert not Library.of(profile).file.is_open()
    assert (profile.root / "library.index").is_file()


@pytest.mark.parametrize("name", ["out.zip", "out.parquet", "out.npz", "out.csv", "out"])
def test_what_goes_out_comes_back(profile: Profile, filled: str, tmp_path: Path, capsys: Capture, name: str) -> None:
    asked = ("--format", "idx") if name == "out" else ()
    told = answer(profile, capsys, "export", filled, "--to", tmp_path / name, *asked)
    assert (told["name"], told["to"], told["count"], told["left_out"]) == (filled, str(tmp_path / name), 40, 0)
    assert told["format"] == (tmp_path / name).suffix[1:] or name == "out"
    assert (told["failed"], told["problems"]) == (0, [])
    assert answer(profile, capsys, "import", tmp_path / name, "--into", "again")["added"] == 40
    library = Library.of(profile)
    before, after = (tables.table(library, which) for which in (filled, "again"))
    labels = [
        sorted(zip(rows.hashes, map(rows.label, range(40)), rows.splits, strict=True)) for rows in (before, after)
    ]
    assert labels[0] == labels[1]
    library.close()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("out.zip", ""),
        ("out.idx.zip", "not writers, sources, notes, marks and times."),
        ("out.csv", "as models see them, 28 × 28 pixels."),
    ],
)
def test_an_export_says_what_is_lost(
    profile: Profile, filled: str, tmp_path: Path, capsys: Capture, name: str, said: str
) -> None:
    asked = ("--format", "idx") if "idx" in name else ()
    assert run(profile, "export", filled, "--to", tmp_path / name, *asked) == 0
    told = capsys.readouterr()
    assert told.out == f"40 samples are in {tmp_path / name}\n"
    assert said in told.err
    assert bool(told.err) is bool(said)
    lost = answer(profile, capsys, "export", filled, "--to", tmp_path / name, *asked)["lost"]
    assert lost == told.err.splitlines()


def test_some_samples_go_out(profile: Profile, filled: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "some.csv"
    assert run(profile, "export", filled, "--to", out, "--filter", "label:4 split:test") == 0
    assert capsys.readouterr().out == f"1 sample is in {out}\n"
    assert "No sample is like that" in complaint(profile, capsys, "export", filled, "--to", out, "--filter", "qqq")
    assert "ending" in complaint(profile, capsys, "export", filled, "--to", tmp_path / "out.docx")
    assert "is a drawing" in complaint(profile, capsys, "export", filled, "--to", tmp_path / "out.inkml")
    assert "nothing" in complaint(profile, capsys, "export", "nothing", "--to", out)
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["forty.npz", "some.csv"]


def test_stats_say_what_there_is_and_what_stands_out(
    profile: Profile, filled: str, data: Path, tmp_path: Path, capsys: Capture
) -> None:
    answer(profile, capsys, "import", data, "--into", filled, "--keep-duplicates", "--split", "test")
    told = answer(profile, capsys, "library", "stats", filled, "--html", tmp_path / "report.html")
    assert (told["dataset"], told["title"], told["n"]) == (filled, "Class 4b", 80)
    assert told["splits"] == {"train": 30, "validation": 0, "test": 50, "n": 80}
    assert told["classes"][4] == {"label": "4", "train": 3, "validation": 0, "test": 5, "n": 8}
    assert (told["equal"]["superfluous"], told["equal"]["leaks"], told["leaks"]["equal"]) == (40, 30, 60)
    assert any("both sides" in sentence for sentence in told["findings"])
    assert told["html"] == str(tmp_path / "report.html")
    assert "Class 4b" in (tmp_path / "report.html").read_text(encoding="utf-8")
    copies = [str(number) for group in told["equal"]["ids"] for number in group[1:]]
    gone = answer(profile, capsys, "library", "delete", filled, "--filter", f"id:{','.join(copies)}")
    assert gone["removed"] == 40
    assert run(profile, "library", "stats", filled, "--filter", "label:4,5") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["class", "train", "validation", "test", "together"]
    assert [line.split()[0] for line in out[1:4]] == ["4", "5", "together"]
    assert "No sample is like that" in complaint(profile, capsys, "library", "stats", filled, "--filter", "label:0 qqq")


def test_stats_name_what_is_to_be_looked_at_first(profile: Profile, tmp_path: Path, capsys: Capture) -> None:
    images, labels = generate(300, 3)
    named = labels.tolist()
    named[7] = (named[7] + 1) % 10
    np.savez(tmp_path / "many.npz", x=images, y=named)
    answer(profile, capsys, "import", tmp_path / "many.npz", "--into", "Many")
    assert run(profile, "library", "stats", "Many") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("First to be looked at")]
    assert f"id:8 is labelled {named[7]} and looks like {labels[7]}" in line


def test_a_filter_may_begin_with_a_minus(profile: Profile, filled: str, capsys: Capture) -> None:
    gone = answer(profile, capsys, "library", "delete", filled, "--filter", "-label:4")
    assert gone["removed"] == 36
    # An option is no filter.
    with pytest.raises(SystemExit):
        run(profile, "export", filled, "--to", "x.csv", "--filter", "--json")


def test_backups_are_made_listed_and_restored(profile: Profile, filled: str, capsys: Capture) -> None:
    made = answer(profile, capsys, "library", "backup")["backup"]
    assert (made["reason"], made["samples"]) == ("manual", 40)
    assert Path(made["path"]).is_file()
    run(profile, "library", "delete", filled, "--filter", "label:1")
    listed = answer(profile, capsys, "library", "backup", "--list")["backups"]
    assert made | {"is_good": True} in listed
    put = answer(profile, capsys, "library", "restore", made["name"])
    assert put["restored"] == made
    (kept,) = put["kept"]
    assert Path(kept).parent == Path(made["path"]).parent
    (dataset,) = answer(profile, capsys, "library", "list")["datasets"]
    assert (dataset["samples"], dataset["removed"]) == (40, 0)
    answer(profile, capsys, "library", "restore", Path(kept).name)
    (dataset,) = answer(profile, capsys, "library", "list")["datasets"]
    assert (dataset["samples"], dataset["removed"]) == (36, 4)
    assert run(profile, "library", "backup", "--list") == 0
    assert made["name"] in capsys.readouterr().out
    Path(made["path"]).write_bytes(b"damaged")
    told = complaint(profile, capsys, "library", "restore", made["name"])
    assert told.startswith(f"The backup is damaged: {made['name']}.")
    listed = answer(profile, capsys, "library", "backup", "--list")["backups"]
    assert [entry["is_good"] for entry in listed if entry["name"] == made["name"]] == [False]


def test_a_library_that_is_not_there_yet(profile: Profile, capsys: Capture) -> None:
    checked = answer(profile, capsys, "library", "check")
    assert (checked["ok"], checked["samples"], checked["problems"]) == (True, 0, [])
    assert answer(profile, capsys, "library", "repair")["repaired"] is None
    assert answer(profile, capsys, "library", "backup", "--list")["backups"] == []
    assert complaint(profile, capsys, "library", "backup").startswith("There is no library yet: ")
    assert complaint(profile, capsys, "library", "restore").startswith("There is no such backup: ")
    assert not Library.of(profile).path.exists()


def damage(profile: Profile, filled: str) -> int:
    """Change a byte of a sample's picture behind the library's back; returns the sample's id."""
    library = Library.of(profile)
    (number,) = tables.table(library, filled).ids[3:4].tolist()
    (original,) = library.originals(np.array([number]))
    assert isinstance(original, np.ndarray)
    library.close()
    with sqlite3.connect(library.path) as connection:
        (blob,) = connection.execute("SELECT original FROM contents WHERE id = ?", (number,)).fetchone()
        place = len(blob) // 2
        changed = blob[:place] + bytes([blob[place] ^ 255]) + blob[place + 1 :]
        connection.execute("UPDATE contents SET original = ? WHERE id = ?", (changed, number))
    connection.close()
    return number


def test_damage_is_named_and_mended_from_the_backup(profile: Profile, filled: str, capsys: Capture) -> None:
    checked = answer(profile, capsys, "library", "check")
    assert (checked["ok"], checked["samples"]) == (True, 40)
    answer(profile, capsys, "library", "backup")
    damage(profile, filled)
    assert run(profile, "library", "check", "--json") == 1
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert not found["ok"]
    assert len(found["problems"]) >= 1
    told = [line for line in captured.err.splitlines() if "damaged" in line]
    assert len(told) == 1, "once, by whoever opens the library"
    # As another process would be: it knows nothing of what was found by this one.
    gc.collect()
    # Whoever opens a damaged library mends it.
    assert answer(profile, capsys, "library", "repair")["repaired"] is None
    assert answer(profile, capsys, "library", "check")["ok"]
    (dataset,) = answer(profile, capsys, "library", "list")["datasets"]
    assert dataset["samples"] == 40
    assert list(profile.root.glob("library.sqlite.damaged-*"))


def test_what_is_mended_is_told_by_repair(profile: Profile, filled: str, capsys: Capture) -> None:
    number = damage(profile, filled)
    mended = answer(profile, capsys, "library", "repair")["repaired"]
    assert (mended["saved"], mended["fetched"], mended["lost"]) == (39, 0, 1)
    assert f"sample {number}" in mended["reason"]
    assert Path(mended["kept"]).is_file()


def test_doctor_looks_into_the_library(
    profile: Profile, filled: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "missing_qt_libraries", dict)
    checks = {check["name"]: check for check in answer(profile, capsys, "doctor")["checks"]}
    assert checks["library"]["status"] == "ok"
    assert checks["library"]["detail"].startswith("1 dataset, 40 samples, ")
    damage(profile, filled)
    assert run(profile, "doctor", "--json") == 1
    checks = {check["name"]: check for check in document(capsys)["checks"]}
    assert checks["library"]["status"] == "problem"
    assert "damaged" in checks["library"]["detail"]


def test_the_day_s_backup_is_made_before_the_library_is_changed(
    profile: Profile, filled: str, data: Path, capsys: Capture
) -> None:
    assert answer(profile, capsys, "library", "list")
    assert answer(profile, capsys, "library", "backup", "--list")["backups"] == []
    run(profile, "library", "relabel", filled, "--filter", "label:1", "--label", "7")
    (backup,) = answer(profile, capsys, "library", "backup", "--list")["backups"]
    assert (backup["reason"], backup["samples"]) == ("daily", 40)


HOLD = """
import sys
from pathlib import Path
from recognizer.base.paths import Profile
from recognizer.library.store.library import Library
library = Library.of(Profile(Path(sys.argv[1])))
library.open()
print("open", flush=True)
sys.stdin.read()
library.close()
"""


def test_a_library_that_is_in_use(profile: Profile, filled: str, data: Path, capsys: Capture) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(profile.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        libraries = (("library", action) for action in ("list", "undo", "restore"))
        for asked in (
            *libraries,
            ("import", data, "--into", "x"),
            ("evaluate", filled),
            ("export", filled, "--to", data),
        ):
            told = complaint(profile, capsys, *asked)
            assert told.startswith("The library is in use by another window or command of this program: ")
    finally:
        holder.communicate()
    assert holder.returncode == 0
    assert len(answer(profile, capsys, "library", "list")["datasets"]) == 1


def test_sheets_are_printed(profile: Profile, tmp_path: Path, capsys: Capture) -> None:
    told = answer(profile, capsys, "sheet", "--symbols", "01", "--out", tmp_path / "s.pdf", "--copies-each", "3")
    assert told == {"files": [str(tmp_path / "s.pdf")], "pages": 1, "symbols": ["0", "1"], "copies_each": 3}
    assert (tmp_path / "s.pdf").read_bytes().startswith(b"%PDF-")
    told = answer(profile, capsys, "sheet", "--symbols", "yes no", "--out", tmp_path / "w.pdf", "--title", "Words")
    assert told["symbols"] == ["yes", "no"]
    assert ".pdf or .png" in complaint(profile, capsys, "sheet", "--out", tmp_path / "s.docx")
    assert "= 0" in complaint(profile, capsys, "sheet", "--out", tmp_path / "s.pdf", "--copies-each", "0")


@pytest.mark.parametrize(
    "arguments",
    [
        ["library"],
        ["library", "nonsense"],
        ["library", "relabel", "x", "--label", "1"],
        ["import", "--into", "x"],
        ["import", "x", "--into", "y", "--transposed", "--not-transposed"],
        ["sheet", "--symbols", "0"],
        ["library", "split", "x", "--by", "moon"],
        ["library", "split", "x", "--train", "much"],
    ],
)
def test_wrong_arguments(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: recognizer" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["import", "export", "library", "sheet", "library list", "library split"])
def test_help(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([*command.split(), "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "--profile DIR" in out
    assert "--json" in out


def test_every_command_is_listed(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    listed = {line.split()[0] for line in lines if line.startswith("  ") and line[2] not in " -"}
    assert listed == set(cli.COMMANDS)
