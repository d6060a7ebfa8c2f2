"""Every test, in two processes side by side: those of the window, and all others.

python tools/test.py                    all of them
python tools/test.py tests/unit -k ink  what pytest is to be given instead, in one process
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

CHECKOUT = Path(__file__).resolve().parents[1]
PARTS = (("tests/unit", "tests/packaging"), ("tests/gui", "tests/e2e"))
"""Each takes about as long as the other. The output of the first is shown as it comes."""


def main() -> int:
    """Run pytest; 0 where every test has passed."""
    if sys.argv[1:]:
        return subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], cwd=CHECKOUT, check=False).returncode
    began = time.monotonic()
    with tempfile.TemporaryFile() as later:
        outputs: tuple[IO[bytes] | None, ...] = (None, later)
        if (os.cpu_count() or 1) > 1:
            running = [_start(part, output) for part, output in zip(PARTS, outputs, strict=True)]
            codes = [process.wait() for process in running]
        else:
            codes = [_start(part, output).wait() for part, output in zip(PARTS, outputs, strict=True)]
        later.seek(0)
        sys.stdout.write(later.read().decode(errors="replace"))
    print(f"tests: {'ok' if not any(codes) else 'FAILED'}, {time.monotonic() - began:.0f} s")
    return max(codes, key=abs)


def _start(part: tuple[str, ...], output: IO[bytes] | None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *part],
        cwd=CHECKOUT,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
    )


if __name__ == "__main__":
    sys.exit(main())
