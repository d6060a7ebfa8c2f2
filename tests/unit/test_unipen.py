"""UNIPEN 1.0: its definition's keywords and delineations, exact round trips, and files that must be refused."""

from pathlib import Path

import numpy as np
import pytest
from ink_samples import check_same, random_file

from recognizer.base.errors import RecognizerError
from recognizer.ink import unipen, unipen_segments
from recognizer.ink.ink_file import InkFile
from recognizer.ink.stroke import Ink
from recognizer.ink.unipen import read_unipen, write_unipen

HEAD = ".VERSION 1.0\n.DATA_SOURCE here\n.COORD X Y\n.HIERARCHY PAGE WORD CHARACTER\n"
THREE = "".join(f".PEN_DOWN\n{n} {n}\n{n} {n + 1}\n{n} {n + 2}\n.PEN_UP\n" for n in (10, 20, 30))


def read(folder: Path, text: str) -> InkFile:
    path = folder / "x.dat"
    path.write_text(text, encoding="utf-8")
    return read_unipen(path)


def points(ink: Ink) -> list[list[list[float]]]:
    return [stroke.points.tolist() for stroke in ink.strokes]


def refused(path: Path) -> RecognizerError:
    with pytest.raises(RecognizerError) as caught:
        read_unipen(path)
    assert str(path) in caught.value.where
    assert caught.value.fix
    return caught.value


def test_y_points_up_in_the_file(tmp_path: Path) -> None:
    file = read(
        tmp_path, HEAD + '.SEGMENT CHARACTER 0-1 OK "7"\n.PEN_DOWN\n0 10\n5 10\n.PEN_UP\n.PEN_DOWN\n2 3\n.PEN_UP'
    )
    assert file.labels == ("7",)
    assert points(file.inks[0]) == [[[0, -10], [5, -10]], [[2, -3]]]


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("0", [[10, 11, 12]]),
        ("0-1", [[10, 11, 12], [20, 21, 22]]),
        ("0,2", [[10, 11, 12], [30, 31, 32]]),
        ("2,0", [[30, 31, 32], [10, 11, 12]]),
        ("0:1-1:0", [[11, 12], [20]]),
        ("0:1-1", [[11, 12], [20, 21, 22]]),
        ("0-1:1,2:2-2:2", [[10, 11, 12], [20, 21], [32]]),
        ("1:1", [[21]]),
        ("1:0-1:1", [[20, 21]]),
    ],
)
def test_delineation(tmp_path: Path, place: str, wanted: list[list[int]]) -> None:
    (ink,) = read(tmp_path, f'{HEAD}.SEGMENT CHARACTER {place} ? "8"\n{THREE}').inks
    assert [[-y for _, y in stroke] for stroke in points(ink)] == wanted


def test_pen_up_components_with_points_are_counted(tmp_path: Path) -> None:
    text = ".PEN_DOWN\n1 1\n.PEN_UP\n9 9\n.PEN_DOWN\n2 2\n.PEN_UP\n.PEN_DOWN\n3 3\n"
    file = read(tmp_path, f'{HEAD}{text}.SEGMENT CHARACTER 0-2 ? "a"\n.SEGMENT CHARACTER 3 ? "b"\n')
    assert [points(ink) for ink in file.inks] == [[[[1, -1]], [[2, -2]]], [[[3, -3]]]]


def test_segments_without_a_place(tmp_path: Path) -> None:
    one, two, three = (f".PEN_DOWN\n{n} {n}\n.PEN_UP\n" for n in (1, 2, 3))
    before = f'{HEAD}.SEGMENT CHARACTER ? ? "a"\n{one}{two}.SEGMENT CHARACTER\n{three}'
    file = read(tmp_path, before)
    assert file.labels == ("a", "")
    assert [len(ink.strokes) for ink in file.inks] == [2, 1]
    file = read(tmp_path, f'{HEAD}{one}{two}.SEGMENT CHARACTER ? ? "a"\n{three}.SEGMENT CHARACTER ? ? "b"\n')
    assert [len(ink.strokes) for ink in file.inks] == [2, 1]


