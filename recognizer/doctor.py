"""What `recognizer doctor` looks at: is everything there that the program needs, and does it work?"""

import ctypes
import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from recognizer import __version__
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path

QT_LIBRARIES: Final = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""The system libraries that Qt's X11 plug-in needs on Linux, with their Debian packages."""
_PACKAGES: Final = ("numpy", "Pillow", "PySide6-Essentials", "ai-edge-litert", "pyqtgraph", "scikit-learn")
_MEGABYTE: Final = 1 << 20


class Status(StrEnum):
    """How a check went."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the answer: what was looked at, how it went, and the particulars."""

    name: str
    status: Status
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def examine(profile: Profile) -> Iterator[Check]:
    """Every check, one after the other."""
    yield _ok("program", f"Recognizer {__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield from _packages()
    yield _profile(profile)
    yield from _models(profile)
    yield _library(profile)
    yield from _datasets(profile)
    yield _qt()
    yield _display()


def missing_qt_libraries() -> dict[str, str]:
    """Of `QT_LIBRARIES`, those that cannot be loaded; none where they come with the program or are not needed."""
    if not sys.platform.startswith("linux") or getattr(sys, "frozen", False):
        return {}
    return {name: package for name, package in QT_LIBRARIES.items() if not _loads(name)}


def has_display() -> bool:
    """Whether a window could be shown, as far as the environment tells."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _packages() -> Iterator[Check]:
    found = {name: _version(name) for name in _PACKAGES}
    absent = [name for name, version in found.items() if version is None]
    known = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    if absent and not getattr(sys, "frozen", False):
        yield Check("packages", Status.PROBLEM, tr("missing: {names}", names=", ".join(absent)))
    else:
        yield _ok("packages", known or tr("part of the program"))
    versions = [f"{name} {_version(name)}" for name in ("tensorflow", "tensorflow-cpu", "keras") if _version(name)]
    is_there = any(text.startswith("tensorflow") for text in versions) or getattr(sys, "frozen", False)
    if is_there:
        yield _ok("training", ", ".join(versions) or tr("part of the program"))
    else:
        yield Check("training", Status.WARNING, tr("TensorFlow is not installed: models cannot be trained"))


def _profile(profile: Profile) -> Check:
    free = shutil.disk_usage(profile.root).free // _MEGABYTE
    detail = tr("{path}, {free} MB free", path=profile.root, free=f"{free:,}")
    if free < 100:
        return Check("profile", Status.PROBLEM, detail)
    return Check("profile", Status.WARNING if free < 1000 else Status.OK, detail)


def _models(profile: Profile) -> Iterator[Check]:
    from recognizer.inference.registry import CARD

    shipped = shipped_models_path()
    folders = [
        (folder, root == shipped)
        for root in (shipped, profile.models)
        if root.is_dir()
        for folder in sorted(root.iterdir())
        if (folder / CARD).is_file()
    ]
    if not folders:
        yield Check("models", Status.PROBLEM, tr("there is none in {path}", path=shipped))
    for folder, is_shipped in folders:
        yield _model(folder, is_shipped=is_shipped)


def _model(folder: Path, *, is_shipped: bool) -> Check:
    """Load a model, which verifies its checksum, and let it read an upright line."""
    import numpy as np

    from recognizer.imaging.preprocess import Preprocessor
    from recognizer.inference.classifier import Classifier
    from recognizer.inference.registry import read_record
    from recognizer.ink.stroke import Ink

    name = f"model {folder.name}"
    try:
        record = read_record(folder, is_shipped=is_shipped)
        line = Ink.from_arrays([np.array([[0, 0], [0, 100]], np.float32)])
        prediction = Classifier(record).predict(Preprocessor(record.preprocessing).from_ink(line))
    except (RecognizerError, ImportError) as error:
        return Check(name, Status.PROBLEM, str(error))
    accuracy = "" if record.accuracy is None else f", {record.accuracy * 100:.2f} %"
    return _ok(
        name,
        tr("{title}{accuracy}; reads a line as {label}", title=record.title, accuracy=accuracy, label=prediction.label),
    )


def _library(profile: Profile) -> Check:
    """Look into every sample; a file that is in use elsewhere is left alone."""
    from recognizer.library.store import tables
    from recognizer.library.store.library import Library

    library = Library.of(profile)
    if not library.exists():
        return _ok("library", tr("there is none yet"))
    try:
        library.open()
        if library.incidents:
            return Check("library", Status.PROBLEM, library.incidents[-1].words())
        problems = library.check().problems
        counts = tables.counts(library)
        newest = next(iter(library.backups.list()), None)
    except RecognizerError as error:
        return Check("library", Status.PROBLEM if error.exit_code == 1 else Status.WARNING, str(error))
    finally:
        library.close()
    if problems:
        return Check("library", Status.PROBLEM, tr("damaged: {reason}", reason=problems[0]))
    samples = ntr("{n} sample", "{n} samples", sum(counts.values()))
    sets = ntr("{n} dataset", "{n} datasets", len(counts))
    kept = tr("no backup yet") if newest is None else tr("last backup {name}", name=newest.path.name)
    return _ok("library", f"{sets}, {samples}, {kept}")


def _datasets(profile: Profile) -> Iterator[Check]:
    from recognizer.library.sources import BUILT_IN, is_available

    for info in BUILT_IN.values():
        if is_available(info.name, profile):
            yield _ok(f"dataset {info.name}", info.summary)
        else:
            yield Check(f"dataset {info.name}", Status.WARNING, tr("not here; it is downloaded when it is needed"))


def _qt() -> Check:
    missing = missing_qt_libraries()
    if missing:
        names = ", ".join(sorted(missing.values()))
        return Check("Qt", Status.PROBLEM, tr("these system packages are missing: {names}", names=names))
    try:
        # By name, because only the window's room may depend on Qt.
        version = importlib.import_module("PySide6").__version__
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        return Check("Qt", Status.PROBLEM, str(error))
    return _ok("Qt", f"PySide6 {version}")


def _display() -> Check:
    if has_display():
        return _ok("display", tr("there is one"))
    return Check("display", Status.WARNING, tr("there is none: the window cannot be shown, everything else works"))


def _ok(name: str, detail: str) -> Check:
    return Check(name, Status.OK, detail)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
