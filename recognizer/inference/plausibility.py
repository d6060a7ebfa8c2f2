"""Whether a picture looks like one written symbol at all, whatever a model says about it.

A network knows only its classes: trained on digits alone, it calls a scribble a digit with 99 % confidence. So a very
small second network, `models/plausibility.tflite`, was trained to tell digits from dots, scribbles, letters and shapes.
"""

import logging
import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.native_output import quiet_stderr
from recognizer.base.resources import shipped_models_path

_log = logging.getLogger(__name__)

FILE: Final = "plausibility.tflite"
_BATCH: Final = 256
_local = threading.local()


def plausibility(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How probably each picture shows one written digit rather than something else.

    May be called from any thread; each thread has its own interpreters.

    Args:
        images: (n, 28, 28) uint8, 0 the ground and 255 full ink.

    Returns:
        (n,) float32, 0 to 1; ones where the network is not there.
    """
    out = np.ones(len(images), np.float32)
    start = 0
    while start < len(images):
        size = _BATCH if len(images) - start >= _BATCH else 1
        interpreter = _interpreter(size)
        if interpreter is None:
            break
        scaled = images[start : start + size].astype(np.float32) / np.float32(255.0)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], scaled[..., None])
        interpreter.invoke()
        out[start : start + size] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[:, 0]
        start += size
    return out


def _interpreter(size: int) -> Any:
    kept: dict[int, Any] | None = getattr(_local, "interpreters", None)
    if kept is None:
        kept = _local.interpreters = {}
    if size not in kept:
        kept[size] = _load(shipped_models_path() / FILE, size)
    return kept[size]


def _load(path: Path, size: int) -> Any:
    # Imported here: the library takes 0.1 s to load and its first user is a worker thread.
    from ai_edge_litert.interpreter import Interpreter

    try:
        with quiet_stderr():
            interpreter = Interpreter(model_content=path.read_bytes(), num_threads=1)
            details = interpreter.get_input_details()[0]
            interpreter.resize_tensor_input(details["index"], [size, *details["shape"][1:]])
            interpreter.allocate_tensors()
    except (OSError, ValueError, RuntimeError) as error:
        _log.warning("Implausible pictures are not recognised as such: %s: %s", path, error)
        return None
    return interpreter
