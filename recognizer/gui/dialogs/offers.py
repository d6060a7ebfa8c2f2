"""The datasets that the program brings or knows where to download, ready to be copied into the library."""

from dataclasses import dataclass

from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.library import downloads, sources
from recognizer.library.downloads import DOWNLOADS
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.sources import BUILT_IN


@dataclass(frozen=True, slots=True)
class Offer:
    """A dataset that can be had by its name.

    Attributes:
        name: For `import_into`.
        title: What people call it.
        summary: What it is, in one line.
        samples: How many it has.
        download: Bytes that have to be downloaded; 0 where it is at hand.
    """

    name: str
    title: str
    summary: str
    samples: int
    download: int

    @property
    def words(self) -> str:
        """What it takes to have it."""
        return size_words(self.download) if self.download else tr("at hand")


def offers(profile: Profile) -> list[Offer]:
    """All of them, those that the program brings first."""
    own = [
        Offer(
            info.name,
            info.title,
            info.summary,
            info.n_train + info.n_test,
            0 if sources.is_available(info.name, profile) else info.download_bytes,
        )
        for info in BUILT_IN.values()
        if info.name != OWN
    ]
    fetched = [
        Offer(
            each.name,
            each.title,
            tr("{summary}. Licence: {licence}", summary=each.summary, licence=each.licence)
            if each.licence
            else each.summary,
            each.n_train + each.n_test,
            0 if downloads.is_available(each.name, profile) else each.download_bytes,
        )
        for each in DOWNLOADS.values()
    ]
    return own + fetched


def title_of(name: str) -> str:
    """What people call the dataset of a name that the program knows; empty where it does not."""
    if name in BUILT_IN:
        return BUILT_IN[name].title
    return DOWNLOADS[name].title if name in DOWNLOADS else ""


def size_words(size: int) -> str:
    """A number of bytes in words."""
    for unit, most in (("kB", 1e6), ("MB", 1e9), ("GB", 1e12)):
        if size < most:
            amount = size / (most / 1000)
            return f"{amount:,.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"
    return f"{size / 1e12:,.1f} TB"