def test_which_segments_are_drawings(tmp_path: Path) -> None:
    word, page = '.SEGMENT WORD 0-1 ? "ab"\n', '.SEGMENT PAGE 0-2 ? "ab c"\n'
    letters = '.SEGMENT CHARACTER 0 ? "a"\n.SEGMENT CHARACTER 1 GOOD "b"\n'
    assert read(tmp_path, HEAD + page + word + letters + THREE).labels == ("a", "b")
    assert read(tmp_path, HEAD + page + word + THREE).labels == ("ab",)
    assert read(tmp_path, HEAD + page + ".SEGMENT WORD 0 ?\n" + THREE).labels == ("ab c",)
    file = read(tmp_path, HEAD + THREE)
    assert [len(ink.strokes) for ink in file.inks] == [3]
    boxed = HEAD + ".START_BOX\n" + THREE + ".START_BOX\n.START_BOX\n.PEN_DOWN\n1 1\n"
    assert [len(ink.strokes) for ink in read(tmp_path, boxed).inks] == [3, 1]


def test_sets_count_anew(tmp_path: Path) -> None:
    one = '.PEN_DOWN\n1 1\n.PEN_UP\n.SEGMENT CHARACTER 0 ? "a"\n'
    file = read(tmp_path, f"{HEAD}.START_SET first\n{one}.START_SET second\n{one.replace('1 1', '2 2')}")
    assert [points(ink) for ink in file.inks] == [[[[1, -1]]], [[[2, -2]]]]


def test_labels_are_escaped(tmp_path: Path) -> None:
    labels = {r"\"": '"', r"\\": "\\", r"a\tb\nc": "a\tb\nc", "a\nb": "a b", r"\ ": " ", "é": "é", "a  b": "a  b"}
    segments = "".join(f'.SEGMENT CHARACTER 0 ? "{written}"\n' for written in labels)
    assert read(tmp_path, HEAD + segments + THREE).labels == tuple(labels.values())
    (tmp_path / "x.dat").write_bytes((HEAD + '.SEGMENT CHARACTER 0 ? "é"\n' + THREE).encode("latin-1"))
    assert read_unipen(tmp_path / "x.dat").labels == ("é",)


def test_times_and_pressures(tmp_path: Path) -> None:
    text = ".COORD T P Y X\n.WRITER_ID w7\n.DATE 12 31 1993\n.PEN_DOWN\n5000 10 1 2 5010\n40 3\n4\n.PEN_UP\n.PEN_DOWN\n"
    file = read(tmp_path, text + '5500 -5 6 7\n.SEGMENT CHARACTER 0-1 ? "a"\n')
    (ink,) = file.inks
    assert points(ink) == [[[2, -1], [4, -3]], [[7, -6]]]
    assert [stroke.times.tolist() for stroke in ink.strokes] == [[0, pytest.approx(0.01)], [0.5]]
    assert [stroke.pressures.tolist() for stroke in ink.strokes] == [[0.25, 1], [0]]
    assert file.writers == ("w7",)
    assert file.date == "1993-12-31"


def test_times_from_the_sample_rate(tmp_path: Path) -> None:
    text = ".POINTS_PER_SECOND 100\n.PEN_DOWN\n0 0\n1 1\n.PEN_UP\n2 2\n.DT 500\n.PEN_DOWN\n3 3\n4 4\n"
    (ink,) = read(tmp_path, HEAD + text).inks
    assert [stroke.times.tolist() for stroke in ink.strokes] == [
        pytest.approx([0, 0.01]),
        pytest.approx([0.53, 0.54]),
    ]


def test_proportions_are_those_of_the_paper(tmp_path: Path) -> None:
    for text in (".X_POINTS_PER_INCH 100\n.Y_POINTS_PER_INCH 50\n", ".X_POINTS_PER_MM 10\n.Y_POINTS_PER_INCH 127\n"):
        (ink,) = read(tmp_path, HEAD + text + ".PEN_DOWN\n10 10\n").inks
        assert points(ink) == [[[10, pytest.approx(-20)]]]


def test_what_says_nothing_of_the_ink_is_passed_over(tmp_path: Path) -> None:
    text = """.COMMENT any text
with more lines, and "quotes
.ALPHABET "0" "\\"" "2"
.LEXICON "a b" "c"
.KEYWORD .MINE [N] my own
.MINE 5 6 7
.X_DIM 500
.H_LINE 10 20
.STYLE PRINTED
"""
    assert read(tmp_path, HEAD + text + THREE + '.SEGMENT CHARACTER 2 ? "0"').labels == ("0",)


