"""Photos of sheets among what is imported: in any folder, once each, and never taken for one symbol."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from import_samples import take
from numpy.typing import NDArray
from PIL import Image
from sheet_photos import PENCIL, Camera, Pen, fill_in, photograph, write_on

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.library.importing import sheet_photos
from recognizer.library.importing.source import ImportOptions, open_data
from recognizer.library.samples import UNKNOWN
from recognizer.library.sheets.layout import SheetLayout, make_layouts
from recognizer.library.sheets.printing import render_page
from recognizer.library.store import editing, tables
from recognizer.library.store.library import Library
from recognizer.library.transfer import import_into

CAMERA = Camera(megapixels=2, fill=0.9)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


@pytest.fixture(scope="module")
def layouts() -> list[SheetLayout]:
    """Sheets with four boxes of 3 and of 7, for two writers."""
    return make_layouts("37", 4, writers=2)


def sheet(layout: SheetLayout, seed: int, share: float = 1.0, camera: Camera = CAMERA) -> NDArray[np.uint8]:
    """A photo of a sheet that is filled, each seed another writing."""
    written, _ = fill_in(layout, np.random.default_rng(seed), (Pen(PENCIL, 0.6),), share)
    return photograph(written, camera, np.random.default_rng(seed))


def table() -> NDArray[np.uint8]:
    """A photo of paper without a sheet on it."""
    paper = np.full((1200, 900, 3), 250, np.uint8)
    paper[500:520, 300:600] = 40
    return photograph(paper, replace(CAMERA, fill=0.5), np.random.default_rng(4))


def save(path: Path, photo: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(photo).save(path, quality=92)


def test_folders_may_be_named_after_those_who_wrote(tmp_path: Path, layouts: list[SheetLayout]) -> None:
    unnumbered = replace(layouts[0], writer=0)
    for seed, name in enumerate(("Anna", "Ben")):
        save(tmp_path / "class" / name / "IMG_1.jpg", sheet(unnumbered, seed))
    taken = take(tmp_path / "class", tmp_path)
    assert taken.labels == [*"33337777"] * 2
    assert taken.writers == [f"{unnumbered.sheet}/Anna"] * 8 + [f"{unnumbered.sheet}/Ben"] * 8
    assert taken.problems == []


def test_a_folder_of_a_whole_class_is_no_writer_and_a_number_says_who_wrote(
    tmp_path: Path, layouts: list[SheetLayout]
) -> None:
    sheet_name = layouts[0].sheet
    for seed in range(2):
        save(tmp_path / "all" / "DCIM" / f"IMG_{seed}.jpg", sheet(replace(layouts[0], writer=0), seed))
    assert set(take(tmp_path / "all", tmp_path).writers) == {f"{sheet_name}/DCIM/IMG_0", f"{sheet_name}/DCIM/IMG_1"}
    save(tmp_path / "one" / "Anna" / "IMG_1.jpg", sheet(layouts[1], 3))
    assert set(take(tmp_path / "one", tmp_path).writers) == {f"{sheet_name}/2"}


@pytest.mark.parametrize("name", ["a.jpg", "z.jpg"])
def test_a_photo_without_a_sheet_among_others_is_no_sample(
    name: str, tmp_path: Path, layouts: list[SheetLayout]
) -> None:
    save(tmp_path / "photos" / "m.jpg", sheet(layouts[0], 1))
    save(tmp_path / "photos" / name, table())
    taken = take(tmp_path / "photos", tmp_path)
    assert taken.labels == [*"33337777"]
    (problem,) = taken.problems
    assert problem.where.endswith(name)
    assert "no sheet to be seen" in problem.error.what
    # Alone, or with a label that somebody gives, it is a symbol.
    assert take(tmp_path / "photos" / name, tmp_path).labels == [""]
    assert sorted(take(tmp_path / "photos", tmp_path, ImportOptions(label="7")).labels) == [*"33337", *"7777"]


def test_pictures_without_sheets_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_photos, "_MOST_WAITING", 3)
    white = np.full((450, 450), 255, np.uint8)
    for place in range(6):
        picture = white.copy()
        picture[100 : 150 + 20 * place, 200:230] = 0
        save(tmp_path / "pictures" / f"{place}.png", picture[: 300 if place == 1 else 450])
    taken = take(tmp_path / "pictures", tmp_path)
    assert [source[-5] for source in taken.sources] == [*"012345"]


def test_a_sheet_on_two_photos_is_taken_once(tmp_path: Path, layouts: list[SheetLayout]) -> None:
    layout = layouts[0]
    rng = np.random.default_rng(2)
    _, inks = fill_in(layout, rng, share=1.0)
    pens = dict.fromkeys(inks, Pen())
    for name, boxes, camera in (
        ("a.jpg", layout.boxes[:6], CAMERA),
        ("b.jpg", layout.boxes, replace(CAMERA, turn=180, tilt=(6, 5), light=0.6)),
    ):
        drawn = {box: inks[box] for box in boxes}
        # Everything is written in the same places on both.
        page = write_on(render_page(layout), drawn, pens, np.random.default_rng(3), wander=0)
        save(tmp_path / "photos" / name, photograph(page, camera, rng))
    taken = take(tmp_path / "photos", tmp_path)
    assert taken.labels == [*"33337777"]
    (problem,) = taken.problems
    assert problem.error.what == "The sheet is on another photo too"
    assert problem.is_note
    assert problem.error.where.endswith("b.jpg (a.jpg)")
    assert problem.error.fix == "Nothing is to be done; 2 more boxes were taken"


def test_copies_of_a_sheet_that_others_have_filled_are_all_taken(tmp_path: Path, layouts: list[SheetLayout]) -> None:
    for seed in range(3):
        save(tmp_path / "photos" / f"{seed}.jpg", sheet(layouts[0], 10 + seed))
    taken = take(tmp_path / "photos", tmp_path)
    assert taken.labels == [*"33337777"] * 3
    assert taken.problems == []


def test_an_empty_sheet_is_told(tmp_path: Path, layouts: list[SheetLayout]) -> None:
    save(tmp_path / "photos" / "a.jpg", sheet(layouts[0], 1))
    save(tmp_path / "photos" / "b.jpg", sheet(layouts[1], 1, share=0.0))
    taken = take(tmp_path / "photos", tmp_path)
    assert len(taken.labels) == 8
    (problem,) = taken.problems
    assert problem.error.what == "Nothing is written on the sheet"


def test_the_preview_says_that_these_are_sheets(tmp_path: Path, layouts: list[SheetLayout]) -> None:
    for seed in range(4):
        save(tmp_path / "photos" / f"{seed}.jpg", sheet(layouts[0], seed))
    with open_data([tmp_path / "photos"], tmp_path, ImportOptions()) as source:
        found = source.preview()
    assert (found.kind, found.count, found.has_labels) == ("Photos of sheets", UNKNOWN, True)
    assert len(found.first) == 24
    assert found.notes == ("4 photos; every box that is written in becomes a sample",)
    with open_data([tmp_path / "photos" / "0.jpg"], tmp_path, ImportOptions()) as source:
        found = source.preview()
    assert (found.count, dict(found.labels)) == (8, {"3": 4, "7": 4})


def test_the_preview_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    with open_data([tmp_path / "x.png"], tmp_path, ImportOptions()) as source:
        found = source.preview()
    assert found.count == 0
    assert found.notes[0].startswith("The picture cannot be read")


@pytest.mark.parametrize(
    ("name", "content", "what", "fix"),
    [
        ("IMG_1.HEIC", HEIC, "kind HEIC are not opened", "JPEG"),
        ("IMG_1.jpg", HEIC, "kind HEIC are not opened", "JPEG"),
        ("x.avif", b"\0\0\0\x18ftypavif", "kind AVIF are not opened", "JPEG"),
        ("scan.pdf", b"%PDF-1.4", "PDF files are not opened", "PNG or JPEG"),
        ("list.docx", b"PK\x05\x06" + bytes(18), "Documents are not opened", "CSV"),
        ("film.mov", b"\0\0\0\x18ftypqt  ", "Films are not opened", "photos"),
    ],
)
def test_what_people_bring_along(name: str, content: bytes, what: str, fix: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecognizerError) as caught:
        take(tmp_path / name, tmp_path)
    assert what in caught.value.what
    assert caught.value.where.endswith(name)
    assert fix in caught.value.fix


def test_photos_that_are_not_opened_are_missed_in_no_folder(tmp_path: Path, layouts: list[SheetLayout]) -> None:
    for folder in ("photos", "class/Anna"):
        save(tmp_path / folder / "a.jpg", sheet(layouts[0], 1))
        (tmp_path / folder / "b.heic").write_bytes(HEIC)
        (tmp_path / folder / "readme.md").write_bytes(b"hello")
        taken = take(tmp_path / folder.partition("/")[0], tmp_path)
        assert len(taken.labels) == 8
        assert [problem.error.where[-6:] for problem in taken.problems] == ["b.heic"]
    (tmp_path / "photos" / "a.jpg").unlink()
    with pytest.raises(RecognizerError, match="kind HEIC"):
        take(tmp_path / "photos", tmp_path)
    (tmp_path / "none").mkdir()
    with pytest.raises(RecognizerError, match="The folder is empty"):
        take(tmp_path / "none", tmp_path)


def test_a_sheet_that_is_photographed_again_brings_only_what_is_new(
    tmp_path: Path, profile: Profile, layouts: list[SheetLayout]
) -> None:
    layout = layouts[0]
    _, inks = fill_in(layout, np.random.default_rng(2), share=1.0)
    for name, boxes, camera in (
        ("first.jpg", layout.boxes[:6], CAMERA),
        ("again.jpg", layout.boxes, replace(CAMERA, turn=180, light=0.6)),
    ):
        drawn = {box: inks[box] for box in boxes}
        page = write_on(render_page(layout), drawn, dict.fromkeys(drawn, Pen()), np.random.default_rng(3), wander=0)
        save(tmp_path / name, photograph(page, camera, np.random.default_rng(4)))
    save(tmp_path / "other.jpg", sheet(layout, 20))
    library = Library.of(profile)
    assert import_into(library, [tmp_path / "first.jpg"], "3b").added == 6
    editing.relabel(library, tables.table(library, "3b").ids[:1], "8")
    told = import_into(library, [tmp_path / "again.jpg"], "3b")
    assert (told.added, told.duplicates, told.known_boxes, told.total) == (2, 0, 6, 8)
    # A copy of the same sheet that somebody else has filled is something new.
    assert import_into(library, [tmp_path / "other.jpg"], "3b").added == 8
    assert import_into(library, [tmp_path / "again.jpg"], "3b", keeps_duplicates=True).added == 8
    assert import_into(library, [tmp_path / "again.jpg"], "another").added == 8
    library.close()
