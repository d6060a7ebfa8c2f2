"""Make `requirements.lock` from pyproject.toml, or check without a network that it fits and names no index.

`python tools/lock.py` needs uv (from the path, else installed into a throwaway environment) and a network.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
LOCK = CHECKOUT / "requirements.lock"
OPTIONS = (
    "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
    "--no-header", "--no-annotate", "--extra", "dev", "--upgrade", "--quiet",
)  # fmt: skip
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*(?:\\|$)")


def main() -> int:
    """Make or check the lock file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only check")
    if not parser.parse_args().check:
        make()
        return 0
    found = problems(LOCK.read_text(encoding="utf-8"), (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    for problem in found:
        print(f"requirements.lock: {problem}; run make lock", file=sys.stderr)
    return 1 if found else 0


def make() -> None:
    """Resolve anew, for every system and Python that the program supports."""
    with tempfile.TemporaryDirectory() as folder:
        uv = shutil.which("uv")
        if uv is None:
            venv.create(folder, with_pip=True)
            scripts = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin")
            subprocess.run([scripts / "python", "-m", "pip", "install", "--quiet", "uv"], check=True)
            uv = str(scripts / "uv")
        command = [uv, "pip", "compile", *OPTIONS, "pyproject.toml", "--output-file", LOCK.name]
        subprocess.run(command, cwd=CHECKOUT, check=True)


def problems(lock: str, project: str) -> list[str]:
    """What is wrong with the lock file.

    Args:
        lock: Its text.
        project: The text of pyproject.toml.

    Returns:
        One sentence each; empty where it is as it should be.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found = []
    if "://" in lock or re.search(r"^\s*(--(extra-)?index-url|-i|--find-links|-f)\b", lock, re.MULTILINE):
        found.append("it names an index address")
    pins: dict[str, set[str]] = {}
    blocks = re.split(r"\n(?=\S)", lock.strip())
    for block in blocks:
        pin = _PIN.match(block)
        if pin is None:
            found.append(f"not a pinned package: {block.splitlines()[0]!r}")
            continue
        pins.setdefault(canonicalize_name(pin[1]), set()).add(pin[2])
        if "--hash=sha256:" not in block:
            found.append(f"{pin[1]} has no hash")
    table = tomllib.loads(project)["project"]
    for text in [*table["dependencies"], *table["optional-dependencies"]["dev"]]:
        wish = Requirement(text)
        versions = pins.get(canonicalize_name(wish.name), set())
        if not versions:
            found.append(f"{wish.name} is not in it")
        found += [
            f"{wish.name} {version} does not fit {text!r}" for version in versions if version not in wish.specifier
        ]
    return found


if __name__ == "__main__":
    sys.exit(main())
