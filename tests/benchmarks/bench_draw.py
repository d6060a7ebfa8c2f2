"""Pen movement to shown prediction, in the real window, at 125 movements a second.

Every movement of ten digits, each for itself, and then of whole numbers of four digits.

python tests/benchmarks/bench_draw.py
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QObject, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from recognizer.gui.app import create_window
from recognizer.gui.demo import recorded_strokes
from recognizer.gui.main_window import MainWindow
from recognizer.gui.workers.inference_worker import InferenceWorker

PERIOD = 0.008
NUMBERS = ("2026", "1984", "7305")
_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_GIVE_UP = 5000


class _Hand(QObject):
    """Draws in a window and measures how long each movement takes to be answered.

    Attributes:
        latencies: Milliseconds from the movement to the end of the painting that shows the answer to it.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._page, self._canvas = window.draw_page, window.draw_page.canvas
        self._loop = QEventLoop()
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setTimerType(Qt.TimerType.PreciseTimer)
        self._patience.timeout.connect(self._loop.quit)
        self._shown_at = 0.0
        self.latencies: list[float] = []
        # After the page, which has connected itself before.
        window.findChild(InferenceWorker).answered.connect(self._answered)

    def _answered(self, answer: object) -> None:
        if self._page.is_up_to_date():
            # What the answer has changed is painted before any timer fires.
            QTimer.singleShot(0, self._painted)

    def _painted(self) -> None:
        self._shown_at = time.perf_counter()
        self._loop.quit()

    def write(self, strokes: list[list[list[float]]], left: float, top: float, side: float) -> None:
        """Draw strokes whose points lie between 0 and 1 into a square."""
        for stroke in strokes:
            places = [QPoint(round(left + x * side), round(top + y * side)) for x, y in stroke]
            QTest.mousePress(self._canvas, _LEFT, _NONE, places[0])
            for before, place in pairwise(places):
                # To move nowhere is no movement.
                if place != before:
                    self._move(place)
            QTest.mouseRelease(self._canvas, _LEFT, _NONE, places[-1])

    def _move(self, place: QPoint) -> None:
        began = time.perf_counter()
        self._patience.start(_GIVE_UP)
        QTest.mouseMove(self._canvas, place)
        while self._shown_at < began and self._patience.isActive():
            self._loop.exec()
        if self._shown_at < began:
            raise SystemExit("a movement was never answered")
        self.latencies.append((self._shown_at - began) * 1000)
        self._patience.start(max(0, round((PERIOD - (time.perf_counter() - began)) * 1000)))
        while self._patience.isActive():
            self._loop.exec()


def main() -> int:
    """Print the distributions of the latency, milliseconds."""
    application = QApplication([])  # noqa: F841 - kept alive
    strokes = recorded_strokes()
    with tempfile.TemporaryDirectory() as folder:
        window = create_window(Path(folder))
        window.resize(1280, 800)
        window.show()
        canvas = window.draw_page.canvas
        side = min(canvas.width(), canvas.height()) * 0.7

        def digits(hand: _Hand) -> None:
            for digit in strokes.values():
                canvas.clear()
                hand.write(digit, 40, 40, side)

        def numbers(hand: _Hand) -> None:
            QTest.mouseClick(window.findChild(QPushButton, "numberModeButton"), _LEFT)
            label = window.findChild(QLabel, "predictedLabel")
            for number in NUMBERS:
                canvas.clear()
                size, left = (canvas.width() - 60) / 5, 20.0
                for digit in number:
                    points = np.concatenate([np.array(stroke) for stroke in strokes[digit]])
                    hand.write(strokes[digit], left - points[:, 0].min() * size, 120, size)
                    left += np.ptp(points[:, 0]) * size + 0.25 * size
                read.append(f"{number} read {label.text()}")

        read: list[str] = []
        try:
            measure(window, "single symbol", digits, (3.0, 10.0))
            measure(window, "number of 4 digits", numbers, (None, 20.0))
        finally:
            window.close()
    print(", ".join(read))
    print(f"tensorflow imported: {'tensorflow' in sys.modules}")
    return 0


def measure(window: MainWindow, what: str, draw: Callable[[_Hand], None], bars: tuple[float | None, float]) -> None:
    """Draw and print the line with the bars for p50 and p99, milliseconds."""
    hand = _Hand(window)
    draw(hand)
    # The first answers wait for the model to be loaded; a person's first stroke comes later than that.
    counted = hand.latencies[5:]
    p50, p99 = np.percentile(counted, [50, 99])
    is_met = p99 <= bars[1] and (bars[0] is None or p50 <= bars[0])
    wanted = f"p50 <= {bars[0]:.0f}, p99 <= {bars[1]:.0f}" if bars[0] else f"p99 <= {bars[1]:.0f}"
    print(
        f"pen movement to shown prediction, {what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {max(counted):.1f} ms "
        f"({len(counted)} movements; bar: {wanted}; {'met' if is_met else 'MISSED'})"
    )


if __name__ == "__main__":
    sys.exit(main())
