"""Printing sheets: PDF and PNG of the right size that show the same, with a typeface for every character."""

import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.library.sheets import fonts
from recognizer.library.sheets.drawing import Area, Words, draw_page
from recognizer.library.sheets.layout import Paper, make_layouts
from recognizer.library.sheets.printing import print_sheets, render_page

POINTS = 72 / 25.4


def pdf_objects(content: bytes) -> dict[int, bytes]:
    """The objects of a PDF, found by its cross-reference table."""
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n\Z", content)[1])  # type: ignore[index]
    assert content[start:].startswith(b"xref\n")
    places = re.findall(rb"(\d{10}) 00000 n \n", content[start:])
    found = {}
    for number, place in enumerate(places, 1):
        head = b"%d 0 obj\n" % number
        at = int(place)
        assert content[at : at + len(head)] == head
        found[number] = content[at + len(head) : content.index(b"endobj", at)]
    return found


def pdf_stream(body: bytes) -> str:
    match = re.search(rb"/Length (\d+).*?>>\nstream\n", body, re.DOTALL)
    assert match
    return zlib.decompress(body[match.end() : match.end() + int(match[1])]).decode("ascii")


def pdf_pages(content: bytes) -> list[tuple[tuple[float, float], str, dict[int, str]]]:
    """Of each page its size in millimetres, its drawing, and the drawings that it calls."""
    objects = pdf_objects(content)
    pages = []
    for number in re.findall(rb"(\d+) 0 R", objects[2]):
        body = objects[int(number)]
        width, height = (float(v) / POINTS for v in re.search(rb"MediaBox\[0 0 ([\d.]+) ([\d.]+)", body).groups())  # type: ignore[union-attr]
        drawing = pdf_stream(objects[int(re.search(rb"/Contents (\d+)", body)[1])])  # type: ignore[index]
        called = {int(name): pdf_stream(objects[int(name)]) for name in re.findall(rb"/W(\d+) ", body)}
        pages.append(((width, height), drawing, called))
    return pages


def rectangles(drawing: str, size: tuple[float, float], scale: float) -> NDArray[np.uint8]:
    """A page of a PDF as a picture, without its words."""
    page = np.full((round(size[1] * scale), round(size[0] * scale)), 255, np.uint8)
    level = 0
    for line in drawing.split("\n"):
        if line.endswith(" g"):
            level = round(float(line[:-2]) * 255)
        elif line.endswith(" re f"):
            left, top, width, height = (float(value) * scale for value in line.split()[:4])
            page[round(top) : round(top + height), round(left) : round(left + width)] = level
    return page


@pytest.mark.parametrize("paper", list(Paper))
def test_pdf_and_png_show_the_same(paper: Paper, tmp_path: Path) -> None:
    pages = make_layouts(["7", "汉", "hello"], 20, paper, title="Class 5b")
    (path,) = print_sheets(pages, tmp_path / "sheets.pdf")
    assert path.stat().st_size < 60_000 * len(pages)
    drawn = pdf_pages(path.read_bytes())
    assert len(drawn) == len(pages)
    for layout, (size, drawing, called) in zip(pages, drawn, strict=True):
        assert size == pytest.approx(paper.size, abs=0.01)
        parts = draw_page(layout)
        words = [part for part in parts if isinstance(part, Words)]
        assert drawing.count(" Do Q") == len(words)
        assert len(called) == len({(part.text, part.is_bold) for part in words})
        assert all(" m " in path and path.endswith("f*") for path in called.values())
        assert drawing.count(" re f") == len(parts) - len(words)
        picture = render_page(layout)
        shown = rectangles(drawing, size, 300 / 25.4)
        assert shown.shape == picture.shape
        # Words are the only difference, and the edges of what is filled.
        for part in parts:
            if isinstance(part, Area) and min(part.width, part.height) > 0.4:
                x, y = (round(v * 300 / 25.4) for v in (part.left + part.width / 2, part.top + part.height / 2))
                assert abs(int(shown[y, x]) - int(picture[y, x])) <= 2


def test_outlines_follow_the_letters(tmp_path: Path) -> None:
    """The outlines of `o` in the PDF: two closed paths, one within the other, as wide as the letter is printed."""
    (path,) = print_sheets(make_layouts(["o"], 1), tmp_path / "one.pdf")
    ((_, drawing, called),) = pdf_pages(path.read_bytes())
    em = next(box.guide[3] for box in make_layouts(["o"], 1)[0].boxes)
    number, outline = next((n, text) for n, text in called.items() if text.count(" h") == 2)
    shapes = [
        np.array(re.findall(r"(-?\d+) (-?\d+) [ml]", shape), int) for shape in outline.removesuffix("\nf*").split("\n")
    ]
    outer, inner = sorted((np.ptp(shape, axis=0) for shape in shapes), key=lambda side: -side[0])
    assert (inner < outer).all()
    scale = float(re.search(rf"q ([\d.]+) .* /W{number} Do", drawing)[1])  # type: ignore[index]
    image = Image.new("L", (1500, 1500))
    ImageDraw.Draw(image).text((200, 200), "o", font=fonts.font(fonts.runs("o")[0][1], 1000), fill=255)
    left, top, right, bottom = image.getbbox() or (0, 0, 0, 0)
    assert outer * scale == pytest.approx(np.array([right - left, bottom - top]) / 1000 * em, abs=0.04)


