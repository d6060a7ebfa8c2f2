"""The user's settings: one table, one file. A bad value is reset, kept aside and reported; it never stops the start."""

import json
import logging
from dataclasses import dataclass
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import keep_aside, write_atomic
from recognizer.base.i18n import LANGUAGES, tr
from recognizer.base.paths import Profile

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table.

    Attributes:
        default: The value at first start; its type is the setting's type.
        choices: The allowed values; empty where any is.
        low, high: The allowed range of a number; None where it has no bound.
    """

    default: str | int | float | bool
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def accepts(self, value: object) -> bool:
        """Whether `value` may be stored."""
        if type(value) is not type(self.default):
            return False
        if self.choices and value not in self.choices:
            return False
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        return True


TABLE: Final[dict[str, Setting]] = {
    "language": Setting("system", choices=("system", *LANGUAGES)),
    "theme": Setting("system", choices=("system", "light", "dark")),
    "pen_width": Setting(22, low=4, high=60),
    "model": Setting(""),
    "read_numbers": Setting(False),
    "show_steps": Setting(True),
    "window_geometry": Setting(""),
    "dataset": Setting("mnist"),
    "thumbnail_size": Setting(52, low=28, high=140),
    "run_order": Setting("-date"),
}


class Settings:
    """The values of `TABLE`, kept in the profile's settings file."""

    def __init__(self, profile: Profile) -> None:
        self._path = profile.settings_file
        self._values: dict[str, Any] = {}
        self.problems: list[str] = []
        self._load()

    def _load(self) -> None:
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            if not isinstance(stored, dict):
                raise ValueError("not a table of settings")
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            self._reset(str(error))
            return
        bad = [key for key, value in stored.items() if key in TABLE and not TABLE[key].accepts(value)]
        self._values = {key: value for key, value in stored.items() if key in TABLE and key not in bad}
        if bad:
            self._reset(", ".join(f"{key} = {stored[key]!r}" for key in bad))

    def _reset(self, reason: str) -> None:
        try:
            kept = str(keep_aside(self._path))
            # The good values must not wait for the next change: there may be none before the next start.
            if self._values:
                self._write()
        except OSError:
            kept = str(self._path)
        except RecognizerError as error:
            _log.warning("%s", error)
        message = tr("Some settings were reset: {reason}. The old file is kept as {path}.", reason=reason, path=kept)
        _log.warning(message)
        self.problems.append(message)

    def get(self, key: str) -> Any:
        """The value of `key`, its default where none is stored."""
        return self._values.get(key, TABLE[key].default)

    def set(self, key: str, value: str | int | float | bool) -> None:
        """Store `value` under `key`.

        Raises:
            ValueError: `value` is not allowed for `key`.
            RecognizerError: The file cannot be written.
        """
        if not TABLE[key].accepts(value):
            raise ValueError(f"{key} = {value!r}")
        if self.get(key) == value:
            return
        self._values[key] = value
        self._write()

    def _write(self) -> None:
        write_atomic(self._path, json.dumps(self._values, indent=2, ensure_ascii=False))
