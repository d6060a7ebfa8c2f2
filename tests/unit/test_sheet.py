"""Contact sheets of the synthesis, and the command that leaves one."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognizer import cli
from recognizer.imaging.sheet import SHEETS, synthetic_sheet
from recognizer.ink.synthesis import generate


@pytest.mark.parametrize(("symbols", "rows"), list(zip(SHEETS, (10, 52, 6, 16), strict=True)))
def test_a_row_for_each_symbol(symbols: str, rows: int) -> None:
    sheet = synthetic_sheet(symbols, seed=2, columns=3, zoom=1)
    assert sheet.shape == (rows * 29, 3 * 29)
    assert sheet.dtype == np.uint8
    cells = sheet.reshape(rows, 29, 3, 29).transpose(0, 2, 1, 3)[:, :, :28, :28]
    assert (cells.min(axis=(2, 3)) < 100).all()
    np.testing.assert_array_equal(sheet, synthetic_sheet(symbols, seed=2, columns=3, zoom=1))
    np.testing.assert_array_equal(sheet.repeat(2, 0).repeat(2, 1), synthetic_sheet(symbols, seed=2, columns=3))


def test_digits_stand_in_the_row_of_their_label() -> None:
    images, labels = generate(40, 6)
    sheet = synthetic_sheet("digits", seed=6, columns=4, zoom=1)
    np.testing.assert_array_equal(255 - sheet[7 * 29 : 7 * 29 + 28, :28], images[labels == 7][0])


def test_the_command_leaves_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sheet.png"
    assert cli.main(["synthesize", "--out", str(path), "--symbols", "operators", "--seed", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"out": str(path), "symbols": "operators", "seed": 3}
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), synthetic_sheet("operators", seed=3))


def test_a_seed_below_zero_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["synthesize", "--out", str(tmp_path / "sheet.png"), "--seed", "-1"]) == 2
    assert "-1" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_where_it_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "file"
    path.write_text("")
    assert cli.main(["synthesize", "--out", str(path / "sheet.png"), "--symbols", "operators"]) == 2
    assert str(path) in capsys.readouterr().err
