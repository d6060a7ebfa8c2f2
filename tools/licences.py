"""Gather the licence texts of everything that is packaged with the program."""

import importlib.metadata
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_LICENCE = re.compile(r"(licen[cs]e|copying|notice|authors|copyright)", re.IGNORECASE)
_DEBIAN_DOC = Path("/usr/share/doc")


def gather(target: Path, system_libraries: Iterable[Path] = ()) -> int:
    """Fill the folder `target` anew: a folder a package, and `index.txt`.

    Args:
        target: Made anew.
        system_libraries: Shared libraries that were taken from this system; Debian keeps their licences.

    Returns:
        How many packages and libraries are listed.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    lines = []
    for distribution in sorted(runtime_distributions(), key=lambda found: found.name.lower()):
        metadata = distribution.metadata
        licence = metadata.get("License-Expression") or _first_line(metadata.get("License")) or _classifiers(metadata)
        files = [file for file in distribution.files or [] if _is_licence(str(file))]
        _copy([Path(str(distribution.locate_file(file))) for file in files], target / distribution.name)
        lines.append(f"{distribution.name} {distribution.version}: {licence or 'see its folder'}")
    _copy(_python_licence(), target / "Python")
    lines.append(f"Python {sys.version.split()[0]}: PSF-2.0")
    for package in sorted({package for path in system_libraries if (package := _debian_package(path))}):
        _copy([_DEBIAN_DOC / package / "copyright"], target / package)
        lines.append(f"{package}: see its folder")
    (target / "index.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


def runtime_distributions() -> list[importlib.metadata.Distribution]:
    """The program's dependencies, theirs, and so on, as far as they are installed."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = ["recognizer"]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        wishes = (Requirement(text) for text in found[name].requires or [])
        waiting += [wish.name for wish in wishes if wish.marker is None or wish.marker.evaluate({"extra": ""})]
    found.pop("recognizer", None)
    return list(found.values())


def _is_licence(path: str) -> bool:
    inside_metadata = ".dist-info/" in path
    return bool(inside_metadata and _LICENCE.search(path.split(".dist-info/", 1)[1]))


def _first_line(text: str | None) -> str:
    line = (text or "").strip().splitlines()[:1]
    return line[0] if line and len(line[0]) < 80 and line[0] != "UNKNOWN" else ""


def _classifiers(metadata: importlib.metadata.PackageMetadata) -> str:
    kinds = metadata.get_all("Classifier") or []
    return ", ".join(kind.rsplit(" :: ", 1)[1] for kind in kinds if kind.startswith("License :: "))


def _python_licence() -> list[Path]:
    roots = (Path(sys.base_prefix), Path(sys.base_prefix) / "lib" / f"python3.{sys.version_info.minor}")
    candidates = [root / name for root in roots for name in ("LICENSE.txt", "LICENSE")]
    candidates.append(_DEBIAN_DOC / f"python3.{sys.version_info.minor}" / "copyright")
    return [path for path in candidates if path.is_file()][:1]


def _debian_package(library: Path) -> str | None:
    """The Debian package that owns `library`; None where that cannot be told."""
    names = {str(library), str(library.resolve())}
    names |= {name.removeprefix("/usr") for name in names}
    for listing in Path("/var/lib/dpkg/info").glob("lib*.list"):
        if not names.isdisjoint(listing.read_text(encoding="utf-8", errors="replace").splitlines()):
            package = listing.stem.split(":")[0]
            return package if (_DEBIAN_DOC / package / "copyright").is_file() else None
    return None


def _copy(files: Iterable[Path], folder: Path) -> None:
    for number, file in enumerate(files):
        if not file.is_file():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        goal = folder / file.name
        shutil.copyfile(file, goal if not goal.exists() else folder / f"{number}-{file.name}")
