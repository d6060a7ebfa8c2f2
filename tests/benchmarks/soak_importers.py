"""Imports many damaged files of every format: none may crash, hang over 5 s, or leave anything behind.

.venv/bin/python tests/benchmarks/soak_importers.py --count 10000
"""

import argparse
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from import_fuzz import attack
from import_samples import FORMATS

from recognizer.base.i18n import set_language


def main() -> int:
    """Attack the formats one after the other; the files that break one are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="damaged files of each format")
    parser.add_argument("--seed", type=int, default=2, help="of the damage")
    parser.add_argument("--formats", nargs="*", default=sorted(FORMATS), help="all where none are given")
    arguments = parser.parse_args()
    set_language("en")
    warnings.simplefilter("error")
    failed = []
    root = Path(tempfile.mkdtemp(prefix="soak-importers-"))
    for number, name in enumerate(arguments.formats):
        began = time.perf_counter()
        folder = root / str(number)
        folder.mkdir()
        try:
            usable = attack(name, arguments.count, arguments.seed, folder)
        except Exception as error:
            failed.append(name)
            print(f"{name:<14}FAILED  {type(error).__name__}: {error}", flush=True)
            continue
        seconds = time.perf_counter() - began
        print(f"{name:<14}{arguments.count:,} files, {usable:,} usable, {seconds:.0f} s", flush=True)
    if not failed:
        shutil.rmtree(root)
    print(f"importers: {'failed: ' + ', '.join(failed) if failed else 'ok'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
