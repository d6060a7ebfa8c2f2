"""Models as TensorFlow's SavedModel folders, as TensorFlow Serving takes them."""

import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.native_output import quiet_stderr
from recognizer.training.runtime import import_keras
from recognizer.training.shipping.format import Format, Runner, Source, in_batches

_EXAMPLE: Final = '''"""Reads ten of the test vectors. Needs: pip install tensorflow"""
import json
from pathlib import Path
import numpy as np
import tensorflow as tf
here = Path(__file__).parent
labels = json.loads((here / "labels.json").read_text("utf-8"))["outputs"]
shape = json.loads((here / "preprocessing.json").read_text("utf-8"))["input"]["shape"][1:]
pictures = np.load(here / "test_vectors.npz")["inputs"][:10].astype("float32") / 255
model = tf.saved_model.load(str(here / "model"))
answers = model.serve(pictures.reshape(-1, *shape)).numpy()
print(*(labels[best] for best in answers.argmax(axis=1)))
'''


def _write(source: Source, path: Path, like: NDArray[np.uint8]) -> None:
    with quiet_stderr(), redirect_stdout(io.StringIO()):
        source.model.export(str(path), verbose=False)


def _open(path: Path) -> Runner:
    tf, _ = import_keras()
    with quiet_stderr():
        loaded = tf.saved_model.load(str(path))
    (given,) = loaded.signatures["serving_default"].structured_input_signature[1].values()
    sides = tuple(int(side) for side in given.shape[1:])
    # What is loaded must stay referred to for as long as its function is called.
    return lambda images: in_batches(lambda part: loaded.serve(tf.constant(part)).numpy(), images, sides)


def _runtime() -> str:
    tf, _ = import_keras()
    return f"TensorFlow {tf.__version__}"


SAVED_MODEL: Final = Format("savedmodel", "model", True, _write, _open, _runtime, _EXAMPLE)
