"""Small valid files of every kind that the library imports, and all that comes out of one."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from recognizer.base.cancellation import CancellationToken
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.ink.files import write_ink_file
from recognizer.ink.ink_file import InkFile
from recognizer.ink.synthesis import generate, generate_ink
from recognizer.library.dataset import Split
from recognizer.library.idx import write_idx
from recognizer.library.importing.source import ImportOptions, open_data
from recognizer.library.samples import Content, Problem

IMAGES, NUMBERS = generate(6, 5)
LABELS = [str(number) for number in NUMBERS.tolist()]
INKS = tuple(generate_ink(label, np.random.default_rng(label)) for label in range(4))


@dataclass
class Taken:
    """All that came out of an import, one entry a sample."""

    contents: list[Content] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    splits: list[Split | None] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    created: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def pictures(self) -> np.ndarray:
        """Contents of one size as an array."""
        return np.stack(self.contents)  # type: ignore[arg-type]


BLANKS = {
    "labels": "",
    "splits": None,
    "writers": "",
    "sources": "",
    "notes": "",
    "flags": 0,
    "created": 0,
}


def take(
    paths: Path | Sequence[Path],
    scratch: Path,
    options: ImportOptions | None = None,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
) -> Taken:
    """Import `paths`."""
    taken = Taken()
    named = [paths] if isinstance(paths, Path) else paths
    with open_data(named, scratch, options or ImportOptions(), token) as source:
        for chunk in source.chunks(progress, token):
            taken.contents += list(chunk.contents)
            for name, blank in BLANKS.items():
                getattr(taken, name).extend(list(getattr(chunk, name)) or [blank] * len(chunk))
            taken.problems += chunk.problems
            taken.sizes.append(len(chunk))
    return taken


def png(image: np.ndarray) -> bytes:
    """A picture as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def write_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A ZIP with the given files."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_idx_pair(folder: Path, name: str = "train", ending: str = "") -> Path:
    """Pictures and labels as IDX; the path of the pictures."""
    compress = ending == ".gz"
    images = folder / f"{name}-images-idx3-ubyte{ending}"
    write_idx(images, IMAGES, compress=compress)
    write_idx(folder / f"{name}-labels-idx1-ubyte{ending}", NUMBERS.astype(np.uint8), compress=compress)
    return images


