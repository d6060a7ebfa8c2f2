"""Damages small valid files of every kind and imports them: whatever comes, it is samples or an error for the user."""

import contextlib
import faulthandler
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from import_samples import FORMATS

from recognizer.base.errors import RecognizerError
from recognizer.library.importing.source import ImportOptions, open_data

SECONDS = 5.0
"""Nothing may take longer."""


def mutated(content: bytes, chance: random.Random) -> bytes:
    """`content` with bytes flipped, cut off, cut out, moved or doubled, or with numbers made extreme."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not damaged:
            break
        begin = chance.randrange(len(damaged))
        end = min(len(damaged), begin + chance.choice((1, 2, 4, 16, 200)))
        way = chance.randrange(7)
        if way == 0:
            damaged[begin] ^= 1 << chance.randrange(8)
        elif way == 1:
            damaged[begin] = chance.randrange(256)
        elif way == 2:
            del damaged[begin:]
        elif way == 3:
            del damaged[begin:end]
        elif way == 4:
            place = chance.randrange(len(damaged))
            damaged[place:place] = damaged[begin:end]
        elif way == 5:
            damaged[begin:end] = bytes([chance.choice((0, 0x7F, 0x80, 0xFF))]) * (end - begin)
        else:
            damaged[begin:end] = bytes(chance.randrange(256) for _ in range(end - begin))
    return bytes(damaged)


def attack(name: str, count: int, seed: int, folder: Path, report: Callable[[int], None] = lambda _: None) -> int:
    """Import `count` damaged files of a format.

    Args:
        name: Of `FORMATS`.
        count: How many.
        seed: Of the damage.
        folder: An empty one to work in.
        report: Told how many are done.

    Returns:
        How many gave samples all the same.

    Raises:
        AssertionError: Something was written beside the scratch folder, stayed in it, or took too long.
    """
    chance = random.Random(f"{name} {seed}")
    data, scratch = folder / "data", folder / "scratch"
    for place in (data, scratch):
        place.mkdir()
    path = FORMATS[name](data)
    contents = {each: each.read_bytes() for each in sorted(data.rglob("*")) if each.is_file()}
    beside = [each for each in contents if each != path]
    before = _seen(folder)
    usable = 0
    for number in range(count):
        target = chance.choice(beside) if beside and (path.is_dir() or chance.random() < 0.3) else path
        target.write_bytes(mutated(contents[target], chance))
        began = time.monotonic()
        faulthandler.dump_traceback_later(4 * SECONDS, exit=False)
        try:
            usable += _imported(path, scratch)
        except Exception:
            kept = folder.parent / f"{name.replace(' ', '_')}-{seed}-{number}"
            shutil.copytree(data, kept, dirs_exist_ok=True)
            print(f"kept as {kept}")
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()
        took = time.monotonic() - began
        assert took < SECONDS, f"{name} {number}: {took:.1f} s"
        target.write_bytes(contents[target])
        assert _seen(folder) == before, f"{name} {number}: {_seen(folder) ^ before}"
        report(number + 1)
    return usable


def _imported(path: Path, scratch: Path) -> bool:
    try:
        with open_data([path], scratch, ImportOptions()) as source:
            with contextlib.suppress(RecognizerError):
                source.preview()
            return sum(len(chunk) for chunk in source.chunks()) > 0
    except RecognizerError:
        return False


def _seen(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}
