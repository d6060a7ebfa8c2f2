"""Models as ONNX files, run by the evaluator that defines what ONNX means."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from recognizer.base.files import write_atomic
from recognizer.training.shipping.format import Format, Runner, Source, scaled
from recognizer.training.shipping.onnx_graph import INPUT, onnx_model

_BATCH: Final = 32
_EXAMPLE: Final = '''"""Reads ten of the test vectors. Needs: pip install onnxruntime (or onnx, slower)"""
import json
from pathlib import Path
import numpy as np
try:
    from onnxruntime import InferenceSession as Network
except ImportError:
    from onnx.reference import ReferenceEvaluator as Network
here = Path(__file__).parent
labels = json.loads((here / "labels.json").read_text("utf-8"))["outputs"]
pictures = np.load(here / "test_vectors.npz")["inputs"][:10].astype("float32") / 255
(answers,) = Network(str(here / "model.onnx")).run(None, {"pictures": pictures})
print(*(labels[best] for best in answers.argmax(axis=1)))
'''


def _write(source: Source, path: Path, like: NDArray[np.uint8]) -> None:
    record = source.record
    notes = {
        "title": record.title,
        "outputs": json.dumps(source.outputs, ensure_ascii=False),
        "preprocessing": json.dumps(record.preprocessing.to_dict()),
    }
    write_atomic(path, onnx_model(source.recipe, source.weights, len(source.outputs), record.preprocessing.size, notes))


def _open(path: Path) -> Runner:
    network = evaluator(path)

    def run(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        starts = range(0, max(1, len(images)), _BATCH)
        return np.concatenate(
            [network.run(None, {INPUT: scaled(images[start : start + _BATCH])})[0] for start in starts]
        )

    return run


def evaluator(path: Path) -> Any:
    """ONNX's reference evaluator for a file, whose pooling, a loop over pixels in Python, is done by NumPy."""
    from onnx.reference import ReferenceEvaluator
    from onnx.reference.op_run import OpRun

    class MaxPool(OpRun):
        op_domain = ""

        def _run(self, x: Any, kernel_shape: Any = None, pads: Any = None, strides: Any = None, **_: Any) -> Any:
            top, left, bottom, right = pads
            padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=-np.inf)
            windows = sliding_window_view(padded, tuple(kernel_shape), axis=(2, 3))
            return (windows[:, :, :: strides[0], :: strides[1]].max(axis=(4, 5)),)

    return ReferenceEvaluator(str(path), new_ops=[MaxPool])


def _runtime() -> str:
    import onnx

    return f"onnx.reference {onnx.__version__}"


ONNX: Final = Format("onnx", "model.onnx", True, _write, _open, _runtime, _EXAMPLE)
