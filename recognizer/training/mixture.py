"""What a shipped model is trained on: pictures from several sources, mixed anew for each epoch."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from recognizer.training.pen_data import PenData, vary

T = TypeVar("T")
Draw = Callable[[NDArray[np.integer], np.random.Generator], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Labelled pictures of one origin.

    Attributes:
        name: What it is.
        labels: (n,) class indices of its samples.
        per_epoch: How many of them are seen in an epoch; more than n means that some are seen twice or more.
        draw: Gives (k, 28, 28) uint8 pictures of the samples at (k,) places.
        shares: (n,) how often each sample is taken, relative to the others; evenly where None.
    """

    name: str
    labels: NDArray[np.int64]
    per_epoch: int
    draw: Draw
    shares: NDArray[np.float64] | None = None

    def places(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """The samples of an epoch: all equally often, and as many more as are needed by chance."""
        n = len(self.labels)
        if self.shares is not None:
            return rng.choice(n, self.per_epoch, p=self.shares / self.shares.sum())
        whole, rest = divmod(self.per_epoch, n)
        return np.concatenate([np.tile(np.arange(n), whole), rng.choice(n, rest, replace=False)])


def pictures(name: str, images: NDArray[np.uint8], labels: NDArray[np.integer], per_epoch: int) -> Source:
    """A source of finished pictures, (n, 28, 28) uint8."""
    return Source(name, labels.astype(np.int64), per_epoch, lambda places, rng: images[places])


def pen(name: str, data: PenData, labels: NDArray[np.integer], per_epoch: int, *, even: bool = False) -> Source:
    """A source of pen-drawn symbols, each time written a little differently.

    Args:
        name: What it is.
        data: The symbols.
        labels: (n,) their class indices.
        per_epoch: How many are seen in an epoch.
        even: Take rare labels more often: by the inverse square root of how often they occur.
    """
    shares = None
    if even:
        _, which, counts = np.unique(data.labels, return_inverse=True, return_counts=True)
        shares = 1 / np.sqrt(counts[which])
    return Source(name, labels.astype(np.int64), per_epoch, lambda places, rng: vary(data, places, rng), shares)


def mix(sources: Sequence[Source], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The pictures and class indices of one epoch, in random order."""
    drawn = [(source, source.places(rng)) for source in sources if source.per_epoch]
    images = np.concatenate([source.draw(places, rng) for source, places in drawn])
    labels = np.concatenate([source.labels[places] for source, places in drawn])
    order = rng.permutation(len(labels))
    return images[order], labels[order]


def prepared(make: Callable[[int], T], count: int) -> Iterator[T]:
    """`make(0)` to `make(count - 1)`, each made in a thread while the one before it is used."""
    with ThreadPoolExecutor(1) as maker:
        following = maker.submit(make, 0)
        for number in range(count):
            current = following.result()
            if number + 1 < count:
                following = maker.submit(make, number + 1)
            yield current