def test_png_is_printed_at_its_true_size(tmp_path: Path) -> None:
    layout = make_layouts("0123456789", 10)[0]
    written = print_sheets([layout], tmp_path / "sheet.png")
    assert written == [tmp_path / "sheet.png"]
    assert written[0].stat().st_size < 100_000
    with Image.open(written[0]) as image:
        assert image.size == (2480, 3508)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        levels = np.asarray(image.convert("L")).astype(int)
    assert np.abs(levels - render_page(layout)).max() <= 9


def test_a_png_for_each_page(tmp_path: Path) -> None:
    pages = make_layouts("ab", 60, writers=5)
    written = print_sheets(pages, tmp_path / "sheet.png")
    assert [path.name for path in written] == [f"sheet-{number:02}.png" for number in range(1, 11)]
    assert all(path.is_file() for path in written)


def test_lines_and_symbols_are_lighter_than_ink_and_lie_where_the_layout_says() -> None:
    layout = make_layouts(["8"], 10)[0]
    page = render_page(layout)
    dots = 300 / 25.4
    for box in layout.boxes:
        left, top, right, bottom = (
            round(v * dots) for v in (box.left + 1, box.top + 1, box.left + box.width - 1, box.top + box.height - 1)
        )
        assert (page[top:bottom, left:right] == 255).all()
        middle = (top + bottom) // 2
        edge = page[middle, round((box.left - 0.5) * dots) : round((box.left + 0.5) * dots)]
        assert 170 <= edge.min() <= 190
        x, y, width, height = (round(v * dots) for v in box.guide)
        guide = page[y : y + height, x : x + width]
        assert 130 <= guide.min() <= 150
        assert (guide < 200).mean() > 0.02


def test_the_writer_s_number_is_printed() -> None:
    pages = make_layouts("01", 5, writers=2)
    for page in pages:
        words = [part.text for part in draw_page(page) if isinstance(part, Words)]
        assert f"Sheet {page.writer}" in words
        assert f"{page.sheet} · Page 1 of 1" in words
    plain = make_layouts("01", 5)[0]
    assert not any(part.text.startswith("Sheet ") for part in draw_page(plain) if isinstance(part, Words))


def test_words_are_made_to_fit() -> None:
    layout = make_layouts(["m" * 32, "W" * 32], 1, title="W" * 40)[0]
    page = render_page(layout)
    left, top = (round(v * 300 / 25.4) for v in layout.paper.code)
    assert (page[top:, left - 30 : left - 5][:300] == 255).all()


def test_a_character_without_a_typeface_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_system_fonts", lambda: ())
    fonts._font_for.cache_clear()
    try:
        print_sheets(make_layouts(["字", "é", "×"], 2), tmp_path / "own.pdf")
        with pytest.raises(RecognizerError) as caught:
            print_sheets(make_layouts(["7", "龘"], 2), tmp_path / "sheet.pdf")
    finally:
        fonts._font_for.cache_clear()
    assert "龘" in caught.value.where
    assert "U+9F98" in caught.value.where
    assert caught.value.fix
    assert [path.name for path in tmp_path.iterdir()] == ["own.pdf"]


def test_damaged_typefaces_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = (Path(fonts.__file__).parents[3] / "resources" / "fonts" / "RecognizerSansSC.otf").read_bytes()
    damaged = []
    for number, content in enumerate((b"", b"OTTO", b"ttcf" + b"\xff" * 60, good[:300], good[:90] + b"\xff" * 400)):
        path = tmp_path / f"{number}.ttc"
        path.write_bytes(content)
        damaged.append(path)
    monkeypatch.setattr(fonts, "_system_fonts", lambda: tuple(damaged))
    fonts._font_for.cache_clear()
    try:
        with pytest.raises(RecognizerError, match="typeface"):
            fonts.runs("龘")
    finally:
        fonts._font_for.cache_clear()


def test_a_line_is_set_in_as_few_typefaces_as_it_needs() -> None:
    own = [(text, typeface.path.stem) for text, typeface in fonts.runs("a1字典+")]
    assert own == [("a1", "Inter-Regular"), ("字典", "RecognizerSansSC"), ("+", "Inter-Regular")]
    assert fonts.runs("Ab", is_bold=True)[0][1].path.stem == "Inter-SemiBold"


@pytest.mark.parametrize("name", ["sheet", "sheet.txt", "sheet.pdf.jpg"])
def test_other_kinds_of_files(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecognizerError) as caught:
        print_sheets(make_layouts("0", 1), tmp_path / name)
    assert ".pdf" in caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RecognizerError):
        print_sheets(make_layouts("0", 1), tmp_path / "file" / "sheet.pdf")
    assert (tmp_path / "file").read_text() == "no folder"


def test_printing_tells_its_progress_and_can_be_cancelled(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    token = CancellationToken()

    def progress(done: int, total: int, message: str) -> None:
        told.append((done, total))
        if done == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        print_sheets(make_layouts("0", 1, writers=4), tmp_path / "sheet.pdf", progress, token)
    assert told == [(0, 4), (1, 4), (2, 4)]
    assert list(tmp_path.iterdir()) == []
