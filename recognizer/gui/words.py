"""Names of things that several pages show, in the user's language."""

from recognizer.base.i18n import tr
from recognizer.library.dataset import Split
from recognizer.library.sources import BUILT_IN


def split_name(split: Split) -> str:
    """What people call `split`, in small letters."""
    return {Split.TRAIN: tr("train"), Split.VALIDATION: tr("validation"), Split.TEST: tr("test")}[split]


def dataset_title(name: str, otherwise: str) -> str:
    """What people call the dataset `name`; `otherwise` where the program does not know it by name."""
    return BUILT_IN[name].title if name in BUILT_IN else otherwise


def dataset_source(name: str, otherwise: str) -> str:
    """Where the samples of the dataset `name` come from; `otherwise` where the program does not know it by name."""
    return BUILT_IN[name].source if name in BUILT_IN else otherwise
