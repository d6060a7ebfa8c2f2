"""Datasets by name or path."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library import handwriting, mnist, synthetic, uci
from recognizer.library.datafiles import load_path
from recognizer.library.dataset import Dataset
from recognizer.library.store import tables
from recognizer.library.store.library import Library


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """A dataset that the program knows by name, before it is loaded.

    Attributes:
        name: What the command line calls it.
        n_train, n_test: How many samples its splits have; 0 where that depends on the profile.
        describe: Gives its title, what it is in one line, and where its samples come from, in the language in use
            when it is called.
        download_bytes: What has to be downloaded where it is not at hand; 0 where nothing ever has.
    """

    name: str
    n_train: int
    n_test: int
    describe: Callable[[], tuple[str, str, str]]
    download_bytes: int = 0

    @property
    def title(self) -> str:
        """What people call it."""
        return self.describe()[0]

    @property
    def summary(self) -> str:
        """What it is, in one line."""
        return self.describe()[1]

    @property
    def source(self) -> str:
        """Where its samples come from."""
        return self.describe()[2]


BUILT_IN: Final[dict[str, DatasetInfo]] = {
    info.name: info
    for info in (
        DatasetInfo(
            mnist.NAME,
            60_000,
            10_000,
            lambda: (tr("MNIST"), tr("70,000 digits written by about 500 people; the classic"), mnist.source()),
            mnist.DOWNLOAD_BYTES,
        ),
        DatasetInfo(
            uci.NAME,
            uci.N_TRAIN,
            uci.N_TEST,
            lambda: (tr("UCI digits"), tr("1,797 small digits written by 43 people; needs no network"), uci.source()),
        ),
        DatasetInfo(
            synthetic.NAME,
            synthetic.N_TRAIN,
            synthetic.N_TEST,
            lambda: (
                tr("Synthetic handwriting"),
                tr("70,000 digits that this program writes itself; needs no network"),
                synthetic.source(),
            ),
        ),
        DatasetInfo(
            handwriting.NAME,
            0,
            0,
            lambda: (
                handwriting.title(),
                tr("What you wrote and said what it is; a fifth is kept apart for the test"),
                handwriting.source(),
            ),
        ),
    )
}


def names_in(profile: Profile) -> list[str]:
    """The names of all datasets: those that the program knows, and those of the library, if that can be opened."""
    try:
        own = [record.name for record in Library.of(profile).records()]
    except RecognizerError:
        own = []
    return [*BUILT_IN, *(name for name in own if name not in BUILT_IN)]


def _looks_like_path(text: str) -> bool:
    return any(sign in text for sign in "/\\.~")


def is_available(name: str, profile: Profile) -> bool:
    """Whether the built-in dataset `name` can be had without a download."""
    return mnist.is_available(profile) if name == mnist.NAME else name in BUILT_IN


def load_dataset(
    name_or_path: str,
    profile: Profile,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
    *,
    for_evaluation: bool = False,
) -> Dataset:
    """Load a dataset.

    Args:
        name_or_path: A name from `BUILT_IN` or of a dataset in the library, or the path of a file or folder. Data from
            a path that has no split of its own is all test; `recognizer.library.splits.with_split` divides it for
            training.
        profile: Where downloaded and generated datasets are kept.
        progress: Told how far loading is, from the calling thread.
        token: Stops the loading.
        for_evaluation: Of data from a path, leave out all but the test split where there is one.

    Raises:
        RecognizerError: There is no such dataset, or it cannot be used.
        Cancelled: By `token`.
    """
    if name_or_path == mnist.NAME:
        return mnist.load(profile, progress, token)
    if name_or_path == uci.NAME:
        return uci.load()
    if name_or_path == synthetic.NAME:
        return synthetic.load(profile, progress, token)
    if name_or_path == handwriting.NAME:
        return handwriting.Handwriting(profile).dataset(progress, token)
    library = Library.of(profile)
    path = Path(name_or_path).expanduser()
    if library.exists() and (not path.exists() or not _looks_like_path(name_or_path)):
        record = library.find_record(name_or_path)
        if record is not None:
            return tables.load(library, record.name, progress, token)
    if not path.exists():
        raise RecognizerError(
            tr("There is no such dataset"),
            where=name_or_path,
            fix=tr(
                "Give the path of a file or folder, or one of the names {names}", names=", ".join(names_in(profile))
            ),
        )
    return load_path(path, profile.datasets, progress, token, for_evaluation=for_evaluation)