def write_csv(path: Path, images: np.ndarray = IMAGES, labels: Sequence[str] = LABELS) -> Path:
    """A table in Kaggle's layout."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["label", *(f"pixel{i}" for i in range(images[0].size))])
        writer.writerows([label, *image.ravel().tolist()] for label, image in zip(labels, images, strict=True))
    return path


def _npz(folder: Path, *, compress: bool) -> Path:
    save = np.savez_compressed if compress else np.savez
    save(folder / "data.npz", x=IMAGES, y=NUMBERS, writers=np.array(list("abcdef")), flags=np.arange(6, dtype=np.uint8))
    return folder / "data.npz"


def _strokes(folder: Path) -> Path:
    write_ink_file(folder / "ink.npz", InkFile(INKS, tuple("0123"), tuple("abab")))
    return folder / "ink.npz"


def _ink(name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        write_ink_file(folder / name, InkFile(INKS[:2], ("0", "1"), ("ann", "bob"), "2024-01-31"))
        return folder / name

    return write


def _zip_of_classes(folder: Path) -> Path:
    files = {f"data/{label}/{i}.png": png(image) for i, (label, image) in enumerate(zip(LABELS, IMAGES, strict=True))}
    return write_zip(folder / "classes.zip", files)


def _zip_with_manifest(folder: Path) -> Path:
    files = {f"train/a/{i}.png": png(image) for i, image in enumerate(IMAGES)}
    write_ink_file(folder / "x.inkml", INKS[:1])
    files["test/b/7.inkml"] = (folder / "x.inkml").read_bytes()
    (folder / "x.inkml").unlink()
    rows = [f"{name},{i},test,ann,here,a note,1,2024-01-01" for i, name in enumerate(files)]
    table = "\n".join(["file,label,split,writer,source,note,flags,created", *rows])
    return write_zip(folder / "manifest.zip", {**files, "samples.csv": table.encode()})


def _zip_of_idx(folder: Path) -> Path:
    write_idx_pair(folder, ending=".gz")
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*ubyte*"))}
    for name in files:
        (folder / name).unlink()
    return write_zip(folder / "idx.zip", files)


def _npy(folder: Path) -> Path:
    np.save(folder / "x.npy", IMAGES)
    return folder / "x.npy"


def _picture(kind: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / f"picture.{kind}"
        Image.fromarray(IMAGES[0]).save(path)
        return path

    return write


def _csv_gz(folder: Path) -> Path:
    path = write_csv(folder / "data.csv")
    content = gzip.compress(path.read_bytes(), mtime=0)
    path.unlink()
    (folder / "data.csv.gz").write_bytes(content)
    return folder / "data.csv.gz"


def _csv_facts(folder: Path) -> Path:
    path = folder / "data.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "split", "writer", "source", "note", "flags", "created", *range(16)])
        for number, (label, image) in enumerate(zip(LABELS, IMAGES, strict=True)):
            facts = [f"'={label}", "test", "Ann, B.", "a/b.png", 'said "no"\ntwice', number % 4, "2024-01-31"]
            writer.writerow([*facts, *image[12:16, 12:16].ravel().tolist()])
    return path


def _npy_pair(folder: Path) -> Path:
    np.save(folder / "images.npy", IMAGES.astype(np.float32) / 255)
    np.save(folder / "labels.npy", np.array(LABELS))
    return folder


def _emnist(folder: Path) -> Path:
    path = write_idx_pair(folder, "emnist-letters-train")
    (folder / "emnist-letters-mapping.txt").write_text("".join(f"{i} {65 + i} {97 + i}\n" for i in range(10)))
    return path


def _parquet(folder: Path) -> Path:
    import duckdb

    rows = ", ".join(
        f"('{label}', {{'bytes': unhex('{png(image).hex()}'), 'path': NULL}}, {number})"
        for number, (label, image) in enumerate(zip(LABELS, IMAGES, strict=True))
    )
    path = folder / "data.parquet"
    table = f"SELECT * FROM (VALUES {rows}) AS t(label, image, flags)"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({table}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return path


def _folder_with_manifest(folder: Path) -> Path:
    names = []
    for number, image in enumerate(IMAGES):
        (folder / "a").mkdir(exist_ok=True)
        (folder / "a" / f"{number}.png").write_bytes(png(image))
        names.append(f"a/{number}.png")
    (folder / "samples.csv").write_text("\n".join(["file,label", *(f"{name},'-{name}" for name in names)]))
    return folder


FORMATS: dict[str, Callable[[Path], Path]] = {
    "idx": lambda folder: write_idx_pair(folder),
    "idx.gz": lambda folder: write_idx_pair(folder, ending=".gz"),
    "csv": lambda folder: write_csv(folder / "data.csv", IMAGES[:, 10:16, 10:16]),
    "csv.gz": _csv_gz,
    "npz": lambda folder: _npz(folder, compress=True),
    "npz stored": lambda folder: _npz(folder, compress=False),
    "npy": _npy,
    "npy pair": _npy_pair,
    "csv facts": _csv_facts,
    "emnist": _emnist,
    "manifest": _folder_with_manifest,
    "parquet": _parquet,
    "strokes": _strokes,
    "inkml": _ink("ink.inkml"),
    "unipen": _ink("ink.unp"),
    "zip": _zip_of_classes,
    "zip manifest": _zip_with_manifest,
    "zip idx": _zip_of_idx,
    "png": _picture("png"),
    "jpg": _picture("jpg"),
    "bmp": _picture("bmp"),
    "tif": _picture("tif"),
    "gif": _picture("gif"),
    "webp": _picture("webp"),
    "pgm": _picture("pgm"),
}
"""Writers of small valid files by the names of their formats; each gives what is imported."""
