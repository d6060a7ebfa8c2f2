"""Training through the real window: event-loop gaps, accuracy, how Stop and closing behave, what the window costs.

Run it as `python tests/benchmarks/bench_window_training.py [gaps] [stop] [close] [same]`; all parts by default. While
gaps are measured a hand draws on the Draw page, and looks at the Train page in between. `same` trains headless and
through the window, by turns. Every part runs in fresh processes, offscreen unless QT_QPA_PLATFORM says otherwise, with
a profile of its own and real mouse clicks. MNIST is used where RECOGNIZER_DATASETS or `../shared/data` has it, else the
UCI digits.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

CHECKOUT = Path(__file__).resolve().parents[2]
HEARTBEAT = 5
"""Milliseconds."""
MOMENTS = ("import", "preparing", "first-batch", "mid-epoch", "validation", "saving")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=("gaps", "stop", "close", "same", []), default=[])
    parser.add_argument("--preset", default="dense")
    parser.add_argument("--data", default="", help="mnist or uci-digits")
    parser.add_argument("--epochs", type=int, default=0, help="of the part gaps; the preset's own by default")
    parser.add_argument("--moments", nargs="+", choices=MOMENTS, default=MOMENTS)
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = os.environ.get("RECOGNIZER_DATASETS") or str(CHECKOUT.parent / "shared" / "data")
    has_mnist = (Path(folder) / "mnist" / "train-images-idx3-ubyte.gz").is_file()
    if has_mnist:
        os.environ["RECOGNIZER_DATASETS"] = folder
    options.data = options.data or ("mnist" if has_mnist else "uci-digits")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if options.child:
        return child(options)
    print(f"{options.preset} on {options.data}, {os.cpu_count()} cores", flush=True)
    for part in options.parts or ("gaps", "stop", "close", "same"):
        if part == "gaps":
            show_gaps(spawn(options, "gaps")[0])
        elif part == "same":
            show_same(options)
        else:
            for moment in options.moments:
                result, seconds, code = spawn(options, part, moment)
                (show_stop if part == "stop" else show_close)(moment, result, seconds, code)
    return 0


def spawn(options: argparse.Namespace, part: str, moment: str = "") -> tuple[dict[str, Any], float, int]:
    """Run a part in a new process: what it printed, when it was gone (Unix time), its exit code."""
    command = [sys.executable, __file__, "--child", part, "--preset", options.preset, "--data", options.data]
    command += ["--epochs", str(options.epochs), *(["--moments", moment] if moment else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    gone = time.time()
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(f"{part} {moment}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    if done.stderr.strip():
        print(f"  stderr of {part} {moment}: {done.stderr.strip()}", flush=True)
    return json.loads(lines[-1]), gone, done.returncode


def headless(options: argparse.Namespace) -> float:
    """Seconds of the same training without a window."""
    from recognizer.training.presets import PRESETS

    epochs = str(options.epochs or PRESETS[options.preset].epochs)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "recognizer", "train", "--data", options.data, "--preset", options.preset]
        command += ["--epochs", epochs, "--profile", folder, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout)["fit_seconds"])


def show_same(options: argparse.Namespace, rounds: int = 2) -> None:
    """By turns, so that whatever else the machine does meets both."""
    pairs = [(headless(options), spawn(options, "same")[0]["fit_seconds"]) for _ in range(rounds)]
    alone, window = (sorted(column)[0] for column in zip(*pairs, strict=True))
    print(
        f"the same training: headless {alone:.1f} s, through the window {window:.1f} s,"
        f" {100 * (window / alone - 1):+.1f} % (the quicker of {rounds} each; bar: within 5 %)",
        flush=True,
    )


def show_gaps(result: dict[str, Any]) -> None:
    for phase in ("import", "after"):
        gaps = result[phase]
        print(
            f"event-loop gap, {phase}: p50 {gaps['p50']:.1f} ms, p99 {gaps['p99']:.1f} ms, max {gaps['max']:.0f} ms "
            f"({gaps['n']} gaps; bar: p99 <= 20 ms, max <= {300 if phase == 'import' else 128} ms)"
        )
    print("longest after the import: " + ", ".join(f"{ms:.0f} ms at {what}" for ms, what in result["longest"]))
    print(
        f"trained through the window: test accuracy {result['accuracy']:.4f} ({result['n']} samples, "
        f"{result['epochs']} epochs, click to result {result['seconds']:.1f} s; bar: >= 0.975 dense, >= 0.985 cnn)",
        flush=True,
    )


def show_stop(moment: str, result: dict[str, Any], gone: float, code: int) -> None:
    kept = result["model"] or "none"
    print(
        f"stop at {moment}: acknowledged {result['acknowledged']:.0f} ms, "
        f"stopped {result['stopped']:.2f} s, model {kept} (bar: <= 100 ms, <= 2 s)",
        flush=True,
    )


def show_close(moment: str, result: dict[str, Any], gone: float, code: int) -> None:
    asked = "asked" if result["asked"] else "did not ask"
    seconds = gone - result["answered"]
    print(f"close at {moment}: {asked}, gone {seconds:.2f} s after it, exit code {code} (bar: <= 5 s, 0)", flush=True)


def child(options: argparse.Namespace) -> int:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    from recognizer.gui.app import create_window

    application = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        driver = make_driver(options, create_window(Path(folder) / "profile"))
        code = application.exec()
        driver.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return code


def make_driver(options: argparse.Namespace, window: Any) -> Any:
    """What presses the buttons of `window`, a QObject."""
    from PySide6.QtCore import QObject, QPoint, Qt, QTimer
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QComboBox, QMessageBox, QPushButton, QSpinBox, QToolButton

    from recognizer.gui.workers.training_worker import TrainingWorker
    from recognizer.training.events import BatchProgress, EpochEnded, StageBegan
    from recognizer.training.watch import FitWatch

    validating = threading.Event()
    began_validation = FitWatch.validation_began

    def noticed(watch: FitWatch) -> None:
        validating.set()
        began_validation(watch)

    FitWatch.validation_began = noticed  # type: ignore[method-assign]

    class Driver(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.ticks: list[tuple[float, str]] = []
            self.phase = "before"
            self.epochs = self.batch = self.batches = self.stages = 0
            self.step: Callable[[], None] = self.open_page
            self.result: dict[str, Any] = {}
            self.clicked = 0.0
            self.moved = 0
            self.worker: TrainingWorker | None = None
            self.timer = QTimer(self)
            self.timer.setTimerType(Qt.TimerType.PreciseTimer)
            self.timer.timeout.connect(self.tick)
            self.timer.start(HEARTBEAT)
            window.session.problem.connect(self.problem)
            window.show()

        def tick(self) -> None:
            self.ticks.append((time.perf_counter(), self.phase))
            self.step()

        def problem(self, error: object) -> None:
            print(f"problem: {error}", file=sys.stderr)

        def click(self, kind: type, name: str) -> None:
            QTest.mouseClick(window.findChild(kind, name), Qt.MouseButton.LeftButton)

        def open_page(self) -> None:
            self.click(QToolButton, "trainPageButton")
            self.step = self.fill_form

        def fill_form(self) -> None:
            if len(self.ticks) < 100:
                return
            for name, value in (("trainDatasetChooser", options.data), ("presetChooser", options.preset)):
                chooser = window.findChild(QComboBox, name)
                chooser.setCurrentIndex(chooser.findData(value))
            if options.epochs:
                window.findChild(QSpinBox, "epochsInput").setValue(options.epochs)
            self.ticks.clear()
            self.clicked = time.perf_counter()
            self.phase = "loading the samples"
            self.click(QPushButton, "trainButton")
            self.step = self.find_worker

        def find_worker(self) -> None:
            self.worker = window.train_page.findChild(TrainingWorker)
            if self.worker is not None:
                self.phase = "import"
                self.worker.happened.connect(self.on_event)
                steps = {"gaps": self.draw_meanwhile, "same": self.wait_result}
                self.step = steps.get(options.child, self.wait_moment)

        def on_event(self, event: object) -> None:
            if isinstance(event, StageBegan):
                self.stages += 1
                if self.stages > 1:
                    self.phase = event.message
            elif isinstance(event, BatchProgress):
                self.batch, self.batches = event.batch, event.batches
                self.phase = f"epoch {event.epoch}"
            elif isinstance(event, EpochEnded):
                self.epochs += 1

        def wait_moment(self) -> None:
            moment = options.moments[0]
            is_now = {
                "import": self.stages == 1 and time.perf_counter() - self.clicked > 1.5,
                "preparing": self.stages == 2,
                "first-batch": self.batch > 0,
                "mid-epoch": self.epochs >= 1 and self.batch > 0.4 * self.batches,
                "validation": self.epochs >= 1 and validating.is_set(),
                "saving": self.phase.startswith("Saving"),
            }[moment]
            if self.epochs < 1:
                validating.clear()
            if is_now:
                self.clicked = time.perf_counter()
                if options.child == "stop":
                    self.step = self.wait_acknowledged
                    self.click(QPushButton, "stopButton")
                else:
                    self.step = self.answer
                    say({"asked": False, "answered": time.time()})
                    # The question's own event loop would keep this timer from ticking.
                    QTimer.singleShot(0, window, window.close)

        def wait_acknowledged(self) -> None:
            if window.findChild(QPushButton, "stopButton").text() == "Stopping…" or not window.train_page.busy_with():
                self.result["acknowledged"] = 1000 * (time.perf_counter() - self.clicked)
                self.step = self.wait_stopped

        def wait_stopped(self) -> None:
            if not window.train_page.busy_with():
                models = [record.id for record in window.session.registry.list() if not record.is_shipped]
                self.result |= {"stopped": time.perf_counter() - self.clicked, "model": ", ".join(models)}
                self.leave()

        def answer(self) -> None:
            box = window.findChild(QMessageBox, "closeQuestion")
            if (box is None or not box.isVisible()) and window.isVisible():
                return
            self.result = {"asked": box is not None and box.isVisible(), "answered": time.time()}
            say(self.result)
            self.step = self.nothing
            if box is not None and box.isVisible():
                QTest.mouseClick(box.defaultButton(), Qt.MouseButton.LeftButton)

        def draw_meanwhile(self) -> None:
            """Strokes of 40 movements, each cleared; after ten of them a look at the Train page for a second."""
            if not window.train_page.busy_with():
                self.click(QToolButton, "trainPageButton")
                self.step = self.wait_result
                return
            if not self.epochs and not self.batch:
                return
            self.moved += 1
            place, turn = divmod(self.moved % 800, 60)
            if place >= 10:
                if (place, turn) == (10, 0):
                    self.click(QToolButton, "trainPageButton")
                return
            canvas = window.draw_page.canvas
            middle = canvas.rect().center()
            where = QPoint(middle.x() + round(80 * math.cos(turn / 6)), middle.y() - 100 + 5 * min(turn, 40))
            if (place, turn) == (0, 1):
                self.click(QToolButton, "drawPageButton")
            elif turn == 2:
                QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=where)
            elif turn < 42:
                QTest.mouseMove(canvas, where)
            elif turn == 42:
                QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=where)
            elif turn == 50:
                self.click(QPushButton, "clearButton")

        def wait_result(self) -> None:
            results = window.train_page.results
            if window.train_page.busy_with() or not results.positions().size or results.report.report() is None:
                return
            times = np.array([each for each, _ in self.ticks])
            gaps = 1000 * np.diff(times)
            phases = np.array([phase for _, phase in self.ticks[1:]])
            is_import = np.isin(phases, ("import", "loading the samples"))
            report = window.train_page.results.report.report()
            worst = np.argsort(-gaps * ~is_import)[:5]
            self.result = {
                "import": summary(gaps[is_import]),
                "after": summary(gaps[~is_import]),
                "longest": [(float(gaps[i]), str(phases[i])) for i in worst],
                "accuracy": report.accuracy,
                "n": report.n,
                "epochs": len(window.train_page.curves.metrics()),
                "seconds": times[-1] - self.clicked,
                "fit_seconds": fit_seconds(window.session.profile.runs),
            }
            self.leave()

        def leave(self) -> None:
            self.step = self.nothing
            say(self.result)
            window.close()

        def nothing(self) -> None:
            pass

    return Driver()


def fit_seconds(runs: Path) -> float:
    (card,) = runs.glob("*/run.json")
    return float(json.loads(card.read_text(encoding="utf-8"))["fit_seconds"])


def say(result: dict[str, Any]) -> None:
    # Not `print`: what it writes is lost while a conversion in the other thread has redirected it.
    os.write(1, (json.dumps(result) + "\n").encode())


def summary(gaps: "np.ndarray[Any, Any]") -> dict[str, float]:
    return {
        "p50": float(np.percentile(gaps, 50)),
        "p99": float(np.percentile(gaps, 99)),
        "max": float(gaps.max()),
        "n": len(gaps),
    }


if __name__ == "__main__":
    raise SystemExit(main())
