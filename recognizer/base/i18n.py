"""Texts in the user's language, for the window, the command line and errors alike.

English is the source language. A translation is a gettext catalogue, `resources/translations/<code>.po`,
compiled to the `.mo` beside it by `make translations`.
"""

import gettext
import locale
import os
import struct
from typing import Final

from recognizer.base.resources import resource_path

LANGUAGES: Final = {"en": "English", "zh_CN": "简体中文"}

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def tr(text: str, **values: object) -> str:
    """`text` in the current language, with its `{named}` places filled from `values`."""
    translated = _catalogue.gettext(text) if text else ""
    return translated.format(**values) if values else translated


def ntr(singular: str, plural: str, n: int, **values: object) -> str:
    """The form of the text that `n` asks for, with `{n}` (thousands grouped) and `values` filled in."""
    return _catalogue.ngettext(singular, plural, n).format(n=f"{n:,}", **values)


def current_language() -> str:
    """The code of the language in use, a key of `LANGUAGES`."""
    return _language


def system_language() -> str:
    """The language that the operating system asks for, `en` where it asks for one that we lack."""
    asked = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    if not asked:
        asked = locale.getlocale()[0] or ""
    return "zh_CN" if asked.lower().startswith(("zh", "chinese")) else "en"


def set_language(code: str) -> str:
    """Switch every later `tr` to `code`, or to the system's language for `"system"`.

    Returns:
        The code in use from now on; `en` where the catalogue is missing or unreadable.
    """
    global _catalogue, _language
    _language = system_language() if code == "system" else code
    _catalogue = gettext.NullTranslations()
    if _language != "en":
        try:
            with resource_path(f"translations/{_language}.mo").open("rb") as file:
                _catalogue = gettext.GNUTranslations(file)
        except (OSError, UnicodeDecodeError, ValueError, struct.error):
            _language = "en"
    return _language
