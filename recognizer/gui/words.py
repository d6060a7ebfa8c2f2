"""Names of things that several pages show, in the user's language."""

import re

from recognizer.base.i18n import tr
from recognizer.inference.registry import ModelRecord
from recognizer.library.sources import BUILT_IN


def dataset_title(name: str, otherwise: str) -> str:
    """What people call the dataset `name`; `otherwise` where the program does not know it by name."""
    return BUILT_IN[name].title if name in BUILT_IN else otherwise


def dataset_source(name: str, otherwise: str) -> str:
    """Where the samples of the dataset `name` come from; `otherwise` where the program does not know it by name."""
    return BUILT_IN[name].source if name in BUILT_IN else otherwise


def model_title(record: ModelRecord) -> str:
    """The title of a model; of one that came with the program, in the language in use."""
    shipped = {"digits": tr("Digits"), "letters": tr("Digits and letters")}
    return shipped.get(record.id, record.title) if record.is_shipped else record.title


def shortened(text: str, most: int = 30) -> str:
    """`text` for a heading, which does not break: at most `most` characters, the middle left out."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}…{text[len(text) - most + half + 1 :]}"


def breakable(text: str, most: int = 24) -> str:
    """`text` with places to break in words that are longer than `most` characters, such as hashes and file names."""
    return re.sub(rf"(\S{{{most}}})(?=\S)", "\\1\u200b", text)
