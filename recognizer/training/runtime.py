"""Keras and TensorFlow: loaded on first need, without a word on stderr and without freezing other threads."""

import contextlib
import ctypes
import importlib
import importlib.util
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from recognizer.base.heavy_import import without_collection
from recognizer.base.native_output import quiet_stderr

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_LIBRARIES: Final = {
    "linux": ("libtensorflow_framework.so.2", "libtensorflow_cc.so.2"),
    "darwin": ("libtensorflow_framework.2.dylib", "libtensorflow_cc.2.dylib"),
}
_CAN_STEP_BACK: Final = sys.platform == "linux"
_STEPPED_BACK: Final = 2
"""Niceness: the window comes first, and other programs at work do not bring the training to a stand."""
_SWITCH_INTERVAL: Final = 0.001
"""Seconds; how soon another thread gets the interpreter while training runs Python."""


def import_keras(spare_cores: int = 1) -> tuple[Any, Any]:
    """Import TensorFlow and Keras, 3 to 7 s the first time; safe from any thread.

    Args:
        spare_cores: How many cores are left to the window and others where TensorFlow's threads cannot step back for
            them by themselves, as on Linux; only the first import looks at it.

    Returns:
        The modules `tensorflow` and `keras`.
    """
    with _lock:
        if "keras" not in sys.modules:
            os.environ["KERAS_BACKEND"] = "tensorflow"
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            # Keras would make a folder in the user's home.
            os.environ.setdefault("KERAS_HOME", str(Path(tempfile.gettempdir()) / "recognizer-keras"))
            with quiet_stderr(), without_collection():
                _load_libraries()
                import tensorflow as tf

                _set_threads(tf, spare_cores)
                import keras

                _start_threads(tf)
        import keras
        import tensorflow as tf
    return tf, keras


def _load_libraries() -> None:
    """Load TensorFlow's libraries (850 MB) by the C library's `dlopen`, called without the interpreter's lock.

    An import of them would hold that lock for 0.8 s, in which no other thread of the program could run; measured so,
    the longest pause is 0.14 s. The import that follows finds them loaded.
    """
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or spec.origin is None or sys.platform not in _LIBRARIES:
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    for name in _LIBRARIES[sys.platform]:
        path = Path(spec.origin).with_name(name)
        if path.is_file():
            dlopen(os.fsencode(path), os.RTLD_NOW)


def _set_threads(tf: Any, spare_cores: int) -> None:
    threads = max(1, (os.cpu_count() or 2) - (0 if _CAN_STEP_BACK else spare_cores))
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError as error:
        _log.info("TensorFlow keeps its number of threads: %s", error)


def _start_threads(tf: Any) -> None:
    """Let TensorFlow start the threads that reckon, which step back whenever the window wants a core.

    On Linux a priority is a thread's own, and is handed down to the threads that it starts.
    """

    def start() -> None:
        if _CAN_STEP_BACK:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _STEPPED_BACK)
        tf.constant(0.0)

    thread = threading.Thread(target=start, name="tensorflow")
    thread.start()
    thread.join()


@contextlib.contextmanager
def responsive() -> Iterator[None]:
    """Let other threads have the interpreter soon while the body runs."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextlib.contextmanager
def deterministic(wanted: bool) -> Iterator[None]:
    """Where `wanted`, let TensorFlow use only operations whose results are the same to the last bit each time."""
    tf, _ = import_keras()
    if not wanted:
        yield
        return
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        # There is no public way back, and Keras compiles nothing while this is on.
        with contextlib.suppress(ImportError, AttributeError):
            importlib.import_module("tensorflow.python.framework.config").disable_op_determinism()
