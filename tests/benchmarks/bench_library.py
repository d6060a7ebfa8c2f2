"""The library at a million samples: import, open, filter, scroll, relabel, undo, load; and MNIST from IDX.

Run: `python tests/benchmarks/bench_library.py [--n 1000000]`. Each part is a process of its own, so that its peak
memory is its own. MNIST is looked for in `$RECOGNIZER_DATASETS/mnist`, else in `../shared/data/mnist`.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from recognizer.base.paths import open_profile
from recognizer.ink.synthesis import generate
from recognizer.library.samples import Chunk
from recognizer.library.store import editing, tables
from recognizer.library.store.adding import Import
from recognizer.library.store.library import Library

CHECKOUT = Path(__file__).resolve().parents[2]
_DIFFERENT = 20_000
"""Digits that are synthesised; each million is made of them by small changes of grey levels, as no two may be equal."""


def synthetic(n: int) -> Iterator[Chunk]:
    """Chunks of different synthetic digits."""
    images, labels = generate(_DIFFERENT, 1)
    rng = np.random.default_rng(2)
    for start in range(0, n, 4096):
        count = min(4096, n - start)
        chosen = rng.integers(0, _DIFFERENT, count)
        made = images[chosen]
        inked = (made > 60) & (made < 250)
        made = np.where(inked, made + rng.integers(-8, 5, made.shape).astype(np.int8), made).astype(np.uint8)
        yield Chunk(made, [str(label) for label in labels[chosen].tolist()])


def peak() -> int:
    """Megabytes that this process has used at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fill(folder: Path, n: int) -> None:
    """Import `n` synthetic samples, which are made beforehand as far as memory allows."""
    library = Library.of(open_profile(folder))
    name = editing.create_dataset(library, "Million").name
    work, busy = Import(library, name, source="synthetic"), 0.0
    for chunk in synthetic(n):
        began = time.perf_counter()
        work.add(chunk)
        busy += time.perf_counter() - began
    library.close()
    size = (folder / "library.sqlite").stat().st_size / 1e6
    print(
        f"import of {work.result.added:,} synthetic samples: {busy:.0f} s (file {size:.0f} MB;"
        " bar: <= 120 s at 1,000,000)"
    )
    print(f"memory while importing them: {peak()} MB (peak of the process; bar: <= 400 MB)")


def mnist(folder: Path) -> None:
    """Import the 70,000 digits of MNIST's IDX files."""
    from recognizer.library.transfer import import_into

    root = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")
    if not (root / "mnist").is_dir():
        print("MNIST was not found")
        return
    library = Library.of(open_profile(folder))
    began = time.perf_counter()
    import_into(library, [root / "mnist"], "Digits")
    library.close()
    print(f"import of MNIST from IDX: {time.perf_counter() - began:.1f} s (70,000 samples; bar: <= 8 s)")


def edits(folder: Path) -> None:
    """Headless: load, relabel, undo; and the start after a crash."""
    profile = open_profile(folder)
    library = Library.of(profile)
    began = time.perf_counter()
    library.open()
    rows = tables.table(library, "million")
    print(
        f"library opened and read: {1e3 * (time.perf_counter() - began):.0f} ms (after an orderly end; bar: <= 300 ms)"
    )
    rng = np.random.default_rng(0)
    ids = rng.choice(rows.ids, min(10_000, len(rows)), replace=False)
    began = time.perf_counter()
    editing.relabel(library, ids, "7")
    print(f"relabel 10,000 random samples: {1e3 * (time.perf_counter() - began):.0f} ms (bar: <= 300 ms)")
    began = time.perf_counter()
    library.undo()
    print(f"undo it: {1e3 * (time.perf_counter() - began):.0f} ms (bar: <= 300 ms)")
    part = np.arange(min(60_000, len(rows)))
    began = time.perf_counter()
    rows.pictures(part)
    print(f"load 60,000 samples as arrays: {time.perf_counter() - began:.2f} s (bar: <= 1.0 s)")
    library.close()
    (folder / "library.index").unlink()
    began = time.perf_counter()
    library.open()
    print(f"start without an index, as after a crash: {time.perf_counter() - began:.1f} s (no bar at this size)")
    library.close()


def window(folder: Path) -> None:
    """The real page: open, filter, jump, scroll."""
    from bench_scroll import Frames
    from PySide6.QtWidgets import QApplication, QLineEdit

    from recognizer.gui.app import create_window
    from recognizer.gui.widgets.thumbnails import ThumbnailGrid

    application = QApplication(sys.argv[:1])
    made = create_window(folder)
    made.resize(1280, 800)
    made.show()

    def wait(is_done: object) -> None:
        until = time.monotonic() + 30
        while not is_done() and time.monotonic() < until:  # type: ignore[operator]
            application.processEvents()

    wait(made.session.library.file.is_open)
    wait(lambda: not made.session._threads)
    page = made.library_page
    page._panel.choose("million")
    made.session.settings._values["dataset"] = "million"
    grid = page.findChild(ThumbnailGrid, "datasetView")
    frames = Frames(application, grid)
    began = time.perf_counter()
    page._list_datasets()
    page._panel.choose("million")
    made._open_library()
    wait(lambda: page.table() is not None and len(page.shown_positions()) and frames._painted)
    print(f"open the page: {1e3 * (time.perf_counter() - began):.0f} ms (to the first frame; bar: <= 300 ms)")
    field, slowest = page.findChild(QLineEdit, "datasetFilter"), 0.0
    for line in ("label:4", "label:4 split:train", "-label:4", "source:synth", "flag:none date:today", ""):
        began, before = time.perf_counter(), frames._painted
        field.setText(line)
        wait(lambda before=before: frames._painted > before)
        slowest = max(slowest, time.perf_counter() - began)
    print(f"change a filter: {1e3 * slowest:.0f} ms (the slowest of six; bar: <= 150 ms)")
    bar = grid.verticalScrollBar()
    jump = frames.scroll_to(bar.maximum())
    print(f"jump to the end: {jump:.0f} ms (bar: <= 50 ms)")
    bar.setValue(0)
    application.processEvents()
    times = [frames.wheel(-1) for _ in range(300)]
    times += [frames.scroll_to(bar.value() + bar.pageStep()) for _ in range(200)]
    print(f"scroll: p99 frame {np.percentile(times, 99):.1f} ms (bar: <= 16 ms)")
    print(f"memory of the whole program: {peak()} MB (peak, TensorFlow not imported; bar: <= 400 MB)")
    assert "tensorflow" not in sys.modules
    made.close()


PARTS = {"mnist": mnist, "edits": edits, "window": window}


def main() -> int:
    """Run the parts one after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--part", choices=("fill", *PARTS))
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.part == "fill":
        fill(asked.folder, asked.n)
        return 0
    if asked.part:
        PARTS[asked.part](asked.folder)
        return 0
    code = 0
    with tempfile.TemporaryDirectory() as folder:
        for part in ("fill", "edits", "window", "mnist"):
            command = [
                sys.executable,
                __file__,
                "--part",
                part,
                "--n",
                str(asked.n),
                "--folder",
                f"{folder}/{part == 'mnist'}",
            ]
            code = max(code, subprocess.run(command, check=False).returncode)
    return code


if __name__ == "__main__":
    sys.exit(main())
