"""Ink: how fast it is drawn and read, and what hostile files cost.

Drawings are written by the program itself, so that no other data is needed.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import open_profile
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.files import read_ink_file, write_ink_file
from recognizer.ink.synthesis import generate, generate_ink
from recognizer.library.sources import load_dataset

DRAWINGS = 10_000


def main() -> None:
    """Print the figures."""
    rng = np.random.default_rng(1)
    inks = [generate_ink(number % 10, rng) for number in range(DRAWINGS)]
    prepare = Preprocessor()
    began = time.perf_counter()
    for ink in inks[:1000]:
        prepare.from_ink(ink)
    print(f"one drawing to its picture: {time.perf_counter() - began:.2f} ms (mean of 1,000; bar: none)")
    began = time.perf_counter()
    generate(2000, 1, threads=1)
    print(f"synthetic drawing with its picture: {(time.perf_counter() - began) / 2:.3f} ms (one thread; bar: none)")
    with tempfile.TemporaryDirectory() as folder:
        profile = open_profile(Path(folder) / "profile")
        for name in ("ink.inkml", "ink.unp"):
            path = Path(folder) / name
            write_ink_file(path, inks, [str(number % 10) for number in range(DRAWINGS)])
            began = time.perf_counter()
            load_dataset(str(path), profile)
            seconds = time.perf_counter() - began
            print(f"{DRAWINGS:,} drawings from .{name[4:]} as data: {seconds:.1f} s (read and drawn; bar: < 10 s)")
        for what, content in hostile(rng).items():
            path = Path(folder) / f"bad.{'unp' if content.startswith('.') else 'inkml'}"
            path.write_text(content)
            # A process of its own, because only that knows what it needed at most.
            done = subprocess.run([sys.executable, __file__, path], capture_output=True, text=True, check=True)
            print(f"{what}: {done.stdout.strip()} (bar: ≤ 2 s, ≤ 200 MB more)")


def hostile(rng: np.random.Generator) -> dict[str, str]:
    """Files that ask for too much."""
    points = [f"{x} {y}" for x, y in rng.integers(0, 5000, (1_000_000, 2)).tolist()]
    strokes = "".join(f"<trace>{','.join(points[start : start + 100])}</trace>" for start in range(0, 1_000_000, 100))
    entities = '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    return {
        "InkML of a million points": f"<ink><trace>{','.join(points)}</trace></ink>",
        "InkML of 10,000 strokes of 100 points": f"<ink>{strokes}</ink>",
        "InkML of 4,000,000 points": f"<ink>{'<trace>' + ','.join(points) + ',1 1</trace>'}{strokes * 3}</ink>",
        "InkML with entities": f"<!DOCTYPE ink [{entities}]><ink><annotation>&b;</annotation></ink>",
        "InkML of 3,000,000 empty groups": f"<ink>{'<traceGroup/>' * 3_000_000}</ink>",
        "UNIPEN of a million points": ".COORD X Y\n.PEN_DOWN\n" + "\n".join(points) + "\n",
    }


def read_one(path: Path) -> None:
    """Read and draw `path` and say what it cost beyond what the program needs anyway."""
    prepare = Preprocessor()
    prepare.from_ink(generate_ink(3, np.random.default_rng(1)))
    before, began, worked = peak_megabytes(), time.perf_counter(), time.process_time()
    try:
        for ink in read_ink_file(path):
            prepare.from_ink(ink)
        answer = "read"
    except RecognizerError:
        answer = "refused"
    seconds, of_a_core = time.perf_counter() - began, time.process_time() - worked
    print(f"{answer} in {seconds:.2f} s, {of_a_core:.2f} s of a core, {peak_megabytes() - before:.0f} MB")


def peak_megabytes() -> float:
    """The most memory that this process has had; NaN where the system does not say."""
    try:
        # Not `resource`, whose figure starts with that of the process that began this one.
        status = Path("/proc/self/status").read_text()
    except OSError:
        return float("nan")
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        read_one(Path(sys.argv[1]))
    else:
        main()
