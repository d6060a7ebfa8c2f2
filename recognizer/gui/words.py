"""Names of things that several pages show, in the user's language."""

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