def test_included_files(tmp_path: Path) -> None:
    folder = tmp_path / "corpus" / "data" / "a"
    (tmp_path / "corpus" / "include" / "pens").mkdir(parents=True)
    folder.mkdir(parents=True)
    ink = tmp_path / "corpus" / "include" / "pens" / "ink.dat"
    ink.write_text(".COORD X Y\n" + THREE)
    outer = folder / "x.dat"
    outer.write_text('.VERSION 1.0\n.INCLUDE pens/ink.dat\n.HIERARCHY CHARACTER\n.SEGMENT CHARACTER 1 ? "5"\n')
    file = read_unipen(outer)
    assert file.labels == ("5",)
    assert points(file.inks[0])[0][0] == [20, -20]
    ink.write_text(".INCLUDE pens/ink.dat\n")
    with pytest.raises(RecognizerError, match="an included file includes another"):
        read_unipen(outer)
    ink.unlink()
    assert "'pens/ink.dat', which is not there" in refused(outer).where


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.dat", "a/../../x.dat", "C:\\x.dat", "\\x", ""])
def test_included_files_elsewhere(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "x.dat").write_text(f".VERSION 1.0\n.INCLUDE {name}\n")
    assert "no path below its folder" in refused(folder / "x.dat").where


@pytest.mark.parametrize("seed", range(40))
def test_round_trip(tmp_path: Path, seed: int) -> None:
    before = random_file(seed)
    write_unipen(tmp_path / "x.unp", before)
    after = read_unipen(tmp_path / "x.unp")
    check_same(before, after)
    assert after.date == before.date


def test_empty_drawings_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(RecognizerError, match="drawing 1 is empty"):
        write_unipen(tmp_path / "x.unp", InkFile.of([Ink.from_arrays([np.ones((1, 2))]), Ink()]))
    assert not (tmp_path / "x.unp").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is no UNIPEN file"),
        ("\n\n", "it is no UNIPEN file"),
        ("hello\n.VERSION 1.0\n", "it is no UNIPEN file"),
        (".COORD T P\n", "line 1: .COORD: there is no X and Y in 'T P'"),
        (HEAD + ".PEN_DOWN\n1 2\n3\n", "line 5: .PEN_DOWN: 3 numbers are not points of X Y"),
        (HEAD + ".PEN_DOWN\n1 x\n", "line 5: .PEN_DOWN: could not convert"),
        (HEAD + ".PEN_DOWN\n1 nan\n", "values that are no numbers"),
        (HEAD + ".PEN_DOWN\n1 1e999\n", "values that are no numbers"),
        (HEAD + ".PEN_DOWN\n1 1e40\n", "larger than 1e+30"),
        (HEAD + ".DT soon\n", "'soon' is no number"),
        (HEAD + ".SEGMENT\n", "'' is no segment"),
        (HEAD + '.SEGMENT CHARACTER 0 ? "a\n', "is no segment"),
        (HEAD + THREE + '.SEGMENT CHARACTER 0-9 ? "a"\n', "line 20: '0-9' of 3 components"),
        (HEAD + THREE + '.SEGMENT CHARACTER 2-1 ? "a"\n', "'2-1' of 3 components"),
        (HEAD + THREE + '.SEGMENT CHARACTER one ? "a"\n', "'one' names no components"),
        (HEAD + THREE + '.SEGMENT CHARACTER 1- ? "a"\n', "'1-' names no components"),
    ],
)
def test_unusable_files(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "x.dat").write_text(text)
    assert reason in refused(tmp_path / "x.dat").where


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.dat"
    path.write_text(HEAD + THREE + '.SEGMENT CHARACTER 0-2,0-2,0-2 ? "a"\n')
    monkeypatch.setattr(unipen_segments, "MAX_DRAWING_STROKES", 8)
    assert "a drawing has more than 8 strokes" in refused(path).where
    monkeypatch.setattr(unipen_segments, "MAX_DRAWING_POINTS", 20)
    assert "a drawing has more than 1,000,000 points" in refused(path).where
    for name, most, reason in (
        ("MAX_POINTS", 8, "it has more than 8 points"),
        ("MAX_DRAWING_POINTS", 2, "a drawing has more than"),
        ("MAX_STATEMENTS", 5, "it has more than 5 statements"),
        ("MAX_FILE_BYTES", 20, "it is larger than 20 bytes"),
        ("MAX_ARGUMENT", 3, "line 1: .SEGMENT: the statement is too long"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(unipen, name, most)
            path.write_text(THREE + THREE if name != "MAX_ARGUMENT" else ".SEGMENT CHARACTER\n")
            assert reason in refused(path).where


def test_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.dat").what == "There is no such file"
