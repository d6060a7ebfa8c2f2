"""What was read in pictures, as files that other programs take."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from recognizer.base.files import write_atomic
from recognizer.gui.widgets.reading_document import ReadingDocument

NamedReading = tuple[str, ReadingDocument]
"""A picture's name and what was read in it."""

_COLUMNS = ("picture", "line", "text", "doubtful", "corrected", "left", "top", "width", "height")


def as_text(readings: Sequence[NamedReading]) -> str:
    """The lines as they stand in the picture; of several pictures, each below its name."""
    if len(readings) == 1:
        return f"{readings[0][1].text}\n"
    return "\n".join(f"{name}\n{document.text}\n" for name, document in readings)


def as_table(readings: Sequence[NamedReading]) -> str:
    """A row a line: picture, line from 1, text, how many symbols are doubtful and corrected, place in pixels."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    for name, document in readings:
        for number, row in enumerate(document.rows(), 1):
            writer.writerow((name, number, row.text, row.doubtful, row.corrected, *(round(side) for side in row.box)))
    return buffer.getvalue()


def save_readings(path: Path, readings: Sequence[NamedReading]) -> None:
    """Write `readings` to `path`, as a table where its name ends in `.csv`, else as text.

    Raises:
        RecognizerError: It cannot be written.
    """
    if path.suffix.lower() == ".csv":
        # The mark at the beginning is what tells spreadsheets that the names of the pictures are UTF-8.
        write_atomic(path, b"\xef\xbb\xbf" + as_table(readings).encode("utf-8"))
    else:
        write_atomic(path, as_text(readings))
