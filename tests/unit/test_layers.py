"""The rooms of the house keep apart: what one may import, and what is imported only on need."""

import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import recognizer

CHECKOUT = Path(__file__).resolve().parents[2]
HEADLESS = ("base", "ink", "imaging", "library", "inference", "evaluation", "training", "commands")
SLOW = ("tensorflow", "keras", "sklearn", "pyqtgraph", "pooch", "rich", "ai_edge_litert", "h5py", "onnx")

IMPORT_ALL = """
import importlib, importlib.abc, sys

class NoQt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "pyqtgraph"):
            raise ImportError("Qt is not to be had here: " + name)

sys.meta_path.insert(0, NoQt())
try:
    import PySide6
except ImportError:
    pass
else:
    raise SystemExit("PySide6 could be imported after all")
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted(name for name in sys.modules if "." not in name))
"""

DRAW_A_DIGIT = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from recognizer.gui.app import create_window

application = QApplication([])
window = create_window(Path(sys.argv[1]))
window.show()
canvas = window.findChild(QWidget, "canvas")
answer = window.findChild(QWidget, "predictedLabel")
text = lambda: answer.text() if callable(answer.text) else answer.text
assert text() == "", text()
left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
middle = canvas.width() // 2
places = [QPoint(middle, round(canvas.height() * share / 20)) for share in range(4, 17)]
QTest.mousePress(canvas, left, none, places[0])
for place in places[1:]:
    QTest.mouseMove(canvas, place)
QTest.mouseRelease(canvas, left, none, places[-1])
deadline = time.monotonic() + 30
while not text() and time.monotonic() < deadline:
    QTest.qWait(10)
print("read", text())
print(*sorted({"tensorflow", "keras", "sklearn"} & set(sys.modules)))
window.close()
"""


def modules_of(room: str) -> list[str]:
    folder = Path(recognizer.__file__).parent / room
    found = pkgutil.walk_packages([str(folder)], f"recognizer.{room}.")
    return [f"recognizer.{room}", *(module.name for module in found)]


def run_python(code: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("room", HEADLESS)
def test_headless_room_needs_no_qt_and_loads_nothing_slow(room: str) -> None:
    names = modules_of(room)
    assert len(names) > 1
    (line,) = run_python(IMPORT_ALL, *names)
    imported = set(line.split())
    assert "recognizer" in imported
    assert imported.isdisjoint(SLOW)


def test_every_room_is_tested() -> None:
    rooms = {module.name for module in pkgutil.iter_modules(recognizer.__path__) if module.ispkg}
    assert rooms == {*HEADLESS, "gui"}


def test_command_line_loads_nothing_slow() -> None:
    (line,) = run_python(IMPORT_ALL, "recognizer.cli")
    assert set(line.split()).isdisjoint(SLOW)


def test_drawing_in_the_window_does_not_import_tensorflow(tmp_path: Path) -> None:
    answer, imported = run_python(DRAW_A_DIGIT, str(tmp_path))
    assert answer == "read 1"
    assert imported == ""


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-logo"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_a_broken_contract_is_noticed(tmp_path: Path) -> None:
    """The contracts name packages that exist: a room that imports upwards, Qt or Keras is refused."""
    project = CHECKOUT / "pyproject.toml"
    (tmp_path / "pyproject.toml").write_text(project.read_text(encoding="utf-8"), encoding="utf-8")
    package = tmp_path / "recognizer"
    package.mkdir()
    (package / "__init__.py").touch()
    for module in ("__main__", "cli", "arguments", "console", "doctor"):
        (package / f"{module}.py").touch()
    for room in (*HEADLESS, "gui"):
        (package / room).mkdir()
        (package / room / "__init__.py").touch()
    (package / "ink" / "wrong.py").write_text("import PySide6\nimport keras\nimport recognizer.library\n")
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-logo"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "3 broken" in done.stdout
