"""Folders that are named after those who wrote, and titles that are proposed for what is imported."""

from pathlib import Path

import numpy as np
import pytest
from import_samples import take
from PIL import Image

from recognizer.cli import main
from recognizer.library.arrivals import proposed_title
from recognizer.library.importing.source import ImportOptions, open_data
from recognizer.library.importing.words import are_people, label_in_name
from recognizer.library.samples import Preview

WRITERS = ImportOptions(folders="writers")


def write(folder: Path, *names: str) -> Path:
    """Pictures of which no two are alike."""
    for name in names:
        picture = np.full((40, 40), 255, np.uint8)
        seed = sum(map(ord, f"{folder}/{name}")) % 97
        picture[8:30, 10 : 14 + seed % 15] = seed
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return folder


@pytest.fixture
def pupils(tmp_path: Path) -> Path:
    """Pictures of single digits in a folder for each pupil; their names say nothing."""
    return write(tmp_path / "pupils", "Anna Berg/IMG_1.png", "Anna Berg/IMG_2.png", "Ben/IMG_1.png", "Chloe/IMG_7.png")


def look(path: Path, options: ImportOptions, scratch: Path) -> Preview:
    with open_data([path], scratch, options) as source:
        return source.preview()


def test_folders_are_classes_unless_somebody_says_otherwise(pupils: Path, tmp_path: Path) -> None:
    write(pupils, "Ben/IMG_3.png")
    taken = take(pupils, tmp_path)
    assert set(taken.labels) == {"Anna Berg", "Ben", "Chloe"}
    assert set(taken.writers) == {""}
    taken = take(pupils, tmp_path, WRITERS)
    assert taken.labels == [""] * 5
    assert taken.writers == ["Anna Berg", "Anna Berg", "Ben", "Ben", "Chloe"]


def test_names_of_files_say_the_label_if_all_do(pupils: Path, tmp_path: Path) -> None:
    write(tmp_path / "named", "Anna/7_01.png", "Anna/3.png", "Benno/7-2.png", "Benno/x (1).png")
    taken = take(tmp_path / "named", tmp_path, WRITERS)
    assert list(zip(taken.writers, taken.labels, strict=True)) == [
        ("Anna", "3"),
        ("Anna", "7"),
        ("Benno", "7"),
        ("Benno", "x"),
    ]
    seen = look(tmp_path / "named", WRITERS, tmp_path)
    assert dict(seen.labels) == {"3": 1, "7": 2, "x": 1}
    assert (seen.count, seen.has_labels, seen.has_writers, seen.has_folders) == (4, True, True, True)
    assert seen.notes == ("The first character of each file's name is taken for its label",)
    write(tmp_path / "named", "Benno/other.png")
    assert set(take(tmp_path / "named", tmp_path, WRITERS).labels) == {""}
    # With classes, the folder says it.
    assert set(take(tmp_path / "named", tmp_path).labels) == {"Anna", "Benno"}


def test_the_preview_says_that_folders_look_like_people(pupils: Path, tmp_path: Path) -> None:
    seen = look(tmp_path / "pupils", ImportOptions(), tmp_path)
    (note,) = seen.notes
    assert "named after people: Anna Berg" in note
    assert "--folders writers" in note
    assert seen.has_folders
    assert look(tmp_path / "pupils", WRITERS, tmp_path).notes == ()
    write(tmp_path / "digits", "0/a.png", "1/b.png")
    seen = look(tmp_path / "digits", ImportOptions(), tmp_path)
    assert (seen.notes, seen.has_folders) == ((), True)
    write(tmp_path / "loose", "a.png", "b.png")
    assert not look(tmp_path / "loose", ImportOptions(), tmp_path).has_folders


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Anna", "Benjamin"], True),
        (["Li Wu", "Ben"], True),
        (["张伟", "王小明"], True),
        (["0", "1"], False),
        (["a", "Anna"], False),
        (["one", "two", "three"], False),
        (["class 1", "class 2"], False),
        (["Anna"], False),
        ([], False),
    ],
)
def test_what_looks_like_people(names: list[str], expected: bool) -> None:
    assert are_people(names) is expected


@pytest.mark.parametrize(
    ("name", "label"),
    [("7.png", "7"), ("7_01.png", "7"), ("A 3.jpeg", "A"), ("+-2.png", "+"), ("71.png", ""), ("IMG_7.png", "")],
)
def test_labels_in_names(name: str, label: str) -> None:
    assert label_in_name(name) == label


def test_titles_that_are_proposed(tmp_path: Path, pupils: Path) -> None:
    photo = tmp_path / "scan of monday.jpg"
    photo.write_bytes(b"x")
    assert proposed_title([pupils]) == "pupils"
    assert proposed_title([photo]) == "scan of monday"
    assert proposed_title([pupils / "a.png", pupils / "b.png"]) == "pupils"
    assert proposed_title([photo], "Class 3b") == "Class 3b"
    assert proposed_title([tmp_path / "mnist"]) == "mnist 2"
    assert proposed_title([tmp_path / ("x" * 200)]) == "x" * 80


def test_on_the_command_line(pupils: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = ["--profile", str(tmp_path / "profile")]
    assert main([*profile, "import", str(pupils)]) == 2
    assert '--into "pupils"' in capsys.readouterr().err
    assert main([*profile, "import", str(pupils), "--preview"]) == 0
    assert "named after people" in capsys.readouterr().out
    assert main([*profile, "import", str(pupils), "--into", "Pupils", "--folders", "writers"]) == 0
    assert "4 samples there have no label yet" in capsys.readouterr().out
    (tmp_path / "x.docx").write_bytes(b"MZ12 nothing that is read")
    assert main([*profile, "import", str(tmp_path / "x.docx"), "--into", "x"]) == 2
    said = capsys.readouterr().err
    assert "evaluate" not in said
