"""Ink files of every kind: known by their content, written by their name, the same after a round trip."""

from pathlib import Path

import numpy as np
import pytest
from ink_samples import check_same, random_file

from recognizer.base.errors import RecognizerError
from recognizer.ink.files import SUFFIXES, InkKind, ink_kind, read_ink_file, write_ink_file
from recognizer.ink.ink_file import InkFile
from recognizer.ink.stroke import Ink, Stroke
from recognizer.ink.stroke_npz import StrokeArrays, read_strokes

LINE = Ink.from_arrays([np.array([[0, 5], [10, 7]])])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("seed", range(8))
def test_round_trip_by_name(tmp_path: Path, suffix: str, seed: int) -> None:
    before = random_file(seed)
    path = tmp_path / f"x{suffix.upper() if seed % 2 else suffix}"
    write_ink_file(path, before)
    check_same(before, read_ink_file(path))
    assert ink_kind(path) is SUFFIXES[suffix]
    # The content tells, whatever the name.
    assert ink_kind(path.rename(tmp_path / "x.bin")) is SUFFIXES[suffix]


def test_drawings_with_and_without_labels(tmp_path: Path) -> None:
    for name in ("x.inkml", "x.unp", "x.npz"):
        write_ink_file(tmp_path / name, [LINE, LINE], ["4", "2"])
        assert read_ink_file(tmp_path / name).labels == ("4", "2")
        write_ink_file(tmp_path / name, LINE, ["7"])
        assert len(list(read_ink_file(tmp_path / name))) == 1
        write_ink_file(tmp_path / name, [LINE, LINE])
        assert read_ink_file(tmp_path / name).labels == ("", "")
        write_ink_file(tmp_path / name, InkFile.of([LINE], ["4"]), ["5"])
        assert read_ink_file(tmp_path / name).labels == ("5",)
        write_ink_file(tmp_path / name, [LINE, LINE], ["", "9"])
        assert read_ink_file(tmp_path / name).labels == ("", "9")
    with pytest.raises(ValueError, match="1 labels for 2 drawings"):
        write_ink_file(tmp_path / "x.inkml", [LINE, LINE], ["4"])


def test_pen_widths_in_a_stroke_npz(tmp_path: Path) -> None:
    write_ink_file(tmp_path / "x.npz", [Ink(LINE.strokes, 3.5), LINE])
    assert [ink.pen_width for ink in read_ink_file(tmp_path / "x.npz").inks] == [3.5, 0]


def test_arrays_hold_only_what_is_known(tmp_path: Path) -> None:
    write_ink_file(tmp_path / "x.npz", [LINE])
    with np.load(tmp_path / "x.npz") as arrays:
        assert sorted(arrays.files) == ["points", "sample_stroke_offsets", "stroke_offsets"]
        assert arrays["points"].tolist() == [[0, -5], [10, -7]]
    timed = Ink((Stroke(LINE.strokes[0].points, np.array([0, 0.5], np.float32)),))
    write_ink_file(tmp_path / "x.npz", [timed])
    arrays = read_strokes(tmp_path / "x.npz")
    assert arrays.times is not None
    assert arrays.times.tolist() == [0, 0.5]
    assert arrays.pressures is None


def test_no_drawings(tmp_path: Path) -> None:
    for name in ("x.npz", "x.unp", "x.inkml"):
        write_ink_file(tmp_path / name, [])
        assert read_ink_file(tmp_path / name).inks == ()
    assert len(StrokeArrays.of(InkFile.of([]))) == 0


def test_unknown_endings(tmp_path: Path) -> None:
    for name in ("x.svg", "x"):
        with pytest.raises(RecognizerError, match=r"Let its name end with one of \.inkml"):
            write_ink_file(tmp_path / name, [LINE])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<ink/>", InkKind.INKML),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?>\n<!-- ink -->\n<ink xmlns='x'>", InkKind.INKML),
        (b"<inkml:ink xmlns:inkml='x'/>", InkKind.INKML),
        ("\ufeff<ink/>".encode("utf-16-le"), InkKind.INKML),
        ("\ufeff<ink/>".encode("utf-16-be"), InkKind.INKML),
        (b"<!DOCTYPE ink [<!ENTITY a 'b'>]><ink>&a;</ink>", InkKind.INKML),
        (b".VERSION 1.0\n", InkKind.UNIPEN),
        (b"\n\n.COMMENT x\n", InkKind.UNIPEN),
        (b".PEN_DOWN\r\n1 2", InkKind.UNIPEN),
        (b"PK\x03\x04", InkKind.NPZ),
        (b"<svg/>", None),
        (b"<inkscape/>", None),
        (b".5 .6\n", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"", None),
        (b"hello", None),
    ],
)
def test_kinds_by_content(tmp_path: Path, content: bytes, kind: InkKind | None) -> None:
    (tmp_path / "x.dat").write_bytes(content)
    assert ink_kind(tmp_path / "x.dat") is kind
    if kind is None:
        with pytest.raises(RecognizerError, match="neither InkML nor UNIPEN nor an NPZ"):
            read_ink_file(tmp_path / "x.dat")


def test_a_telling_name_names_the_error(tmp_path: Path) -> None:
    for name, reason in (("x.inkml", "no XML"), ("x.unp", "no UNIPEN"), ("x.npz", "no NPZ")):
        (tmp_path / name).write_text("hello")
        with pytest.raises(RecognizerError, match=reason) as caught:
            read_ink_file(tmp_path / name)
        assert str(tmp_path / name) in caught.value.where


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(RecognizerError, match="no such file"):
        read_ink_file(tmp_path / "x.inkml")


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("times", [0, 1], r"times: \(2,\)"),
        ("pressures", [0, np.nan, 1], "pressures holds values that are no numbers"),
        ("pen_widths", ["a"], r"pen_widths: \(1,\)"),
        ("writer", [1.5], r"writer: \(1,\)"),
        ("points", [[0, 0], [1, 1], [2, 1e35]], "larger than 1e"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, name: str, values: list, reason: str) -> None:
    whole = {
        "points": np.zeros((3, 2)),
        "stroke_offsets": np.array([0, 3]),
        "sample_stroke_offsets": np.array([0, 1]),
        "times": np.arange(3.0),
        "pressures": np.ones(3),
        "pen_widths": np.ones(1),
        "writer": np.array(["w"]),
    }
    np.savez(tmp_path / "x.npz", **whole)
    assert read_ink_file(tmp_path / "x.npz").writers == ("w",)
    np.savez(tmp_path / "x.npz", **whole | {name: np.array(values)})
    with pytest.raises(RecognizerError, match=reason):
        read_ink_file(tmp_path / "x.npz")
