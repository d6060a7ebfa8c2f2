"""Everything that can be judged without running the program: lint, format, types, layers, lock file, translations."""

import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCES = ("recognizer", "tests", "tools", "build.spec")
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("lint", ("-m", "ruff", "check", *SOURCES)),
    ("format", ("-m", "ruff", "format", "--check", *SOURCES)),
    ("types", ("-m", "mypy", "recognizer")),
    ("layers", ("-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-logo")),
    ("lock file", ("tools/lock.py", "--check")),
    ("translations", ("tools/translations.py", "--check")),
)


def main() -> int:
    """Run every check, show what the failing ones say."""
    failed = []
    for name, arguments in CHECKS:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        print(f"check: {name:<13}{'ok' if done.returncode == 0 else 'FAILED'}  {time.perf_counter() - began:.1f} s")
        if done.returncode != 0:
            failed.append(name)
            print(done.stdout)
    if failed:
        print(f"check: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
