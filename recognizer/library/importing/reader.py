"""What every reader has in common: options, and chunks that grow sample by sample."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.progress import ProgressCallback
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import Split
from recognizer.library.importing.words import created_of, flags_of, split_of, unescaped
from recognizer.library.samples import NO_LABEL, Chunk, Content, Preview, Problem

CHUNK_SAMPLES: Final = 4096
CHUNK_BYTES: Final = 1 << 24
MAX_PROBLEMS: Final = 1000
"""After so many problems the rest of a file is left alone."""
FIRST: Final = 24
"""Samples in a preview."""
PREVIEW_SECONDS: Final = 1.0
"""How long a preview goes on looking at what is not essential."""
FOLDERS_ARE: Final = ("classes", "writers")
"""What folders of pictures may stand for."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user says of data on its way in.

    Attributes:
        label: What samples show of which the data does not say it.
        split: What all samples are used for; as the data says where None.
        writer: Who wrote the samples of which the data does not say it.
        is_transposed: Whether pictures in arrays lie on their side, as EMNIST's do; None where nobody has been asked.
        only: The split that is wanted; what is known to be for another may be left out before it is read.
        folders: What folders of pictures stand for, one of `FOLDERS_ARE`.
    """

    label: str = NO_LABEL
    split: Split | None = None
    writer: str = ""
    is_transposed: bool | None = None
    only: Split | None = None
    folders: str = FOLDERS_ARE[0]


class Reader(Protocol):
    """Something that gives samples: a file, or several that belong together."""

    def preview(self, token: CancellationToken | None = None) -> Preview:
        """What it would give, seen in two seconds at most."""
        ...

    def chunks(self, progress: ProgressCallback, token: CancellationToken | None = None) -> Iterator[Chunk]:
        """Its samples; nothing of `ImportOptions` is applied but `is_transposed` and `only`."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a sample beside its content; the fields are those of `Chunk`."""

    label: str = NO_LABEL
    split: Split | None = None
    writer: str = ""
    source: str = ""
    note: str = ""
    flags: int = 0
    created: int = 0

    def with_row(self, row: Mapping[str, str]) -> "Facts":
        """These facts with what the cells of a table say instead, by the names of their columns."""
        return Facts(
            unescaped(row["label"]) if "label" in row else self.label,
            split_of(row["split"]) if "split" in row else self.split,
            unescaped(row["writer"]) if "writer" in row else self.writer,
            unescaped(row["source"]) if "source" in row else self.source,
            unescaped(row["note"]) if "note" in row else self.note,
            flags_of(row["flags"]) if "flags" in row else self.flags,
            created_of(row["created"]) if "created" in row else self.created,
        )


@dataclass(slots=True)
class Batch:
    """A chunk that is being filled."""

    _contents: list[Content] = field(default_factory=list)
    _facts: list[Facts] = field(default_factory=list)
    _problems: list[Problem] = field(default_factory=list)
    _bytes: int = 0

    def __len__(self) -> int:
        return len(self._contents)

    def add(self, content: Content, facts: Facts) -> None:
        """Take in a sample."""
        self._contents.append(content)
        self._facts.append(facts)
        if isinstance(content, Ink):
            self._bytes += 16 * sum(len(stroke.points) for stroke in content.strokes)
        else:
            self._bytes += content.nbytes

    def refuse(self, problem: Problem) -> None:
        """Take in something that could not be used."""
        self._problems.append(problem)

    @property
    def is_full(self) -> bool:
        """Whether it is to be handed on."""
        return len(self._contents) >= CHUNK_SAMPLES or self._bytes >= CHUNK_BYTES or len(self._problems) >= MAX_PROBLEMS

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to hand on."""
        return not self._contents and not self._problems

    def take(self) -> Chunk:
        """What has been gathered; afterwards it is empty."""
        facts, contents, problems = self._facts, self._contents, tuple(self._problems)
        self._contents, self._facts, self._problems, self._bytes = [], [], [], 0
        is_uniform = len(contents) > 0 and all(
            isinstance(content, np.ndarray) and content.shape == getattr(contents[0], "shape", None)
            for content in contents
        )
        return Chunk(
            np.stack(contents) if is_uniform else contents,  # type: ignore[arg-type]
            labels=[fact.label for fact in facts],
            splits=[fact.split for fact in facts],
            writers=[fact.writer for fact in facts],
            sources=[fact.source for fact in facts],
            notes=[fact.note for fact in facts],
            flags=[fact.flags for fact in facts],
            created=[fact.created for fact in facts],
            problems=problems,
        )


class Deadline:
    """The moment after which a preview looks at nothing more."""

    def __init__(self, seconds: float = PREVIEW_SECONDS) -> None:
        self._end = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether it has come."""
        return time.monotonic() > self._end


def problem(where: str, error: RecognizerError) -> Problem:
    """What could not be used; of the error only what it says is kept, because a traceback keeps all that it passed."""
    error.__cause__ = error.__context__ = None
    return Problem(where, error.with_traceback(None))


def check(token: CancellationToken | None) -> None:
    """Raise Cancelled where that is asked for."""
    if token is not None:
        token.check()
