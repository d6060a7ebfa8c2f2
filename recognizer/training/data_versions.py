"""Whether the data of a run are still what they were: fingerprints of the library's datasets as they are now."""

from collections.abc import Iterable, Mapping
from typing import Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.progress import no_progress
from recognizer.library.dataset import Dataset
from recognizer.library.sources import load_dataset
from recognizer.library.store import tables
from recognizer.library.store.library import Library
from recognizer.training.runs import fingerprint

_MOST: Final = 20_000
"""Samples up to which a dataset is read for its fingerprint alone: half a second."""


class DataVersions:
    """Remembers fingerprints until the library changes; from one thread at a time."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._revision = -1
        self._known: dict[str, str] = {}

    def now(
        self, names: Iterable[str], loaded: Mapping[str, Dataset], token: CancellationToken | None = None
    ) -> dict[str, str]:
        """The fingerprints of those datasets that can change, as far as they are quickly known.

        Args:
            names: Of datasets; those that are not in the library never change, and are left out.
            loaded: Datasets as they are now, by their names.
            token: Stops it.

        Raises:
            Cancelled: By `token`.
        """
        library = Library.of(self._profile)
        try:
            counts = tables.counts(library)
        except RecognizerError:
            return {}
        if self._revision != library.revision:
            self._revision, self._known = library.revision, {}
        for name in dict.fromkeys(names):
            if name not in counts or name in self._known:
                continue
            if token is not None:
                token.check()
            try:
                if name in loaded:
                    self._known[name] = fingerprint(loaded[name])
                elif counts[name] <= _MOST:
                    self._known[name] = fingerprint(load_dataset(name, self._profile, no_progress, token))
            except RecognizerError:
                # Emptied, perhaps: then there is nothing that could be compared.
                continue
        return dict(self._known)
