"""UCI digits: the 1,797 real 8×8 digits that scikit-learn carries."""

from typing import Final

import numpy as np

from recognizer.base.heavy_import import without_collection
from recognizer.base.i18n import tr
from recognizer.imaging.preprocess import Preprocessor
from recognizer.library.dataset import Dataset
from recognizer.library.splits import with_split

NAME: Final = "uci-digits"
N_TRAIN: Final = 1437
N_TEST: Final = 360
_SEED: Final = 1797
"""Of the split, fixed so that figures can be measured again."""


def source() -> str:
    """Where the samples come from, in the language in use."""
    return tr("Alpaydin and Kaynak: Optical Recognition of Handwritten Digits, UCI, as scikit-learn carries it")


def load() -> Dataset:
    """The digits, enlarged from 8×8 to the model's scale; a fixed fifth of every class is the test split."""
    # Imported here: scikit-learn takes a second to load.
    with without_collection():
        from sklearn.datasets import load_digits

    digits = load_digits()
    levels = np.round(digits.images * (255.0 / 16.0)).astype(np.uint8)
    # A frame of ground: some digits fill their picture so far that its border alone would not tell ink from ground.
    framed = np.pad(levels, ((0, 0), (2, 2), (2, 2)))
    images = Preprocessor().from_images(framed)
    dataset = Dataset(
        name=NAME,
        title=tr("UCI digits"),
        images=images,
        labels=digits.target.astype(np.int64),
        splits=np.zeros(len(images), np.uint8),
        source=source(),
    )
    return with_split(dataset, N_TEST / (N_TRAIN + N_TEST), _SEED)
