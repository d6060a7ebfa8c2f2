"""Kills, full disks, damaged files and random edits, many of each: nothing that the library acknowledged may be lost.

    .venv/bin/python tests/benchmarks/soak_library.py [--kills 1000] [--damaged 2000] [--full 50] [--edits 10000]

The full disk is a tmpfs of 8 MB, for which Linux asks for the right to mount one; `unshare` gives it where one is not
root. Elsewhere it is left out, and said so.
"""

import argparse
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from store_faults import edit_undo_redo, filled, meet_full_disk, survive_damage, survive_kill

from recognizer.base.i18n import set_language
from recognizer.base.paths import open_profile
from recognizer.library.store.library import Library

_DISK: Final = 8 << 20
_FULL: Final = "--on-small-disk"


def kills(root: Path, count: int) -> str:
    """Kill processes that edit; a new library after every hundred."""
    begun: Counter[str] = Counter()
    slowest = 0.0
    for seed in range(count):
        kind, seconds = survive_kill(root / str(seed // 100), seed)
        begun[kind or "nothing"] += 1
        slowest = max(slowest, seconds)
    during = ", ".join(f"{kind} {n}" for kind, n in sorted(begun.items()))
    return f"{count:,} kills, 0 lost; opened in at most {slowest:.2f} s; killed during {during}"


def damage(root: Path, count: int) -> str:
    """Damage files of libraries."""
    counts: Counter[str] = Counter()
    for seed in range(count):
        folder = root / str(seed)
        counts += survive_damage(folder, seed)
        shutil.rmtree(folder)
    found = ", ".join(f"{n:,} {kind}" for kind, n in sorted(counts.items()))
    return f"{count:,} damaged files of 300 samples, all started: {found}"


def edits(root: Path, count: int) -> str:
    """Random edits, taken back and done again twice."""
    edit_undo_redo(Library.of(open_profile(root)), count, 1)
    return f"{count:,} random edits undone and done again twice: identical"


def full(root: Path, count: int) -> str:
    """Fill a small disk; the work is done by a process that may mount one."""
    if not sys.platform.startswith("linux"):
        return "left out: no tmpfs here"
    root.mkdir()
    rights = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    command = [*rights, sys.executable, __file__, _FULL, str(root), "--full", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or done.stdout.strip())
    return done.stdout.strip()


def _on_small_disk(place: Path, count: int) -> int:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        print("left out: no tmpfs can be mounted here")
        return 0
    said: Counter[str] = Counter()
    try:
        for seed in range(count):
            folder, ballast = place / "profile", place / "ballast"
            library = Library.of(open_profile(folder))
            filled(library)

            def fill(free: int, ballast: Path = ballast) -> None:
                status = os.statvfs(place)
                ballast.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - free)))

            said[meet_full_disk(library, seed, fill, ballast.unlink).split(":")[0]] += 1
            library.close()
            shutil.rmtree(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)
    words = ", ".join(f"{n} × “{text}”" for text, n in said.items())
    print(f"{count} full disks, 0 lost, the same step works without a restart; said: {words}")
    return 0


def main() -> int:
    """One after the other; what fails keeps its folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--damaged", type=int, default=2_000)
    parser.add_argument("--full", type=int, default=50)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument(_FULL, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    set_language("en")
    logging.disable()
    if arguments.on_small_disk:
        return _on_small_disk(arguments.on_small_disk, arguments.full)
    root = Path(tempfile.mkdtemp(prefix="soak-library-"))
    works: dict[str, tuple[Callable[[Path, int], str], int]] = {
        "kills": (kills, arguments.kills),
        "damage": (damage, arguments.damaged),
        "full disk": (full, arguments.full),
        "edits": (edits, arguments.edits),
    }
    failed = []
    for name, (work, count) in works.items():
        if not count:
            continue
        began = time.monotonic()
        try:
            words = work(root / name.replace(" ", "-"), count)
        except Exception as error:
            failed.append(name)
            words = f"FAILED  {type(error).__name__}: {error}"
        print(f"{name:<11}{words} ({time.monotonic() - began:.0f} s)", flush=True)
    if not failed:
        shutil.rmtree(root)
    print(f"library: failed: {', '.join(failed)}; see {root}" if failed else "library: ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
