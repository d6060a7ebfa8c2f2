"""Models as LiteRT (TensorFlow Lite) files: as the program itself runs them, and in whole numbers for small devices."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr
from recognizer.base.native_output import quiet_stderr
from recognizer.training.network import build_network
from recognizer.training.runtime import import_keras
from recognizer.training.shipping.format import Format, Runner, Source, scaled
from recognizer.training.shipping.quantising import correct_bias, even_out

_NEARLY: Final = 1e-3
"""How far the step of the quantised input may be from 1/255, as a share of it."""
_EXAMPLE: Final = '''"""Reads ten of the test vectors. Needs: pip install ai-edge-litert"""
import json
from pathlib import Path
import numpy as np
from ai_edge_litert.interpreter import Interpreter
here = Path(__file__).parent
labels = json.loads((here / "labels.json").read_text("utf-8"))["outputs"]
pictures = np.load(here / "test_vectors.npz")["inputs"][:10]{scale}
network = Interpreter(str(here / "model.tflite"))
given, wanted = network.get_input_details()[0], network.get_output_details()[0]
network.resize_tensor_input(given["index"], [len(pictures), *given["shape"][1:]])
network.allocate_tensors()
network.set_tensor(given["index"], pictures.reshape(-1, *given["shape"][1:]))
network.invoke()
print(*(labels[best] for best in network.get_tensor(wanted["index"]).argmax(axis=1)))
'''


def _write(source: Source, path: Path, like: NDArray[np.uint8]) -> None:
    """What leaves is the file that the program itself answers with."""
    try:
        content = source.record.network.read_bytes()
    except OSError as error:
        raise read_error(source.record.network, error) from error
    write_atomic(path, content)


def _write_int8(source: Source, path: Path, like: NDArray[np.uint8]) -> None:
    # A model of its own, because its weights are changed.
    model = build_network(source.recipe, len(source.outputs), source.record.preprocessing.size)
    model.set_weights(source.weights)
    even_out(model, like)
    correct_bias(model, like, lambda changed, pictures: _runner(to_int8(changed, like))(pictures))
    write_atomic(path, to_int8(model, like))


def to_int8(model: Any, like: NDArray[np.uint8]) -> bytes:
    """Quantise a Keras model after its training, arrays and activations alike.

    Args:
        model: A built Keras model with one input and one output.
        like: (m, 28, 28) uint8, pictures like those that it will read, from which the ranges of its tensors are taken.

    Returns:
        A LiteRT flatbuffer whose input is a picture's grey levels as they are, uint8, and whose outputs are uint8
        shares of 256.

    Raises:
        RecognizerError: A layer has no form in whole numbers.
    """
    tf, _ = import_keras()
    shape = tuple(model.input_shape[1:])
    # Both ends of the range are in one of them, so that a step of the input is exactly a grey level.
    ends = np.zeros((1, *like.shape[1:]), np.uint8)
    ends[0, 0, 0] = 255

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for image in np.concatenate([ends, like]):
            yield [scaled(image).reshape(1, *shape)]

    spec = tf.TensorSpec((None, *shape), tf.float32)
    function = tf.function(lambda pictures: model(pictures, training=False), autograph=False)
    with quiet_stderr(), redirect_stdout(io.StringIO()):
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function(spec)])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
        try:
            content = converter.convert()
        except (ValueError, RuntimeError) as error:
            raise _no_int8(" ".join(str(error).split())[:200]) from error
    step, zero = _interpreter(content).get_input_details()[0]["quantization"]
    if zero != 0 or not abs(255 * step - 1) < _NEARLY:
        raise _no_int8(f"{step}, {zero}")
    return content


def _no_int8(reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The network cannot be written in whole numbers"),
        where=reason,
        fix=tr("Choose another format, such as litert"),
        exit_code=1,
    )


def _interpreter(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    with quiet_stderr():
        network = Interpreter(model_content=content, num_threads=1)
        network.allocate_tensors()
    return network


def _open(path: Path) -> Runner:
    return _runner(path.read_bytes())


def _runner(content: bytes) -> Runner:
    network = _interpreter(content)
    given, wanted = network.get_input_details()[0], network.get_output_details()[0]
    is_whole = given["dtype"] == np.uint8
    step, zero = wanted["quantization"]

    def run(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        out = np.empty((len(images), int(wanted["shape"][-1])), np.float32)
        pictures = images if is_whole else scaled(images)
        for place, picture in enumerate(pictures.reshape(len(images), *given["shape"])):
            network.set_tensor(given["index"], picture)
            network.invoke()
            answer = network.get_tensor(wanted["index"])[0]
            out[place] = (answer.astype(np.float32) - zero) * step if is_whole else answer
        return out

    return run


def _runtime() -> str:
    return f"LiteRT {version('ai-edge-litert')}"


LITERT: Final = Format(
    "litert", "model.tflite", True, _write, _open, _runtime, _EXAMPLE.format(scale='.astype("float32") / 255')
)
LITERT_INT8: Final = Format(
    "litert-int8", "model.tflite", False, _write_int8, _open, _runtime, _EXAMPLE.format(scale="")
)
