"""What Qt, the packaging and its test need from a Linux system, and which Debian package has it."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Item(NamedTuple):
    """Something that the system must have.

    Attributes:
        name: A shared library's soname, or a program's name.
        package: The Debian and Ubuntu package that has it.
        purposes: What needs it, see `tools/setup.py`; empty where everything does.
    """

    name: str
    package: str
    purposes: tuple[str, ...] = ()

    @property
    def is_present(self) -> bool:
        """Whether the system has it."""
        if ".so" not in self.name:
            return shutil.which(self.name) is not None
        try:
            ctypes.CDLL(self.name)
        except OSError:
            return False
        return True


ON_SCREEN = ("run", "test", "build")

# The first part is what QtGui is linked against; without it not even the offscreen platform starts.
ITEMS = (
    Item("libEGL.so.1", "libegl1"),
    Item("libGL.so.1", "libgl1"),
    Item("libdbus-1.so.3", "libdbus-1-3"),
    Item("libfontconfig.so.1", "libfontconfig1"),
    Item("libfreetype.so.6", "libfreetype6"),
    Item("libglib-2.0.so.0", "libglib2.0-0"),
    Item("libgthread-2.0.so.0", "libglib2.0-0"),
    Item("libxkbcommon.so.0", "libxkbcommon0"),
    Item("libX11.so.6", "libx11-6", (*ON_SCREEN, "smoke")),
    Item("libX11-xcb.so.1", "libx11-xcb1", ON_SCREEN),
    Item("libxcb.so.1", "libxcb1", ON_SCREEN),
    Item("libxcb-cursor.so.0", "libxcb-cursor0", ON_SCREEN),
    Item("libxcb-icccm.so.4", "libxcb-icccm4", ON_SCREEN),
    Item("libxcb-image.so.0", "libxcb-image0", ON_SCREEN),
    Item("libxcb-keysyms.so.1", "libxcb-keysyms1", ON_SCREEN),
    Item("libxcb-randr.so.0", "libxcb-randr0", ON_SCREEN),
    Item("libxcb-render.so.0", "libxcb-render0", ON_SCREEN),
    Item("libxcb-render-util.so.0", "libxcb-render-util0", ON_SCREEN),
    Item("libxcb-shape.so.0", "libxcb-shape0", ON_SCREEN),
    Item("libxcb-shm.so.0", "libxcb-shm0", ON_SCREEN),
    Item("libxcb-sync.so.1", "libxcb-sync1", ON_SCREEN),
    Item("libxcb-util.so.1", "libxcb-util1", ON_SCREEN),
    Item("libxcb-xfixes.so.0", "libxcb-xfixes0", ON_SCREEN),
    Item("libxcb-xkb.so.1", "libxcb-xkb1", ON_SCREEN),
    Item("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", ON_SCREEN),
    Item("libwayland-client.so.0", "libwayland-client0", ON_SCREEN),
    Item("libwayland-cursor.so.0", "libwayland-cursor0", ON_SCREEN),
    Item("libwayland-egl.so.1", "libwayland-egl1", ON_SCREEN),
    Item("objdump", "binutils", ("build",)),
    Item("strip", "binutils", ("build",)),
    Item("Xvfb", "xvfb", ("smoke",)),
    Item("libXtst.so.6", "libxtst6", ("smoke",)),
)


def missing(purpose: str) -> list[Item]:
    """What `purpose` would like to have and this system lacks."""
    return [item for item in ITEMS if (not item.purposes or purpose in item.purposes) and not item.is_present]


def is_needed(item: Item, purpose: str, environment: Mapping[str, str]) -> bool:
    """Whether `purpose` cannot go on without `item`; a window's libraries are not needed without a screen."""
    if not item.purposes or purpose in ("build", "smoke"):
        return True
    return purpose == "run" and bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def command(packages: Sequence[str]) -> str:
    """What a person with the right to do so would type."""
    if shutil.which("apt-get"):
        return "sudo apt-get install " + " ".join(packages)
    return "your distribution's counterparts of Debian's " + " ".join(packages)


def install(packages: Sequence[str], say: Callable[[str], None]) -> bool:
    """Install `packages` with apt-get where this user may; quiet unless it fails.

    Returns:
        Whether apt-get says that they are installed.
    """
    prefix = _privilege()
    if prefix is None:
        return False
    say("installing " + " ".join(packages) + " with apt-get")
    get = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    add = [*get, "install", "--yes", "--no-install-recommends", *packages]
    # A fresh image has no package lists, an old one has lists of versions that are gone.
    done = _silently(add)
    if done.returncode != 0:
        _silently([*get, "update"])
        done = _silently(add)
    if done.returncode != 0:
        say("apt-get failed: " + done.stdout.decode(errors="replace").strip()[-800:])
    return done.returncode == 0


def _silently(step: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(step, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def _privilege() -> list[str] | None:
    """What to put before apt-get; None where this user may not install."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    may = subprocess.run(["sudo", "-n", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return ["sudo", "-n"] if may.returncode == 0 else None
