"""Put the packaged program into this user's menu: its .desktop file and icons (Linux)."""

import argparse
import os
import shutil
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
RESOURCES = CHECKOUT / "resources"


def main() -> int:
    """Copy the files to where desktops look for them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, default=CHECKOUT / "dist" / "recognizer" / "recognizer")
    program = parser.parse_args().program.absolute()
    if not program.is_file():
        print(f"install-desktop: there is no {program}; run make build first", file=sys.stderr)
        return 1
    share = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    entry = (RESOURCES / "recognizer.desktop").read_text(encoding="utf-8")
    target = share / "applications" / "recognizer.desktop"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(entry.replace("Exec=recognizer\n", f"Exec={quoted(str(program))}\n"), encoding="utf-8")
    theme = share / "icons" / "hicolor"
    for icon in sorted((RESOURCES / "icons").glob("recognizer-*.png")):
        size = icon.stem.rpartition("-")[2]
        copy(icon, theme / f"{size}x{size}" / "apps" / "recognizer.png")
    copy(RESOURCES / "icons" / "recognizer.svg", theme / "scalable" / "apps" / "recognizer.svg")
    print(f"install-desktop: {target}")
    return 0


def quoted(argument: str) -> str:
    """An argument of Exec= as the Desktop Entry Specification wants it, in quotes."""
    for character in '\\"`$':
        argument = argument.replace(character, "\\" + character)
    # The value of a key is unescaped once more, and % begins a field code.
    return '"' + argument.replace("\\", "\\\\").replace("%", "%%") + '"'


def copy(source: Path, target: Path) -> None:
    """Copy a file, making its folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


if __name__ == "__main__":
    sys.exit(main())
