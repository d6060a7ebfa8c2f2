"""Names of those who are to write on sheets: given at once or in a file, printed, and read back."""

from pathlib import Path

import numpy as np
import pytest
from import_samples import take
from PIL import Image
from sheet_photos import Camera, fill_in, photograph

from recognizer.base.errors import RecognizerError
from recognizer.cli import main
from recognizer.library.sheets.drawing import Words, draw_page
from recognizer.library.sheets.layout import make_layouts
from recognizer.library.sheets.page import MAX_NAME
from recognizer.library.sheets.writers import names_in, writers_of


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", 0),
        ("25", 25),
        ("-1", -1),
        ("Anna", ["Anna"]),
        ("Anna Berg, Ben;  Chloe ,", ["Anna Berg", "Ben", "Chloe"]),
        ("张伟，王芳", ["张伟", "王芳"]),
    ],
)
def test_numbers_and_names(said: str, expected: int | list[str]) -> None:
    assert writers_of(said) == expected


def test_a_file_of_names(tmp_path: Path) -> None:
    (tmp_path / "class").write_bytes("\ufeffBerg, Anna\r\n\r\n  Ben \tC\nZoe\u0308".encode())
    assert writers_of(str(tmp_path / "class")) == ["Berg, Anna", "Ben C", "Zoë"]
    for absent in ("names.txt", str(tmp_path / "other")):
        with pytest.raises(RecognizerError, match="There is no such file"):
            writers_of(absent)
    assert names_in("a\n\nb") == ["a", "b"]


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["Anna", "Ben", "Anna"], "the same name"),
        (["x" * (MAX_NAME + 1)], "cannot be printed"),
        (["a\u202eb"], "cannot be printed"),
        ([f"Pupil {n}" for n in range(501)], "cannot be laid out"),
    ],
)
def test_names_that_cannot_be(names: list[str], what: str) -> None:
    with pytest.raises(RecognizerError, match=what):
        make_layouts("0", 1, writers=names)


def test_names_are_printed_and_come_back(tmp_path: Path) -> None:
    layouts = make_layouts("37", 4, title="Class 3b", writers=["Anna Berg", "Ben"])
    assert [(page.writer, page.name) for page in layouts] == [(1, "Anna Berg"), (2, "Ben")]
    words = [part.text for part in draw_page(layouts[0]) if isinstance(part, Words)]
    assert {"Anna Berg", "Sheet 1"} <= set(words)
    (tmp_path / "photos").mkdir()
    for place, layout in enumerate(layouts):
        written, _ = fill_in(layout, np.random.default_rng(place), share=1.0)
        photo = photograph(written, Camera(megapixels=2, fill=0.9), np.random.default_rng(place))
        Image.fromarray(photo).save(tmp_path / "photos" / f"IMG_{place}.jpg", quality=92)
    taken = take(tmp_path / "photos", tmp_path)
    sheet = f"Class 3b {layouts[0].sheet}"
    assert taken.writers == [f"{sheet}/Anna Berg"] * 8 + [f"{sheet}/Ben"] * 8


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "names.txt").write_text("Anna\nBen\n", "utf-8")
    for said in ("Anna, Ben", str(tmp_path / "names.txt"), "2"):
        out = str(tmp_path / "sheets.pdf")
        assert main(["sheet", "--symbols", "01", "--copies-each", "2", "--writers", said, "--out", out]) == 0
        assert capsys.readouterr().out.startswith("2 pages: ")
    assert main(["sheet", "--writers", "Anna,Anna", "--out", out]) == 2
    assert "the same name" in capsys.readouterr().err
