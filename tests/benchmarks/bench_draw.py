"""Pen movement to shown prediction, in the real window: every movement of ten digits at 125 movements a second.

python tests/benchmarks/bench_draw.py
"""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from recognizer.gui.app import create_window
from recognizer.gui.demo import recorded_strokes
from recognizer.gui.pages.draw import DrawPage

PERIOD = 0.008


class _Paints(QObject):
    """Leaves `loop` when the answer to what is on the canvas has been painted."""

    def __init__(self, page: DrawPage, loop: QEventLoop) -> None:
        super().__init__()
        self._page, self._loop = page, loop
        self.shown_at = 0.0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._page.is_up_to_date():
            QTimer.singleShot(0, self._painted)
        return False

    def _painted(self) -> None:
        self.shown_at = time.perf_counter()
        self._loop.quit()


def main() -> int:
    """Print the distribution of the latency, milliseconds."""
    application = QApplication([])  # noqa: F841 - kept alive
    with tempfile.TemporaryDirectory() as folder:
        window = create_window(Path(folder))
        window.resize(1280, 800)
        window.show()
        page, canvas = window.draw_page, window.draw_page.canvas
        latencies: list[float] = []
        loop = QEventLoop()
        watch = _Paints(page, loop)
        page.findChild(QWidget, "probabilityView").installEventFilter(watch)

        def move(place: QPoint) -> None:
            began = time.perf_counter()
            QTest.mouseMove(canvas, place)
            while watch.shown_at < began:
                loop.exec()
            latencies.append((watch.shown_at - began) * 1000)
            QTimer.singleShot(max(0, round((PERIOD - (time.perf_counter() - began)) * 1000)), loop.quit)
            loop.exec()

        side = min(canvas.width(), canvas.height()) * 0.7
        for strokes in recorded_strokes().values():
            canvas.clear()
            for stroke in strokes:
                places = [QPoint(round(40 + x * side), round(40 + y * side)) for x, y in stroke]
                QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[0])
                for place in places[1:]:
                    move(place)
                QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[-1])
        window.close()
    # The first answers wait for the model to be loaded; a person's first stroke comes later than that.
    p50, p99 = np.percentile(latencies[5:], [50, 99])
    print(
        f"pen movement to shown prediction: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {max(latencies[5:]):.1f} ms "
        f"({len(latencies)} movements; bars: p50 <= 5, p99 <= 16)"
    )
    print(f"tensorflow imported: {'tensorflow' in sys.modules}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
