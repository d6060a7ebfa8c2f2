"""Package the program into dist/recognizer and say how large it is."""

import os
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
BUNDLE = CHECKOUT / "dist" / "recognizer"
LOG = CHECKOUT / "build" / "pyinstaller.log"


def main() -> int:
    """Run PyInstaller on build.spec."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "build.spec"]
    # Libraries that look for an accelerator or a screen while they are examined shall not.
    environment = os.environ | {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "QT_QPA_PLATFORM": "offscreen",
    }
    print("build: packaging the program, this takes some minutes", flush=True)
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        print(LOG.read_text(encoding="utf-8", errors="replace")[-4000:], file=sys.stderr)
        print(f"build: PyInstaller ended with {done.returncode}; all it said is in {LOG}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in BUNDLE.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"build: {BUNDLE.relative_to(CHECKOUT)}, {size / 2**20:.0f} MiB, in {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
