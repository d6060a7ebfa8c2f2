"""Laying out sheets: every symbol as often as asked for, boxes that fit, and codes that are not too long."""

import string

import pytest

from recognizer.base.errors import RecognizerError
from recognizer.library.sheets.code import MAX_BYTES, payload_of
from recognizer.library.sheets.layout import Paper, SheetLayout, make_layouts
from recognizer.library.sheets.page import CODE, MARK

HAN = "一丁七万丈三上下不与丐丑专且世丘丙业丛东丝丢两严丧个中丰串临丸丹为主丽举乃久么义之乌乍乎乏乐乒乓乔乖"


def labels_of(pages: list[SheetLayout]) -> list[str]:
    return [box.label for page in pages for box in page.boxes]


def overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return all(one[axis] < other[axis] + other[2 + axis] and other[axis] < one[axis] + one[2 + axis] for axis in (0, 1))


@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize(
    ("symbols", "copies"),
    [
        (list("0123456789"), 10),
        (list("0123456789+−×÷=()"), 6),
        (list(string.ascii_letters), 7),
        (list(HAN), 3),
        (["hello", "world", "汉字"], 13),
        (["x" * 32, "字" * 32], 5),
        (["1"], 1),
    ],
)
def test_every_symbol_has_its_boxes_and_nothing_overlaps(symbols: list[str], copies: int, paper: Paper) -> None:
    pages = make_layouts(symbols, copies, paper, title="Class 5b")
    assert labels_of(pages) == [symbol for symbol in symbols for _ in range(copies)]
    width, height = paper.size
    marks = [(left, top, MARK, MARK) for left, top in paper.marks]
    marks.append((*paper.code, CODE, CODE))
    for number, page in enumerate(pages, 1):
        assert (page.page, page.pages, page.paper, page.title) == (number, len(pages), paper, "Class 5b")
        assert page.sheet == pages[0].sheet
        assert len(payload_of(page)) <= MAX_BYTES
        outlines = [(box.left, box.top, box.width, box.height) for box in page.boxes]
        guides = [box.guide for box in page.boxes]
        for place in (*outlines, *guides):
            assert place[0] >= 5
            assert place[1] >= 5
            assert place[0] + place[2] <= width - 5
            assert place[1] + place[3] <= height - 5
            assert not any(overlap(place, mark) for mark in marks)
        assert not any(overlap(guide, outline) for guide in guides for outline in outlines)
        # Sorted along the rows, neighbours and the row below are all that could overlap.
        for place, outline in enumerate(outlines):
            near = outlines[place + 1 : place + 2 + page.columns]
            assert not any(overlap(outline, other) for other in near)


def test_ten_digits_ten_times_fill_one_page_a_row_each() -> None:
    (page,) = make_layouts("0123456789", 10)
    assert (page.columns, page.rows, page.count) == (10, 10, 100)
    assert all(box.label == str(box.row - 1) for box in page.boxes)
    assert page.boxes[0].width == pytest.approx(page.boxes[0].height)
    assert page.boxes[0].width >= 15


@pytest.mark.parametrize(("copies", "columns"), [(1, 10), (3, 9), (4, 8), (5, 10), (6, 12), (7, 7), (11, 11), (20, 10)])
def test_rows_begin_with_a_new_symbol_where_that_can_be(copies: int, columns: int) -> None:
    page = make_layouts(string.ascii_lowercase, copies)[0]
    assert page.columns == columns
    begun = {box.label for box in page.boxes if box.column == 1}
    assert all(columns % copies == 0 or label in begun for label in page.symbols)


def test_long_labels_get_wide_boxes() -> None:
    narrow, wide = make_layouts(["7"], 3)[0], make_layouts(["understand"], 3)[0]
    assert wide.box_width > 2 * narrow.box_width
    assert make_layouts(["字" * 32], 1)[0].columns == 1


def test_a_symbol_goes_on_on_the_next_page() -> None:
    first, second = make_layouts(["a", "b"], 70)
    assert first.count == 110
    assert (second.symbols, second.skipped, second.count) == (("b",), 40, 30)


def test_a_page_holds_no_more_labels_than_its_code_can_say() -> None:
    pages = make_layouts([f"{number:02}{'字' * 30}" for number in range(12)], 1)
    assert len(pages) > 2
    assert sum(page.count for page in pages) == 12


def test_numbered_copies_for_each_writer() -> None:
    pages = make_layouts(string.ascii_letters, 5, writers=3)
    assert [(page.writer, page.page) for page in pages] == [(w, p) for w in (1, 2, 3) for p in (1, 2, 3)]
    assert len({page.sheet for page in pages}) == 1
    assert make_layouts("01", 5)[0].writer == 0


def test_every_call_gives_another_name() -> None:
    assert len({make_layouts("0", 1)[0].sheet for _ in range(20)}) == 20


def test_labels_are_taken_once_trimmed_and_composed() -> None:
    (page,) = make_layouts([" 1", "2", "1 ", "e\u0301"], 2)
    assert page.symbols == ("1", "2", "é")


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "\x00", "x\u202ey", "\u200d", "x" * 33, "\ud800", "\u2028"])
def test_labels_that_cannot_be_printed(label: str) -> None:
    with pytest.raises(RecognizerError) as caught:
        make_layouts(["1", label], 2)
    assert caught.value.exit_code == 2
    assert caught.value.where.isprintable()
    assert caught.value.fix


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"symbols": []}, "0 symbols"),
        ({"copies_each": 0}, "= 0"),
        ({"copies_each": 1001}, "= 1001"),
        ({"writers": -1}, "= -1"),
        ({"writers": 501}, "= 501"),
        ({"title": "x" * 41}, "xxx"),
        ({"title": "a\tb"}, "a\\tb"),
        ({"symbols": [str(number) for number in range(5000)], "copies_each": 1000}, "5,000,000"),
        ({"copies_each": 1000, "writers": 500}, "10,000"),
    ],
)
def test_what_cannot_be_laid_out_is_named(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(RecognizerError) as caught:
        make_layouts(**{"symbols": list("0123456789"), **arguments})  # type: ignore[arg-type]
    assert named in caught.value.where
    assert caught.value.fix


@pytest.mark.parametrize(
    "change",
    [
        {"symbols": ()},
        {"columns": 0},
        {"rows": 26},
        {"box_width": 79},
        {"left": -1},
        {"left": 2000},
        {"top": 10},
        {"top": 2900},
        {"copies": 0},
        {"skipped": 2},
        {"page": 2},
        {"writer": -1},
        {"sheet": "a b"},
        {"title": "\n"},
    ],
)
def test_layouts_that_cannot_be(change: dict[str, object]) -> None:
    usual = {
        "symbols": ("1", "2"),
        "copies": 2,
        "columns": 2,
        "rows": 2,
        "left": 100,
        "top": 470,
        "box_width": 150,
        "box_height": 150,
        "gap": 30,
        "strip": 60,
    }
    assert SheetLayout(**usual).count == 4  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=next(iter(change))):
        SheetLayout(**usual | change)  # type: ignore[arg-type]
