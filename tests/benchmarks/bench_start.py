"""Process start to a usable window with live predictions, warm: the median of seven starts.

python tests/benchmarks/bench_start.py
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

CHILD = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from recognizer.gui.app import create_window
application = QApplication([])
window = create_window(Path(sys.argv[2]))
window.show()
canvas = window.draw_page.canvas
application.processEvents()
button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
QTest.mousePress(canvas, button, none, QPoint(200, 100))
QTest.mouseMove(canvas, QPoint(200, 200))
QTest.mouseMove(canvas, QPoint(200, 300))
QTest.mouseRelease(canvas, button, none, QPoint(200, 300))
label = window.draw_page.findChild(type(window.draw_page.title), "predictedLabel")
while not window.draw_page.is_up_to_date():
    application.processEvents()
application.processEvents()
print(time.time() - float(sys.argv[1]), repr(label.text()), "tensorflow" in sys.modules, "keras" in sys.modules)
window.close()
"""


def main() -> int:
    """Print the time to the first answer on the screen, seconds."""
    environment = os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(8):
            line = subprocess.run(
                [sys.executable, "-c", CHILD, repr(time.time()), folder],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()
            seconds.append(float(line[0]))
    warm = seconds[1:]
    print(
        f"process start to first prediction shown: median {statistics.median(warm):.2f} s, max {max(warm):.2f} s "
        f"(answer {line[1]}, tensorflow imported: {line[2]}, keras imported: {line[3]}; bar: <= 1.0 s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
