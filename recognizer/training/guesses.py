"""The probabilities of a run's judged samples, as its folder keeps them: the best classes of each."""

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr

PROBABILITIES: Final = "probabilities.npz"
"""In a run's folder: `classes`, (n, m) uint16, and `probabilities`, (n, m) float16, of the samples of its predictions,
the most probable first; older versions kept `probabilities`, (n, k) float32, of all classes."""
KEPT: Final = 10
"""The most classes that are kept of a sample: of 100,000 samples with 62 classes 4 MB instead of 25."""


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """The best guesses at each sample.

    Attributes:
        classes: (n, m) int64, the most probable first; of equally probable ones the first class.
        probabilities: (n, m) float32, theirs; they sum to less than 1 where there are more classes.
    """

    classes: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    @classmethod
    def of(cls, probabilities: NDArray[np.floating]) -> "Guesses":
        """The best of (n, k) probabilities."""
        order = np.argsort(-probabilities, axis=1, kind="stable")[:, :KEPT]
        return cls(order.astype(np.int64), np.take_along_axis(probabilities, order, axis=1).astype(np.float32))

    def is_within(self, truth: NDArray[np.integer], k: int = 2) -> NDArray[np.bool_]:
        """(n,) whether the true class, (n,), is among the first `k` guesses."""
        return (self.classes[:, :k] == truth[:, None]).any(axis=1)


def save_guesses(folder: Path, guesses: Guesses) -> None:
    """Keep them in the folder of a run; RecognizerError where it cannot be written."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        classes=guesses.classes.astype(np.uint16),
        probabilities=guesses.probabilities.astype(np.float16),
    )
    write_atomic(folder / PROBABILITIES, buffer.getvalue())


def load_guesses(folder: Path, n: int) -> Guesses | None:
    """Those of the run in `folder`; None where it has kept none.

    Args:
        folder: The run's.
        n: How many samples it was judged on.

    Raises:
        RecognizerError: They are damaged.
    """
    path = folder / PROBABILITIES
    if not path.is_file():
        return None
    try:
        # NumPy leaves a file open that is no whole archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            probabilities = arrays["probabilities"]
            classes = arrays.get("classes")
        if probabilities.dtype.kind != "f" or probabilities.ndim != 2 or len(probabilities) != n:
            raise ValueError(f"{probabilities.dtype} {probabilities.shape}")
        if classes is None:
            return Guesses.of(probabilities)
        if classes.dtype.kind != "u" or classes.shape != probabilities.shape:
            raise ValueError(f"{classes.dtype} {classes.shape}")
        return Guesses(classes.astype(np.int64), probabilities.astype(np.float32))
    except OSError as error:
        raise read_error(path, error) from error
    # A cut file makes NumPy and its unzipper raise any of these.
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise RecognizerError(
            tr("The record of the training run cannot be read"),
            where=f"{path} ({type(error).__name__}: {error})",
            fix=tr("Train again; the models are not touched"),
        ) from error
