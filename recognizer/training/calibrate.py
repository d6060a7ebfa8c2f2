"""A trained network's probabilities made true: its last scores divided by a temperature."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.evaluation.calibration import fit_temperature, log_probabilities

_LEAST: Final = 200
"""Samples below which a temperature says more about them than about the network."""
_MOST: Final = 2_000
_BATCH: Final = 500
_RANGE: Final = (0.5, 5.0)


def calibrate(model: Any, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> float:
    """Fit a temperature (Guo et al. 2017) and put it into the last layer, a dense one with softmax.

    Args:
        model: The Keras model; changed in place. Which class is most probable stays as it is.
        images: (n, 28, 28) uint8, which it was not trained on; 2,000 of them are looked at.
        labels: (n,) class indices.

    Returns:
        The temperature; 1 where there are fewer than 200 samples.
    """
    if len(images) < _LEAST:
        return 1.0
    step = max(1, len(images) // _MOST)
    pictures = images[::step].astype(np.float32) / np.float32(255.0)
    if len(model.input_shape) == 4:
        pictures = pictures[..., None]
    answers = [
        np.asarray(model(part, training=False)) for part in np.array_split(pictures, -(-len(pictures) // _BATCH))
    ]
    fitted = fit_temperature(log_probabilities(np.concatenate(answers)), labels[::step])
    temperature = float(np.clip(fitted, *_RANGE))
    last = model.layers[-1]
    last.set_weights([array / np.float32(temperature) for array in last.get_weights()])
    return temperature
