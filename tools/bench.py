"""Run every tests/benchmarks/bench_*.py and put their figures into one table.

A benchmark prints a line `what: measured (how; bar: wanted)` for each figure, or `(how; bar: wanted; met)`; its other
lines are shown as they are.

python tools/bench.py              all of them but those that take hours
python tools/bench.py draw start   these only
"""

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
ONLY_BY_NAME = ("contributors",)
"""Benchmarks that take so long that one must ask for them."""
_FIGURE = re.compile(
    r"^(?P<what>[^:()]+): (?P<measured>.+?) \((?:(?P<how>.*?)[;,]? )?bars?: (?P<bar>[^;)]+)(?:; (?P<met>\w+))?\)$"
)


def main() -> int:
    """Run them one after another, so that none disturbs another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="benchmarks by name, without bench_")
    wanted = parser.parse_args().names
    scripts = sorted((CHECKOUT / "tests" / "benchmarks").glob("bench_*.py"))
    titles = {script: script.stem.removeprefix("bench_") for script in scripts}
    chosen = [script for script, name in titles.items() if name in wanted or (not wanted and name not in ONLY_BY_NAME)]
    if not chosen:
        names = ", ".join(titles.values())
        print(f"bench: there is no such benchmark; there are {names}", file=sys.stderr)
        return 2
    rows: list[tuple[str, ...]] = []
    failed = []
    for script in chosen:
        print(f"bench: {script.stem.removeprefix('bench_')}", flush=True)
        began = time.perf_counter()
        done = subprocess.run([sys.executable, script], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False)
        for line in done.stdout.splitlines():
            figure = _FIGURE.match(line)
            if figure is not None:
                rows.append((figure["what"], figure["measured"], figure["bar"], figure["met"] or ""))
            print(f"  {line}")
        print(f"  took {time.perf_counter() - began:.0f} s, exit code {done.returncode}", flush=True)
        if done.returncode != 0:
            failed.append(script.stem)
    print(table([("what", "measured", "bar", ""), *rows]))
    if failed:
        print(f"bench: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def table(rows: list[tuple[str, ...]]) -> str:
    """Markdown, columns aligned; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
