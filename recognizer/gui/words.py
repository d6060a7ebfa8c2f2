"""Names of things that several pages show, in the user's language."""

from recognizer.base.i18n import tr
from recognizer.library.dataset import Split


def split_name(split: Split) -> str:
    """What people call `split`, in small letters."""
    return {Split.TRAIN: tr("train"), Split.VALIDATION: tr("validation"), Split.TEST: tr("test")}[split]
