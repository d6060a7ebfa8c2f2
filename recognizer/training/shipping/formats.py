"""The formats that a model can be exported to."""

from typing import Final

from recognizer.training.shipping.format import Format
from recognizer.training.shipping.keras_file import KERAS
from recognizer.training.shipping.litert import LITERT, LITERT_INT8
from recognizer.training.shipping.onnx_file import ONNX
from recognizer.training.shipping.saved_model import SAVED_MODEL

FORMATS: Final[dict[str, Format]] = {each.name: each for each in (KERAS, LITERT, LITERT_INT8, ONNX, SAVED_MODEL)}
