"""Pictures as a CSV table, in the layout of Kaggle: a label and the pixels in each row."""

from pathlib import Path
from typing import Final

from recognizer.library.exporting.even import EvenPictures, write_even
from recognizer.library.exporting.outgoing import Outgoing, cell
from recognizer.library.exporting.place import new_file

_MOST_PIXELS: Final = 1 << 18
"""A row has to stay far below the longest line that is read."""
_LEAST_PIXELS: Final = 4
_NUMBERS: Final = [str(level) for level in range(256)]


def write_csv(outgoing: Outgoing, path: Path) -> int:
    """Write the columns `label` and `pixel0`, `pixel1`, ... of square pictures.

    Between them are `split`, `writer`, `source`, `note`, `flags` and `created`, those of which anything is known.

    Returns:
        How many samples were written.

    Raises:
        RecognizerError: It cannot be written.
        Cancelled: By the token.
    """
    return write_even(outgoing, lambda pictures: _write(outgoing, pictures, path), _fits)


def _fits(height: int, width: int) -> bool:
    return height == width and _LEAST_PIXELS <= height * width <= _MOST_PIXELS


def _write(outgoing: Outgoing, pictures: EvenPictures, path: Path) -> int:
    said = outgoing.said()
    count = 0
    with new_file(path) as file:
        for positions, images in pictures:
            n = images.shape[1] * images.shape[2]
            if not count:
                file.write(",".join(("label", *said, *(f"pixel{place}" for place in range(n)))).encode() + b"\n")
            count += len(positions)
            columns = [outgoing.labels(positions), *(outgoing.facts(name, positions) for name in said)]
            heads = [",".join(map(cell, row)) for row in zip(*columns, strict=True)]
            rows = images.reshape(len(images), n)
            lines = [
                f"{head},{','.join(map(_NUMBERS.__getitem__, row.tobytes()))}\n"
                for head, row in zip(heads, rows, strict=True)
            ]
            file.write("".join(lines).encode("utf-8"))
    return count
