"""Samples on their way out: slice by slice, with what is known of each as text."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.progress import ProgressCallback
from recognizer.library.dataset import SPLITS, Split
from recognizer.library.samples import NO_LABEL, Content, Problem, SampleTable

Originals = Callable[[NDArray[np.int64]], Sequence[Content] | NDArray[np.uint8]]
"""Gives the originals of the samples at the given positions."""
FACTS: Final = ("split", "writer", "source", "note", "flags", "created")
"""What may be known of a sample beside its label."""
SLICE: Final = 256
"""Originals that are asked for at once."""
MAX_PROBLEMS: Final = 1000
"""After so many samples that cannot be read an export gives up."""
_PICTURES: Final = 1000
_MAX_TIME: Final = 253402300799
"""The last second of the year 9999."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "'")
_QUOTED: Final = re.compile(r'[",\r\n]')


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some samples.

    Attributes:
        positions: (m,) int64, where they are in the table.
        contents: m originals, or (m, h, w) uint8.
    """

    positions: NDArray[np.int64]
    contents: Sequence[Content] | NDArray[np.uint8]


class Outgoing:
    """The samples of an export.

    Args:
        table: The dataset.
        positions: (n,) int64, which of its samples.
        originals: Gives their originals.
        progress: Told how many have been read.
        token: Checked before every slice.
        message: For `progress`.

    Attributes:
        problems: The samples that could not be read when they were last gone through.
    """

    def __init__(
        self,
        table: SampleTable,
        positions: NDArray[np.int64],
        originals: Originals,
        progress: ProgressCallback,
        token: CancellationToken | None,
        message: str,
    ) -> None:
        self.table = table
        self.positions = positions
        self.problems: list[Problem] = []
        self._originals = originals
        self._progress = progress
        self._token = token
        self._message = message
        # The index -1, which stands for nothing, finds the last one.
        self._labels = [*table.label_set.names, NO_LABEL]
        self._writers, self._sources, self._notes = (
            [*names, ""] for names in (table.writer_names, table.source_names, table.note_texts)
        )

    def __len__(self) -> int:
        return len(self.positions)

    def of_ink(self) -> "Outgoing":
        """Those of the samples that are drawings."""
        positions = self.positions[self.table.is_ink[self.positions]]
        return Outgoing(self.table, positions, self._originals, self._progress, self._token, self._message)

    def pieces(self) -> Iterator[Piece]:
        """The originals in order, a few hundred at a time; those that cannot be read are passed over.

        Raises:
            RecognizerError: More than `MAX_PROBLEMS` of them cannot be read, or none can.
            Cancelled: By the token.
        """
        self.problems = []
        for start in range(0, len(self), SLICE):
            self.check(start)
            positions = self.positions[start : start + SLICE]
            try:
                yield Piece(positions, self._originals(positions))
            except RecognizerError:
                yield self._one_by_one(positions)
        if len(self.problems) == len(self):
            raise self.problems[0].error
        self.check(len(self))

    def pictures(self) -> Iterator[Piece]:
        """What models see of the samples, in order, (m, 28, 28) uint8 at a time.

        Raises:
            Cancelled: By the token.
        """
        self.problems = []
        for start in range(0, len(self), _PICTURES):
            self.check(start)
            positions = self.positions[start : start + _PICTURES]
            yield Piece(positions, self.table.pictures(positions))
        self.check(len(self))

    def check(self, done: int = -1) -> None:
        """Say how far it is; raise Cancelled where that is asked for."""
        if done >= 0:
            self._progress(done, len(self), self._message)
        if self._token is not None:
            self._token.check()

    def labels(self, positions: NDArray[np.int64]) -> list[str]:
        """The labels of the samples at `positions`; `NO_LABEL` where there is none."""
        return [self._labels[index] for index in self.table.labels[positions].tolist()]

    def facts(self, name: str, positions: NDArray[np.int64]) -> list[str]:
        """What is known of the samples, as text; empty where nothing is.

        Args:
            name: One of `FACTS`.
            positions: The samples.
        """
        table = self.table
        match name:
            case "split":
                return [SPLITS[index].value for index in table.splits[positions].tolist()]
            case "writer":
                return [self._writers[index] for index in table.writers[positions].tolist()]
            case "source":
                return [self._sources[index] for index in table.sources[positions].tolist()]
            case "note":
                return [self._notes[index] for index in table.notes[positions].tolist()]
            case "flags":
                return [str(flags) if flags else "" for flags in table.flags[positions].tolist()]
            case _:
                return [iso_time(seconds) for seconds in table.created[positions].tolist()]

    def said(self) -> tuple[str, ...]:
        """Those of `FACTS` that are known of any sample; the split where not all are for training."""
        table, positions = self.table, self.positions
        is_said = {
            "split": bool((table.splits[positions] != SPLITS.index(Split.TRAIN)).any()),
            "writer": bool((table.writers[positions] >= 0).any()),
            "source": bool((table.sources[positions] >= 0).any()),
            "note": bool((table.notes[positions] >= 0).any()),
            "flags": bool(table.flags[positions].any()),
            "created": bool(table.created[positions].any()),
        }
        return tuple(name for name in FACTS if is_said[name])

    def _one_by_one(self, positions: NDArray[np.int64]) -> Piece:
        """What can be read of a slice that cannot be read as a whole."""
        kept: list[int] = []
        contents: list[Content] = []
        for place in range(len(positions)):
            try:
                contents += list(self._originals(positions[place : place + 1]))
            except RecognizerError as error:
                self.problems.append(Problem(f"{self.table.title}: {positions[place]}", error))
                if len(self.problems) > MAX_PROBLEMS:
                    raise
            else:
                kept.append(place)
        return Piece(positions[kept], contents)


def iso_time(seconds: int) -> str:
    """A time as ISO 8601 in UTC; empty for 0, which stands for a time that is not known."""
    if not 0 < seconds <= _MAX_TIME:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cell(text: str) -> str:
    """Text as a cell of a CSV table: in quotes where need be, and so that no spreadsheet takes it for a formula.

    `words.unescaped` takes the apostrophe off again.
    """
    plain = f"'{text}" if text.startswith(_FORMULA) else text
    return '"' + plain.replace('"', '""') + '"' if _QUOTED.search(plain) else plain
