"""Reading CSV tables of pictures: a label and the pixels in each row."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.files import read_error
from recognizer.base.i18n import tr
from recognizer.library.rawdata import MAX_SAMPLES, bad_data

_MAX_LINE: Final = 1 << 22
_MAX_FILE: Final = 1 << 31
_LABEL_NAMES: Final = frozenset({"label", "labels", "class", "target", "y", "digit"})


def read_csv(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Read a table; a first row without numbers is its header and may name the column of labels.

    Returns:
        The n labels as text, and (n, pixels) float32.

    Raises:
        RecognizerError: The file cannot be read, a row is no label and pixels, or the pixels are no square.
    """
    labels: list[str] = []
    rows: list[NDArray[np.float32]] = []
    column, separator, width = 0, ",", 0
    try:
        if path.stat().st_size > _MAX_FILE:
            raise bad_data(path, tr("it is larger than {most:,} bytes", most=_MAX_FILE))
        with path.open(encoding="utf-8-sig") as file:
            number = 0
            while line := file.readline(_MAX_LINE):
                number += 1
                if len(line) == _MAX_LINE:
                    raise bad_data(path, tr("line {number} is too long", number=number))
                if not line.strip():
                    continue
                if not width:
                    separator = max(",;\t", key=line.count)
                cells = [cell.strip().strip('"') for cell in line.split(separator)]
                if not width:
                    width = len(cells)
                    _check_width(path, width)
                    if not _are_numbers(cells[1:]):
                        names = [cell.lower() for cell in cells]
                        column = next((place for place, name in enumerate(names) if name in _LABEL_NAMES), 0)
                        continue
                if len(cells) != width:
                    raise bad_data(
                        path,
                        tr(
                            "line {number} has {found} values, not {wanted}",
                            number=number,
                            found=len(cells),
                            wanted=width,
                        ),
                    )
                labels.append(_label(cells.pop(column)))
                rows.append(_pixels(path, cells, number))
                if len(rows) > MAX_SAMPLES:
                    raise bad_data(path, tr("it has more than {most:,} rows", most=MAX_SAMPLES))
    except UnicodeDecodeError as error:
        raise bad_data(path, tr("it is no text")) from error
    except OSError as error:
        raise read_error(path, error) from error
    return labels, np.stack(rows) if rows else np.zeros((0, max(width - 1, 1)), np.float32)


def _check_width(path: Path, width: int) -> None:
    side = round(float(np.sqrt(width - 1)))
    if width < 5 or side * side != width - 1:
        raise bad_data(path, tr("its rows have {n} values, not a label and a square of pixels", n=width))


def _are_numbers(cells: list[str]) -> bool:
    try:
        np.array(cells, np.float32)
    except ValueError:
        return False
    return True


def _label(cell: str) -> str:
    """`3.0` is how some programs write the label 3."""
    return cell.removesuffix(".0") if cell.removesuffix(".0").isdecimal() else cell


def _pixels(path: Path, cells: list[str], number: int) -> NDArray[np.float32]:
    try:
        values = np.array(cells, np.float32)
    except ValueError as error:
        raise bad_data(path, tr("line {number} holds something that is no number", number=number)) from error
    if not np.isfinite(values).all():
        raise bad_data(path, tr("line {number} holds something that is no number", number=number))
    return values
