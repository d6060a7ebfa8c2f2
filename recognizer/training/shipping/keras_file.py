"""Models as `.keras` files, which Keras 3 reads with any of its backends."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.native_output import quiet_stderr
from recognizer.training.runtime import import_keras
from recognizer.training.shipping.format import Format, Runner, Source, keras_answers

_EXAMPLE: Final = '''"""Reads ten of the test vectors. Needs: pip install keras tensorflow"""
import json
from pathlib import Path
import keras
import numpy as np
here = Path(__file__).parent
labels = json.loads((here / "labels.json").read_text("utf-8"))["outputs"]
pictures = np.load(here / "test_vectors.npz")["inputs"][:10].astype("float32") / 255
model = keras.models.load_model(here / "model.keras")
answers = np.asarray(model(pictures.reshape(-1, *model.input_shape[1:])))
print(*(labels[best] for best in answers.argmax(axis=1)))
'''


def _write(source: Source, path: Path, like: NDArray[np.uint8]) -> None:
    source.model.save(path)


def _open(path: Path) -> Runner:
    _, keras = import_keras()
    with quiet_stderr():
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    return lambda images: keras_answers(model, images)


def _runtime() -> str:
    tf, keras = import_keras()
    return f"Keras {keras.__version__}, TensorFlow {tf.__version__}"


KERAS: Final = Format("keras", "model.keras", True, _write, _open, _runtime, _EXAMPLE)
