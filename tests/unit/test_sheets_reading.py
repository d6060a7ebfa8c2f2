"""Reading sheets back from photos: every filled box with its label, no empty one, in any light and position."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sheet_photos import BLACK, BLUE, DOTS, GREEN, PENCIL, RED, Camera, Pen, fill_in, photograph

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.resources import shipped_models_path
from recognizer.imaging.images import load_rgb
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import read_record
from recognizer.ink.stroke import Ink
from recognizer.library.samples import Problem
from recognizer.library.sheets.layout import Paper, SheetLayout, make_layouts
from recognizer.library.sheets.page import CODE, MARK, SheetBox
from recognizer.library.sheets.photos import chunk_of, read_photos
from recognizer.library.sheets.printing import print_sheets, render_page
from recognizer.library.sheets.reading import SheetReading, read_page, read_sheet, writer_of

CHECKOUT = Path(__file__).resolve().parents[2]
PHOTO = Path("class") / "anna.jpg"
PENS = (Pen(BLUE, 0.5), Pen(BLACK, 0.8), Pen(PENCIL, 0.5, 0.5), Pen(RED, 0.6), Pen(GREEN, 1.2))
STEADY = Camera(megapixels=3, fill=0.9)
SCENES = {
    "upside down": replace(STEADY, turn=178),
    "on its side": replace(STEADY, turn=91, fill=0.68),
    "on its other side": replace(STEADY, turn=-88, fill=0.68, tilt=(8, 5)),
    "askew": replace(STEADY, turn=24, tilt=(25, -14), fill=0.66, megapixels=6),
    "bent": replace(STEADY, curve=16, fill=0.84, tilt=(6, 6)),
    "wavy": replace(STEADY, curve=6, is_wavy=True, fill=0.86),
    "shadow": replace(STEADY, light=0.45, shadow=0.55),
    "dark and noisy": replace(STEADY, light=0.35, noise=8, quality=60),
    "yellow light": replace(STEADY, tint=(1.0, 0.8, 0.5)),
    "blurred": replace(STEADY, blur=1.6),
    "small": replace(STEADY, fill=0.6),
}
Page = tuple[SheetLayout, NDArray[np.uint8], dict[SheetBox, Ink]]


@pytest.fixture(scope="module")
def page() -> Page:
    """Ten digits four times, some boxes empty, each row with another pen."""
    (layout,) = make_layouts("0123456789", 4, title="Class 5b")
    return layout, *fill_in(layout, np.random.default_rng(13), PENS)


@pytest.fixture(scope="module")
def photo(page: Page) -> NDArray[np.uint8]:
    """A plain photo of it."""
    return photograph(page[1], STEADY, np.random.default_rng(1))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(read_record(shipped_models_path() / "digits", is_shipped=True))


def place_of(box: SheetBox, page: int = 1, name: str = PHOTO.name) -> str:
    return f"{name}, page {page}, row {box.row}, column {box.column}"


def read(photo: NDArray[np.uint8], where: Path = PHOTO) -> SheetReading:
    reading = read_page(photo, where)
    assert reading is not None
    return reading


def check(reading: SheetReading, layout: SheetLayout, inks: dict[SheetBox, Ink]) -> None:
    """Exactly the filled boxes, in order, each with its label, and nothing to complain of."""
    assert reading.layout == layout
    assert reading.chunk.problems == ()
    assert list(zip(reading.chunk.sources, reading.chunk.labels, strict=True)) == [
        (place_of(box, layout.page), box.label) for box in layout.boxes if box in inks
    ]
    assert reading.empty == layout.count - len(inks)


def on_photo(photo: NDArray[np.uint8], layout: SheetLayout, place: tuple[float, float]) -> tuple[int, int]:
    """Where a place of the page is on a photo that was taken straight from above, pixels."""
    height, width = photo.shape[:2]
    scale = STEADY.fill * height / layout.paper.size[1]
    middle = np.array([width, height]) / 2 + (np.array(place) - np.array(layout.paper.size) / 2) * scale
    return int(middle[0]), int(middle[1])


def cover(
    photo: NDArray[np.uint8], layout: SheetLayout, area: tuple[float, float, float, float], colour: tuple[int, ...]
) -> NDArray[np.uint8]:
    """A copy with a part of the page, left, top, width and height in millimetres, covered."""
    first, last = on_photo(photo, layout, area[:2]), on_photo(photo, layout, (area[0] + area[2], area[1] + area[3]))
    covered = photo.copy()
    cv2.rectangle(covered, first, last, colour, -1)
    return covered


@pytest.mark.parametrize("name", SCENES)
def test_every_filled_box_and_no_other(name: str, page: Page, classifier: Classifier) -> None:
    layout, written, inks = page
    photo = photograph(written, SCENES[name], np.random.default_rng(7))
    reading = read(photo)
    check(reading, layout, inks)
    preprocessor = Preprocessor()
    pictures = np.stack([preprocessor.from_image(picture) for picture in reading.chunk.contents])
    drawn = np.stack([preprocessor.from_ink(inks[box]) for box in layout.boxes if box in inks])
    assert [p.label for p in classifier.predict_many(pictures)] == [p.label for p in classifier.predict_many(drawn)]


def test_pictures_show_the_writing_alone(page: Page, photo: NDArray[np.uint8]) -> None:
    layout, written, inks = page
    chunk = read(photo).chunk
    pictures = dict(zip(chunk.sources, chunk.contents, strict=True))
    printed = render_page(layout).astype(int)
    for box in inks:
        picture = pictures[place_of(box)]
        assert picture.dtype == np.uint8
        # About 12 pixels to the millimetre, with a margin.
        assert 12 * box.height <= len(picture) <= 12 * box.height + 80
        assert 12 * box.width <= picture.shape[1] <= 12 * box.width + 80
        edges = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert (edges == 255).all()
        assert picture.min() < 40
        # Half inked the same places are dark in both.
        margin = 1.5
        x, y = round((box.left - margin) * DOTS), round((box.top - margin) * DOTS)
        side = [round((length + 2 * margin) * DOTS) for length in (box.width, box.height)]
        bare = printed[y : y + side[1], x : x + side[0]]
        wanted = (bare - written[y : y + side[1], x : x + side[0]].min(axis=2) > 60).astype(np.float32)
        shown = cv2.resize((picture < 128).astype(np.float32), None, fx=DOTS / 12, fy=DOTS / 12)
        likeness = cv2.matchTemplate(
            cv2.copyMakeBorder(shown, 30, 30, 30, 30, cv2.BORDER_CONSTANT),
            wanted[18:-18, 18:-18],
            cv2.TM_CCORR_NORMED,
        )
        assert likeness.max() > 0.75


def test_a_photo_in_grey(page: Page, photo: NDArray[np.uint8]) -> None:
    layout, _, inks = page
    check(read(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)), layout, inks)


@pytest.mark.parametrize("size", [0.95, 0.3])
def test_writing_that_touches_and_crosses_the_lines_and_small_writing(size: float, page: Page) -> None:
    layout = page[0]
    written, inks = fill_in(layout, np.random.default_rng(4), PENS, size=size, wander=0.06)
    check(read(photograph(written, STEADY, np.random.default_rng(2))), layout, inks)


def test_lines_that_the_copy_has_lost(page: Page) -> None:
    layout, written, inks = page
    pale = np.where(written.min(axis=2, keepdims=True) > 160, 255, written).astype(np.uint8)
    check(read(photograph(pale, replace(STEADY, turn=3), np.random.default_rng(2))), layout, inks)


@pytest.mark.parametrize("paper", list(Paper))
def test_words_on_either_paper(paper: Paper) -> None:
    (layout,) = make_layouts(["hello", "汉字", "=1+1", "<b>"], 3, paper)
    written, inks = fill_in(layout, np.random.default_rng(5), share=0.7)
    check(read(photograph(written, replace(STEADY, curve=5), np.random.default_rng(2))), layout, inks)


def test_an_empty_sheet_has_no_samples(page: Page) -> None:
    layout = page[0]
    blank = np.repeat(render_page(layout)[:, :, None], 3, axis=2)
    reading = read(photograph(blank, replace(STEADY, light=0.5, noise=6), np.random.default_rng(2)))
    check(reading, layout, {})
    assert len(reading.chunk) == 0
    assert reading.empty == 40


def test_a_scan_of_the_printed_file(page: Page, tmp_path: Path) -> None:
    layout = page[0]
    (path,) = print_sheets([layout], tmp_path / "sheet.png")
    check(read(load_rgb(path)), layout, {})


@pytest.mark.parametrize("corner", range(4))
def test_three_marks_are_enough(corner: int, page: Page, photo: NDArray[np.uint8]) -> None:
    layout, _, inks = page
    left, top = layout.paper.marks[corner]
    reading = read(cover(photo, layout, (left - 3, top - 3, MARK + 6, MARK + 6), (150, 110, 90)))
    check(reading, layout, inks)


def test_boxes_that_are_not_on_the_photo(page: Page) -> None:
    layout, written, inks = page
    whole = photograph(written, replace(STEADY, turn=-28, fill=0.72), np.random.default_rng(2))
    # The page's upper left corner is the leftmost.
    first = np.flatnonzero((whole.min(axis=2) > 150).mean(axis=0) > 0.003)[0]
    cut = np.ascontiguousarray(whole[:, first + 200 :])
    reading = read(cut)
    missing = {problem.where for problem in reading.chunk.problems}
    assert missing == {place_of(layout.boxes[0]), place_of(layout.boxes[8])}
    assert all("not on the photo" in str(problem.error) and problem.error.fix for problem in reading.chunk.problems)
    assert list(reading.chunk.sources) == [
        place_of(box) for box in layout.boxes if box in inks and place_of(box) not in missing
    ]


def test_half_a_sheet_is_an_error(page: Page, photo: NDArray[np.uint8]) -> None:
    for half in (photo[: len(photo) // 2], photo[:, photo.shape[1] // 2 :]):
        with pytest.raises(RecognizerError, match="whole") as caught:
            read_page(np.ascontiguousarray(half), PHOTO)
        assert caught.value.where == str(PHOTO)
        assert caught.value.fix


def test_a_code_and_one_mark_are_an_error_and_one_mark_alone_is_nothing(page: Page, photo: NDArray[np.uint8]) -> None:
    layout = page[0]
    x, _ = on_photo(photo, layout, (100, 0))
    _, y = on_photo(photo, layout, (0, 60))
    top = np.ascontiguousarray(photo[:y, x:])
    with pytest.raises(RecognizerError, match="whole"):
        read_page(top, PHOTO)
    left, upper = layout.paper.code
    assert read_page(cover(photo, layout, (left, upper, CODE, CODE), (200, 200, 190))[:y, x:], PHOTO) is None


def test_two_sheets_on_a_photo(page: Page, photo: NDArray[np.uint8]) -> None:
    with pytest.raises(RecognizerError, match="more than one") as caught:
        read_page(np.concatenate([photo, photo], axis=1), PHOTO)
    assert "alone" in caught.value.fix


def test_the_corner_of_another_sheet_does_no_harm(page: Page, photo: NDArray[np.uint8]) -> None:
    layout, _, inks = page
    beside = np.concatenate([photo, photo[:, : photo.shape[1] // 4]], axis=1)
    check(read(beside), layout, inks)


@pytest.mark.parametrize("colour", [(250, 250, 250), (60, 50, 40)])
def test_a_code_that_cannot_be_read(colour: tuple[int, ...], page: Page, photo: NDArray[np.uint8]) -> None:
    layout = page[0]
    left, top = layout.paper.code
    with pytest.raises(RecognizerError, match="code cannot be read") as caught:
        read_page(cover(photo, layout, (left, top, CODE, CODE * 0.6), colour), PHOTO)
    assert "light" in caught.value.fix


@pytest.mark.parametrize(
    "text", ["https://example.org", '{"recognizer":1,"g":[9999999]}', '{"recognizer":1,"s":[[[[[[[[[[']
)
def test_another_code_in_its_place(text: str, page: Page) -> None:
    layout, written, _ = page
    code = cv2.QRCodeEncoder.create().encode(text)
    left, top = layout.paper.code
    side = round(CODE * DOTS)
    changed = written.copy()
    window = changed[round(top * DOTS) :, round(left * DOTS) :][:side, :side]
    window[:] = cv2.resize(code[2:-2, 2:-2], (side, side), interpolation=cv2.INTER_NEAREST)[:, :, None]
    with pytest.raises(RecognizerError, match="no sheet of this program"):
        read_page(photograph(changed, STEADY, np.random.default_rng(2)), PHOTO)


def test_covered_boxes_are_problems(page: Page, photo: NDArray[np.uint8]) -> None:
    layout, _, inks = page
    glare, thumb = layout.boxes[9], layout.boxes[26]
    changed = photo
    for box, colour in ((glare, (255, 255, 255)), (thumb, (190, 140, 120))):
        changed = cover(changed, layout, (box.left - 1, box.top - 1, box.width + 2, box.height + 2), colour)
    reading = read(changed)
    assert [problem.where for problem in reading.chunk.problems] == [place_of(glare), place_of(thumb)]
    assert all("covered" in str(problem.error) for problem in reading.chunk.problems)
    left = [place_of(box) for box in layout.boxes if box in inks and box not in (glare, thumb)]
    assert list(reading.chunk.sources) == left


@pytest.mark.parametrize("is_full", [False, True])
def test_crossed_out_boxes_are_problems(is_full: bool, page: Page) -> None:
    layout, written, inks = page
    crossed = [layout.boxes[place] for place in (2, 17, 33)]
    changed = written.copy()
    for number, box in enumerate(crossed):
        steps = 40 if is_full else 9
        across = np.linspace(box.left + 1, box.left + box.width - 1, steps)
        down = np.where(np.arange(steps) % 2, box.top + 1.5, box.top + box.height - 1.5)
        line = np.round(np.stack([across, down], axis=1) * DOTS).astype(np.int32)
        pen = PENS[number]
        cv2.polylines(changed, [line], False, pen.colour, round(pen.width * DOTS), cv2.LINE_AA)
    reading = read(photograph(changed, STEADY, np.random.default_rng(2)))
    assert [problem.where for problem in reading.chunk.problems] == [place_of(box) for box in crossed]
    assert all("crossed out" in str(problem.error) for problem in reading.chunk.problems)
    assert all(problem.is_note for problem in reading.chunk.problems)
    assert len(reading.chunk) == len(set(inks) - set(crossed))


def test_dirt_and_a_dot_where_one_is_asked_for() -> None:
    (layout,) = make_layouts(["8", "."], 10)
    written = np.repeat(render_page(layout)[:, :, None], 3, axis=2)
    for box in layout.boxes:
        middle = (round((box.left + box.width / 2) * DOTS), round((box.top + box.height * 0.7) * DOTS))
        cv2.circle(written, middle, round(0.4 * DOTS), BLACK, -1, cv2.LINE_AA)
    reading = read(photograph(written, STEADY, np.random.default_rng(2)))
    assert reading.chunk.labels == ["."] * 10
    assert reading.empty == 10


@pytest.mark.parametrize("seed", range(2))
def test_other_pictures_are_no_sheets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (900, 1200, 3)).astype(np.uint8)
    assert read_sheet(noise, PHOTO) is None
    blobs = cv2.GaussianBlur(rng.random((1500, 1200)).astype(np.float32), (0, 0), 7)
    assert read_sheet((blobs > np.median(blobs)).astype(np.uint8) * 255, PHOTO) is None
    squares = np.kron(rng.integers(0, 2, (60, 80)), np.ones((20, 20))).astype(np.uint8) * 255
    assert read_sheet(np.repeat(squares[:, :, None], 3, axis=2), PHOTO) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (3, 2000), (40, 40, 3)])
def test_tiny_pictures_are_no_sheets(shape: tuple[int, ...]) -> None:
    assert read_sheet(np.full(shape, 200, np.uint8), PHOTO) is None


def test_photos_of_numbers_are_no_sheets() -> None:
    root = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data") / "photos_multi"
    if not (root / "labels.csv").is_file():
        pytest.skip("photos_multi not found")
    with (root / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 10
    assert [row["file"] for row in rows if read_page(load_rgb(root / row["file"]), PHOTO) is not None] == []


@pytest.mark.parametrize(
    ("change", "name", "writer"),
    [
        ({}, "anna.jpg", "Class 5b abc234/anna"),
        ({"title": ""}, "IMG_0001.JPG", "abc234/IMG_0001"),
        ({"writer": 7}, "anna.jpg", "Class 5b abc234/7"),
        ({"writer": 7, "page": 2, "pages": 2}, "IMG_2.jpg", "Class 5b abc234/7"),
        ({"page": 2, "pages": 2}, "anna-2.jpg", "Class 5b abc234/anna"),
        ({"page": 1, "pages": 2}, "anna p1.jpg", "Class 5b abc234/anna"),
        ({"page": 1, "pages": 2}, "anna-2.jpg", "Class 5b abc234/anna-2"),
        ({"page": 1, "pages": 2}, "IMG_0001.jpg", "Class 5b abc234/IMG_0001"),
        ({"page": 1, "pages": 2}, "1.jpg", "Class 5b abc234/1"),
        ({"page": 1, "pages": 1}, "scan_1.jpg", "Class 5b abc234/scan_1"),
        ({}, "a\u202eb\n.jpg", "Class 5b abc234/a b"),
    ],
)
def test_writers(change: dict[str, object], name: str, writer: str, page: Page) -> None:
    layout = replace(page[0], sheet="abc234", **change)  # type: ignore[arg-type]
    assert writer_of(layout, Path("some folder") / name) == writer


def test_each_page_of_a_numbered_sheet_has_the_same_writer() -> None:
    pages = make_layouts("0123456789", 22, title="T", writers=2)
    assert len(pages) == 4
    readings = []
    for number in (2, 3):
        written, inks = fill_in(pages[number], np.random.default_rng(number), share=0.2)
        reading = read(photograph(written, STEADY, np.random.default_rng(2)))
        check(reading, pages[number], inks)
        readings.append(reading)
    assert {writer for reading in readings for writer in reading.chunk.writers} == {f"T {pages[0].sheet}/2"}


def test_many_photos(page: Page, photo: NDArray[np.uint8], tmp_path: Path) -> None:
    layout, _, inks = page
    good, other, missing = tmp_path / "ben.jpg", tmp_path / "other.png", tmp_path / "missing.jpg"
    picture = Image.fromarray(photo)
    exif = picture.getexif()
    exif[0x0112] = 3
    picture.rotate(180).save(good, exif=exif, quality=92)
    Image.new("RGB", (300, 200), (200, 190, 180)).save(other)
    told: list[tuple[int, int]] = []
    read_all = list(read_photos([other, good, missing], lambda done, total, _: told.append((done, total))))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert [type(one) for one in read_all] == [Problem, SheetReading, Problem]
    chunks = [chunk_of(one) for one in read_all]
    assert [len(chunk) for chunk in chunks] == [0, len(inks), 0]
    assert [[problem.where for problem in chunk.problems] for chunk in chunks] == [[str(other)], [], [str(missing)]]
    assert set(chunks[1].writers) == {f"Class 5b {layout.sheet}/ben"}
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        next(read_photos([good], token=token))


def test_the_chunk_alone(page: Page, photo: NDArray[np.uint8]) -> None:
    chunk = read_sheet(photo, PHOTO)
    assert chunk is not None
    assert len(chunk) == len(page[2])
    assert set(chunk.writers) == {f"Class 5b {page[0].sheet}/anna"}
