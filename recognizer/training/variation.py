"""Training pictures varied anew for every epoch, while the epoch before is trained on."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.training.augment import Augmentation, augment

_CHUNK: Final = 2000
_POLL: Final = 0.05


class Variation:
    """Varies pictures in a thread of its own; an epoch's pictures depend on the seed and its number alone.

    Args:
        images: (n, size, size) uint8.
        amounts: How far.
        seed: Where chance comes from.
        use: Given the pictures of the epoch that begins.
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        amounts: Augmentation,
        seed: int,
        use: Callable[[NDArray[np.uint8]], object],
    ) -> None:
        self._images, self._amounts, self._seed, self._use = images, amounts, seed, use
        self._pool = ThreadPoolExecutor(1, "variation")
        self._next: tuple[int, Future[NDArray[np.uint8]]] | None = None
        self._is_closed = False

    def begin(self, epoch: int, check: Callable[[], None]) -> None:
        """Have the pictures of an epoch used, and make those of the next one; `check` raises to stop the waiting."""
        if self._next is None or self._next[0] != epoch:
            self._next = epoch, self._pool.submit(self._vary, epoch)
        future = self._next[1]
        while True:
            check()
            try:
                pictures = future.result(_POLL)
                break
            except NotYet:
                continue
        self._next = epoch + 1, self._pool.submit(self._vary, epoch + 1)
        self._use(pictures)

    def close(self) -> None:
        """Give up what is being made."""
        self._is_closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _vary(self, epoch: int) -> NDArray[np.uint8]:
        rng = np.random.default_rng((self._seed, epoch, 1))
        varied = np.empty_like(self._images)
        for start in range(0, len(varied), _CHUNK):
            if self._is_closed:
                break
            part = augment(self._images[start : start + _CHUNK], rng, self._amounts)
            np.rint(part * 255, out=part)
            varied[start : start + _CHUNK] = part.astype(np.uint8)
        return varied
