"""Photos of sheets among the pictures of an import: each sheet is taken once, and photos that show none are told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.library.importing.files import DataFile
from recognizer.library.importing.reader import Facts
from recognizer.library.samples import Content, Problem

if TYPE_CHECKING:
    from recognizer.library.sheets.reading import SheetReading

Item = tuple[Content, Facts] | Problem
"""A sample with what is known of it, or why there is none."""

_SIDE: Final = 12
ALIKE: Final = 0.9
"""How alike the same writing is on two photos, at least; other writing of a symbol is rarely more than 0.8."""
_SAME: Final = 0.5
"""Share of the boxes written in on two photos that are alike where both are of one sheet."""
_MOST_WAITING: Final = 32
_MOST_WAITING_BYTES: Final = 1 << 26

Box = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A large picture that shows no sheet: a sample if it shows a symbol, but none among photos of sheets.

    Attributes:
        content: The symbol on it.
        facts: What is known of it.
        shown: The file.
    """

    content: Content
    facts: Facts
    shown: Path


@dataclass(slots=True, eq=False)
class SheetPhotos:
    """What has been seen of sheets in an import.

    Attributes:
        n: How many photos of sheets there were, also of such as could not be used.
        left: How many boxes of the latest are still to come.
        title: The title of the first that has one.
    """

    n: int = 0
    left: int = 0
    title: str = ""
    _taken: dict[tuple[str, int, int], list[tuple[Path, dict[Box, NDArray[np.float16]]]]] = field(default_factory=dict)

    def items(self, picture: NDArray[np.uint8], file: DataFile, facts: Facts) -> Iterator[Item] | None:
        """What is written on the sheet that a picture shows; None where it shows none.

        Args:
            picture: (h, w, 3) RGB.
            file: Where it is from.
            facts: What is known of it; a label or writer is the name of its folder.

        Raises:
            RecognizerError: There is a sheet, but it cannot be read.
        """
        # Imported here: few imports have a photo that is large enough.
        from recognizer.library.sheets.reading import read_page

        try:
            reading = read_page(picture, file.shown)
        except RecognizerError:
            self.n += 1
            raise
        if reading is None:
            return None
        self.n += 1
        return self._of(reading, file, facts)

    def _of(self, reading: "SheetReading", file: DataFile, facts: Facts) -> Iterator[Item]:
        chunk, shown = reading.chunk, file.shown
        writer, folder = reading.writer, facts.label or facts.writer
        self.title = self.title or reading.layout.title
        if folder and not reading.layout.writer:
            # Cameras give the same names again; and a folder with no more than a writer's pages is a writer's.
            sheet, _, name = writer.rpartition("/")
            is_writers = len(file.folder.files) <= reading.layout.pages
            writer = f"{sheet}/{folder}" if is_writers else f"{sheet}/{folder}/{name}"
        if not (len(chunk) or chunk.problems):
            yield _problem(
                shown,
                tr("Nothing is written on the sheet"),
                tr("Look whether it is the right photo; if the writing is too pale for it, take another in more light"),
            )
            return
        boxes = [(box.row, box.column) for box in reading.boxes]
        shapes = {box: shape_of(content) for box, content in zip(boxes, chunk.contents, strict=True)}
        again = self._again(reading, shapes, shown)
        known: set[Box] = set()
        if again is not None:
            other, known = again
            yield _problem(
                shown,
                tr("The sheet is on another photo too"),
                _more(len(boxes) - len(known)),
                f"{shown} ({other.name})",
                is_note=True,
            )
        yield from chunk.problems if again is None else ()
        self.left = len(boxes) - len(known)
        for place, box in enumerate(boxes):
            if box not in known:
                self.left -= 1
                yield (
                    chunk.contents[place],
                    Facts(
                        label=chunk.labels[place],
                        split=facts.split,
                        writer=writer,
                        source=chunk.sources[place],
                        created=facts.created,
                    ),
                )

    def _again(
        self, reading: "SheetReading", shapes: dict[Box, NDArray[np.float16]], shown: Path
    ) -> tuple[Path, set[Box]] | None:
        """The photo that shows the same writing on the same sheet, and the boxes that both have."""
        layout = reading.layout
        others = self._taken.setdefault((layout.sheet, layout.writer, layout.page), [])
        for other, taken in others:
            common = [box for box in shapes if box in taken]
            alike = {box for box in common if likeness(shapes[box], taken[box]) >= ALIKE}
            if common and len(alike) >= _SAME * len(common):
                taken.update(shapes)
                return other, alike
        others.append((shown, shapes))
        return None


@dataclass(slots=True, eq=False)
class Waiting:
    """Keeps large pictures back until it is known whether there are photos of sheets among them.

    Attributes:
        sheets: What has been seen of sheets.
        is_told: Whether somebody has said what all of them show, so that there is no doubt.
        is_open: Whether there is still something to be found out.
    """

    sheets: SheetPhotos
    is_told: bool = False
    is_open: bool = True
    _items: list[Item | Doubtful] = field(default_factory=list)
    _bytes: int = 0

    def put(self, item: Item | Doubtful) -> Iterator[Item]:
        """Take in an item; gives those of which it is known by now what they are, in their order."""
        if self.sheets.n or self.is_told or not self.is_open or not (self._items or isinstance(item, Doubtful)):
            yield from self.rest()
            yield self._judged(item)
            return
        self._items.append(item)
        if isinstance(item, Doubtful) and isinstance(item.content, np.ndarray):
            self._bytes += item.content.nbytes
        if len(self._items) >= _MOST_WAITING or self._bytes >= _MOST_WAITING_BYTES:
            # So many pictures without a sheet are what somebody wants as pictures.
            self.is_open = False
            yield from self.rest()

    def rest(self) -> Sequence[Item]:
        """All that is kept back, as it must be judged now."""
        items, self._items, self._bytes = self._items, [], 0
        return [self._judged(item) for item in items]

    def _judged(self, item: Item | Doubtful) -> Item:
        if not isinstance(item, Doubtful):
            return item
        return _no_sheet(item.shown) if self.sheets.n and not self.is_told else (item.content, item.facts)


def likeness(one: NDArray[np.float16], other: NDArray[np.float16]) -> float:
    """How alike two shapes are, 1 where they are the same."""
    return float(one.astype(np.float32) @ other)


def shape_of(picture: NDArray[np.uint8]) -> NDArray[np.float16]:
    """What is written in a box, as a small picture of mean 0 and length 1."""
    small = Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    ink = 255 - np.asarray(small, np.float32).ravel()
    ink -= ink.mean()
    return (ink / max(float(np.linalg.norm(ink)), 1.0)).astype(np.float16)


def _more(n: int) -> str:
    if n == 0:
        return tr("Nothing is to be done; what is written on it was taken once")
    return ntr("Nothing is to be done; {n} more box was taken", "Nothing is to be done; {n} more boxes were taken", n)


def _no_sheet(shown: Path) -> Problem:
    return _problem(
        shown,
        tr("There is no sheet to be seen on the photo, unlike on others"),
        tr("If there is one, photograph it again, sharper and as a whole; a photo of one symbol, import alone"),
    )


def _problem(shown: Path, what: str, fix: str, where: str = "", *, is_note: bool = False) -> Problem:
    return Problem(str(shown), RecognizerError(what, where=where or str(shown), fix=fix), is_note)
