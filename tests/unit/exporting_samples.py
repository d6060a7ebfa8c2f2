"""Tables of samples to export, and how what was exported is read back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.base.progress import no_progress
from recognizer.ink.stroke import Ink, Stroke
from recognizer.library.dataset import SPLITS, LabelSet, Split
from recognizer.library.importing.source import ImportOptions, open_data
from recognizer.library.samples import UNKNOWN, Content, SampleTable

ODD_LABELS = (
    "7",
    "007",
    "-1",
    "../x",
    "..",
    "CON",
    "con",
    "a",
    "A",
    "<b>&amp;</b>",
    "=cmd|'/c calc'!A1",
    "'=x",
    "'",
    "汉字",
    "\u202eabc",
    'say "x", y',
    "é",
    "e\u0301",
    "/",
    "C:\\x",
    "%41",
    "unlabelled",
)
NOTES = ("", 'a, b; "c"', "=1+1", "'quoted'", "größer 字", "@home")


@dataclass(frozen=True)
class Exported:
    """A table with the originals of its samples."""

    table: SampleTable
    contents: list[Content]

    def originals(self, positions: NDArray[np.int64]) -> list[Content]:
        return [self.contents[position] for position in positions.tolist()]

    @property
    def every(self) -> NDArray[np.int64]:
        return np.arange(len(self.table), dtype=np.int64)


def table_from(
    contents: Sequence[Content],
    labels: Sequence[str],
    *,
    splits: Sequence[Split] = (),
    writers: Sequence[str] = (),
    sources: Sequence[str] = (),
    notes: Sequence[str] = (),
    flags: Sequence[int] = (),
    created: Sequence[int] = (),
) -> Exported:
    """A table as the library makes it; the picture of each sample is its place, repeated."""
    n = len(contents)
    names = tuple(dict.fromkeys(label for label in labels if label))
    writer_names, writer_places = _indexed(writers, n)
    source_names, source_places = _indexed(sources, n)
    note_texts, note_places = _indexed(notes, n)

    def pictures(positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        return np.stack([seen(position) for position in positions.tolist()])

    table = SampleTable(
        name="some",
        title="Some",
        ids=np.arange(1, n + 1, dtype=np.int64),
        labels=np.array([names.index(label) if label else UNKNOWN for label in labels], np.int32),
        label_set=LabelSet(names),
        splits=np.array([SPLITS.index(split) for split in splits] or [0] * n, np.uint8),
        pictures=pictures,
        writers=writer_places,
        sources=source_places,
        notes=note_places,
        created=np.array(list(created) or [0] * n, np.int64),
        flags=np.array(list(flags) or [0] * n, np.uint8),
        is_ink=np.array([isinstance(content, Ink) for content in contents], bool),
        hashes=np.zeros(n, np.uint64),
        predicted=np.full(n, UNKNOWN, np.int32),
        confidences=np.full(n, np.nan, np.float32),
        writer_names=writer_names,
        source_names=source_names,
        note_texts=note_texts,
    )
    return Exported(table, list(contents))


def seen(position: int) -> NDArray[np.uint8]:
    """What models see of the sample at a position: another picture for each."""
    return np.random.default_rng(position).integers(0, 256, (28, 28), np.uint8)


def random_ink(seed: int, *, is_timed: bool = True) -> Ink:
    """A drawing with times that begin at 0, pressures and a pen, as single precision holds them."""
    chance = np.random.default_rng(seed)
    strokes = []
    clock = 0.0
    for number in range(int(chance.integers(1, 4))):
        n = int(chance.integers(1, 30))
        steps = chance.random(n) * 0.03
        steps[0] *= number > 0
        times = clock + np.cumsum(steps)
        clock = float(times[-1])
        places = chance.normal(0, 10.0 ** chance.integers(-2, 5), (n, 2)).astype(np.float32)
        nothing = np.zeros(0, np.float32)
        strokes.append(
            Stroke(
                places,
                times.astype(np.float32) if is_timed else nothing,
                chance.random(n).astype(np.float32) if is_timed else nothing,
            )
        )
    return Ink(tuple(strokes), float(chance.choice([0.0, 2.0, 7.5])))


def random_table(n: int = 60, *, labels: Sequence[str] = ODD_LABELS) -> Exported:
    """Pictures of several sizes, drawings, samples without labels, every split, and all that may be known."""
    chance = np.random.default_rng(11)
    contents: list[Content] = []
    for place in range(n):
        if place % 3 == 0:
            contents.append(random_ink(place))
        elif place % 7 == 0:
            picture = np.full((120, 70), 250, np.uint8)
            picture[20:90, 30:40] = chance.integers(0, 200, (70, 10))
            contents.append(picture)
        else:
            contents.append(chance.integers(0, 256, tuple(chance.integers(1, 40, 2)), np.uint8))
    return table_from(
        contents,
        [labels[place % len(labels)] if place % 10 != 9 else "" for place in range(n)],
        splits=[SPLITS[place % 3] for place in range(n)],
        writers=["" if place % 4 == 0 else f"Wr-{place % 5}é" for place in range(n)],
        sources=["" if place % 5 == 0 else f"folder/{place % 6}.png" for place in range(n)],
        notes=[NOTES[place % len(NOTES)] for place in range(n)],
        flags=[place % 4 for place in range(n)],
        created=[0 if place % 2 else 1_700_000_000 + 86_400 * place for place in range(n)],
    )


@dataclass
class ReadBack:
    """All samples that a file gives, and what they are said to be."""

    contents: list[Content]
    labels: list[str]
    splits: list[Split | None]
    writers: list[str]
    sources: list[str]
    notes: list[str]
    flags: list[int]
    created: list[int]
    problems: list[str]


def read_back(path: Path, scratch: Path) -> ReadBack:
    """Read a file as an import would."""
    found = ReadBack([], [], [], [], [], [], [], [], [])
    with open_data([path], scratch, ImportOptions()) as source:
        for chunk in source.chunks(no_progress):
            n = len(chunk)
            found.contents += list(chunk.contents)
            for name, nothing in (
                ("labels", ""),
                ("splits", None),
                ("writers", ""),
                ("sources", ""),
                ("notes", ""),
                ("flags", 0),
                ("created", 0),
            ):
                values: Sequence[Any] = getattr(chunk, name)
                getattr(found, name).extend(values if len(values) else [nothing] * n)
            found.problems += [str(problem.error) for problem in chunk.problems]
    return found


def check_content(content: Content, wanted: Content) -> None:
    """Bit by bit."""
    if isinstance(wanted, Ink):
        assert isinstance(content, Ink)
        assert content.pen_width == wanted.pen_width
        assert len(content.strokes) == len(wanted.strokes)
        for stroke, again in zip(wanted.strokes, content.strokes, strict=True):
            for name in ("points", "times", "pressures"):
                assert getattr(again, name).dtype == np.float32
                np.testing.assert_array_equal(getattr(again, name), getattr(stroke, name))
    else:
        assert not isinstance(content, Ink)
        assert content.dtype == np.uint8
        np.testing.assert_array_equal(content, wanted)


def _indexed(texts: Sequence[str], n: int) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    names = tuple(dict.fromkeys(text for text in texts if text))
    places = [names.index(text) if text else UNKNOWN for text in texts] or [UNKNOWN] * n
    return names, np.array(places, np.int32)
