"""Boxes of sheets that a dataset has already, found again on another photo of the same sheet."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.library.importing.sheet_photos import ALIKE, likeness, shape_of
from recognizer.library.samples import Chunk, Content, SampleTable

_WRITER: Final = re.compile(r"(?:^|\s)[a-hjkmnp-z2-9]{6}/.")
"""The name of a sheet within a writer's, as `writer_of` makes it."""
_PLACE: Final = re.compile(r"(\d+)\D+(\d+)\D+(\d+)\D*$")
"""Page, row and column at the end of a source, in any language."""
_COLUMNS: Final = ("labels", "splits", "writers", "sources", "notes", "flags", "created")

Originals = Callable[[NDArray[np.int64]], Sequence[Content]]


def without_known_boxes(chunk: Chunk, table: Callable[[], SampleTable], originals: Originals) -> Chunk:
    """A chunk without the boxes of sheets that a dataset has from other photos of them.

    Args:
        chunk: Samples on their way in.
        table: Gives those that the dataset has; called only where there are boxes of sheets.
        originals: Gives what was kept of samples, by their ids.
    """
    writers = {writer for writer in set(chunk.writers) if _WRITER.search(writer)} if chunk.sources else set()
    if not writers:
        return chunk
    rows = table()
    numbers = {name: number for number, name in enumerate(rows.writer_names)}
    taken: dict[int, dict[tuple[str, ...], list[int]]] = {}
    known = np.zeros(len(chunk), np.bool_)
    for place, writer in enumerate(chunk.writers):
        number = numbers.get(writer) if writer in writers else None
        box = _PLACE.search(chunk.sources[place])
        if number is None or box is None:
            continue
        if number not in taken:
            taken[number] = _boxes_of(rows, number)
        before = taken[number].get(box.groups(), [])
        known[place] = bool(before) and _is_among(chunk.contents[place], rows.ids[before], originals)
    return _part(chunk, np.flatnonzero(~known)) if known.any() else chunk


def _boxes_of(rows: SampleTable, writer: int) -> dict[tuple[str, ...], list[int]]:
    """The positions of a writer's samples by their box."""
    boxes: dict[tuple[str, ...], list[int]] = {}
    for position in np.flatnonzero((rows.writers == writer) & (rows.sources >= 0)).tolist():
        box = _PLACE.search(rows.source_names[rows.sources[position]])
        if box is not None:
            boxes.setdefault(box.groups(), []).append(position)
    return boxes


def _is_among(content: Content, ids: NDArray[np.int64], originals: Originals) -> bool:
    """Whether a box shows what one of some samples shows."""
    try:
        others = originals(ids)
    except RecognizerError:
        # What is damaged there is no reason to leave out what is whole.
        return False
    pictures = [other for other in others if isinstance(other, np.ndarray)]
    if not isinstance(content, np.ndarray):
        return False
    return any(likeness(shape_of(content), shape_of(picture)) >= ALIKE for picture in pictures)


def _part(chunk: Chunk, places: NDArray[np.int64]) -> Chunk:
    contents = chunk.contents
    changes: dict[str, Any] = {
        name: [values[place] for place in places] for name in _COLUMNS if len(values := getattr(chunk, name))
    }
    changes["contents"] = (
        contents[places] if isinstance(contents, np.ndarray) else [contents[place] for place in places]
    )
    return replace(chunk, **changes)
