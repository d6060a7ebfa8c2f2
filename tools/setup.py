"""Set up the checkout: `.venv`, the locked packages, the program itself, and what Qt needs from the system.

Needs nothing but a Python from 3.11 to 3.13: `python3 tools/setup.py`. Does nothing where nothing is to be done,
works without a network once it has succeeded, and repairs an environment whose making was interrupted.
"""

from __future__ import annotations  # so that an old Python can say that it is too old

import argparse
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import system_packages

CHECKOUT = Path(__file__).resolve().parents[1]
OLDEST, NEWEST = (3, 11), (3, 13)
PURPOSES = ("run", "test", "build", "smoke")


class SetupError(Exception):
    """Set-up cannot go on; the message says what is wrong and what to do."""


def main() -> int:
    """Set up for the purpose that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("purpose", nargs="?", default="run", choices=PURPOSES)
    purpose = parser.parse_args().purpose
    try:
        Environment(CHECKOUT).ensure()
        ensure_system(purpose, CHECKOUT / ".venv" / ".system-tried")
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def say(text: str) -> None:
    """Tell the user what takes its time."""
    print(f"setup: {text}", flush=True)


class Environment:
    """The virtual environment of a checkout.

    Args:
        checkout: The folder with `requirements.lock` and `pyproject.toml`.
    """

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.folder = checkout / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self._stamp = self.folder / ".ready"
        # There while files are being written; still there afterwards only where that was killed.
        self._unfinished = self.folder / ".unfinished"

    def ensure(self) -> None:
        """Make or repair the environment and bring it up to date.

        Raises:
            SetupError: No suitable Python, no venv module, or pip failed.
        """
        if self._unfinished.exists():
            say("the last set-up was interrupted; starting again")
            self._remove()
        elif self.folder.exists() and not self._is_usable():
            say(".venv does not work here any more; making it anew")
            self._remove()
        if self._is_up_to_date():
            return
        if not self.folder.exists():
            self._create()
        wanted = self._wanted()
        if self._read_stamp().get("lock") != wanted["lock"]:
            say("installing the packages of requirements.lock; the first time some hundred megabytes are fetched")
            self._pip(
                "install", "--require-hashes", "--only-binary", ":all:", "-r", "requirements.lock",
                problem="the locked packages could not be installed; is there a network?",
            )  # fmt: skip
        say("installing the program itself into .venv")
        self._pip(
            "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ".",
            problem="the program could not be installed",
        )  # fmt: skip
        self._write_stamp(wanted)

    def _wanted(self) -> dict[str, str]:
        return {
            "lock": _digest(self.checkout / "requirements.lock"),
            "project": _digest(self.checkout / "pyproject.toml"),
            "place": hashlib.sha256(os.fsencode(self.folder)).hexdigest(),
        }

    def _read_stamp(self) -> dict[str, str]:
        try:
            lines = self._stamp.read_text(encoding="utf-8").splitlines()
        except OSError:
            return {}
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def _write_stamp(self, values: dict[str, str]) -> None:
        self._stamp.write_text("".join(f"{key}={value}\n" for key, value in values.items()), encoding="utf-8")

    def _is_up_to_date(self) -> bool:
        return self._read_stamp() == self._wanted()

    def _is_usable(self) -> bool:
        if not self.python.exists():
            return False
        stamp = self._read_stamp()
        if stamp:
            return stamp.get("place") == self._wanted()["place"]
        return _runs(self.python, "import pip")

    def _remove(self) -> None:
        shutil.rmtree(self.folder)

    def _create(self) -> None:
        interpreter = find_interpreter()
        if not _runs(interpreter, "import venv, ensurepip"):
            version = _run(interpreter, "import sys; print('%d.%d' % sys.version_info[:2])")
            package = f"python{version}-venv"
            if not system_packages.install([package], say) or not _runs(interpreter, "import venv, ensurepip"):
                raise SetupError(
                    f"{interpreter} lacks the modules venv and ensurepip. Install the package {package}: "
                    f"{system_packages.command([package])}"
                )
        say(f"making .venv with {interpreter}")
        self.folder.mkdir()
        with self._writing():
            done = subprocess.run([str(interpreter), "-m", "venv", str(self.folder)], check=False)
            if done.returncode != 0:
                raise SetupError("python -m venv failed; see above")

    def _pip(self, *arguments: str, problem: str) -> None:
        quiet = [] if sys.stdout.isatty() else ["--quiet"]
        command = [str(self.python), "-m", "pip", *arguments, *quiet, "--disable-pip-version-check"]
        with self._writing():
            done = subprocess.run(command, cwd=str(self.checkout), check=False)
        if done.returncode != 0:
            raise SetupError(f"{problem} (pip ended with {done.returncode}, see above)")

    @contextlib.contextmanager
    def _writing(self):  # type: ignore[no-untyped-def]
        """Mark the environment as unfinished meanwhile; pip that fails by itself leaves it as it was."""
        self._unfinished.touch()
        yield
        self._unfinished.unlink()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _runs(python: Path, code: str) -> bool:
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.run([str(python), "-c", code], check=False, **silent).returncode == 0
    except OSError:
        return False


def _run(python: Path, code: str) -> str:
    return subprocess.run([str(python), "-c", code], stdout=subprocess.PIPE, check=True).stdout.decode().strip()


def find_interpreter() -> Path:
    """A Python that the program supports: the one that runs this, else one on the path.

    Raises:
        SetupError: There is none.
    """
    supported = f"sys.version_info[:2] >= {OLDEST} and sys.version_info[:2] <= {NEWEST} and sys.maxsize > 2**32"
    names = ["python3.12", "python3.11", "python3.13", "python3", "python"]
    found = [Path(sys.executable), *(Path(path) for path in map(shutil.which, names) if path)]
    for python in found:
        if _runs(python, f"import sys; sys.exit(not ({supported}))"):
            return Path(_run(python, "import sys; print(sys.executable)"))
    running = "{}.{}".format(*sys.version_info[:2])
    raise SetupError(
        f"Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} (64 bit) is needed; this is {running}. "
        "Install one of them from your system's packages or python.org and try again"
    )


def ensure_system(purpose: str, tried: Path) -> None:
    """Install what `purpose` needs from the system, or name it.

    Args:
        purpose: One of `PURPOSES`.
        tried: A file that remembers that wishes could not be fulfilled, so that they are asked for only once.

    Raises:
        SetupError: Something needed is missing and cannot be installed.
    """
    if not sys.platform.startswith("linux"):
        return
    missing = system_packages.missing(purpose)
    if not missing:
        return
    needed = [item for item in missing if system_packages.is_needed(item, purpose, os.environ)]
    if not needed and tried.exists():
        return
    packages = sorted({item.package for item in missing})
    if system_packages.install(packages, say):
        missing = system_packages.missing(purpose)
        if not missing:
            return
        needed = [item for item in missing if item in needed]
    packages = sorted({item.package for item in missing})
    what = ", ".join(item.name for item in missing)
    if needed:
        raise SetupError(f"this system lacks {what}. Install: {system_packages.command(packages)}")
    say(f"this system lacks {what}, needed for windows. To have them: {system_packages.command(packages)}")
    tried.touch()


if __name__ == "__main__":
    sys.exit(main())
