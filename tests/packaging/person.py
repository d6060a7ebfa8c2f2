"""A person at a screen: starts the packaged program, sees what its window shows, works with mouse and keyboard."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from x11 import Hand

SCREEN = "1400x900x24"

State = dict[str, Any]


class SmokeError(Exception):
    """The packaged program did not do what it should."""


class Home:
    """A new user's home, and the environment that their desktop gives a program."""

    def __init__(self, root: Path) -> None:
        self.logs = root
        self.folder = root / "张 三 home"
        self.elsewhere = root / "some where"
        runtime = root / "runtime"
        for path in (self.folder, self.elsewhere, runtime):
            path.mkdir(mode=0o700)
        self.environment = {
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PATH": os.defpath,
            "XDG_RUNTIME_DIR": str(runtime),
        }
        if sys.platform == "win32":
            kept = ("SYSTEMROOT", "TEMP", "TMP")
            self.environment |= {name: os.environ[name] for name in kept if name in os.environ}
            self.environment |= {"USERPROFILE": str(self.folder), "LOCALAPPDATA": str(self.folder)}


@contextlib.contextmanager
def virtual_display(logs: Path) -> Iterator[str]:
    """An X server that nobody sees; its name."""
    server = shutil.which("Xvfb")
    if server is None:
        raise SmokeError("Xvfb is not installed; python3 tools/setup.py smoke names its package")
    read, write = os.pipe()
    with (logs / "xvfb.log").open("wb") as log:
        process = subprocess.Popen(
            [server, "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"],
            pass_fds=[write],
            stdout=log,
            stderr=log,
        )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    try:
        if not number:
            raise SmokeError(f"Xvfb did not start: {(logs / 'xvfb.log').read_text(errors='replace')[-500:]}")
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(10)


class Running:
    """The program while it runs; `with` ends it in any case."""

    def __init__(self, program: Path, home: Home, hand: Hand, name: str) -> None:
        self.hand = hand
        self._report = home.logs / f"{name}.jsonl"
        self._output = home.logs / f"{name}.log"
        self._position = 0
        self._state: State = {}
        self.closing: State | None = None
        with self._output.open("wb") as output:
            self.began = time.time()
            self.process = subprocess.Popen(
                [program],
                cwd=home.elsewhere,
                env=home.environment | {"RECOGNIZER_SMOKE": str(self._report)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def state(self) -> State:
        """What the window shows now."""
        if self._report.exists():
            with self._report.open("rb") as file:
                file.seek(self._position)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._position += len(line)
                    document = json.loads(line)
                    if document["event"] == "closing":
                        self.closing = document
                    else:
                        self._state = document
        return self._state

    def widget(self, name: str) -> State:
        """What the visible control `name` shows; empty where it is not visible."""
        return self.state.get("widgets", {}).get(name, {})

    def wait(self, what: str, condition: Callable[[], Any], seconds: float) -> None:
        """Wait until the window shows it."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                raise SmokeError(f"the program ended ({self.process.returncode}) before {what}: {self.output()}")
            if time.monotonic() > deadline:
                raise SmokeError(
                    f"no sign of {what} within {seconds:.0f} s; last seen: {self.brief()}; {self.output()}"
                )
            time.sleep(0.01)

    def brief(self) -> str:
        """The state without the rectangles."""
        facts = {
            name: {key: value for key, value in widget.items() if key not in ("rectangle", "covered")}
            for name, widget in self.state.get("widgets", {}).items()
        }
        return json.dumps(facts, ensure_ascii=False)

    def output(self) -> str:
        """What the program has printed."""
        return "printed: " + (self._output.read_text(encoding="utf-8", errors="replace").strip() or "nothing")

    def place(self, name: str, across: float = 0.5, down: float = 0.5) -> tuple[int, int]:
        """A place on the screen inside the control `name`."""
        self.wait(f"the control {name}", lambda: self.widget(name) and not self.widget(name)["covered"], 20)
        left, top, width, height = self.widget(name)["rectangle"]
        return round(left + across * width), round(top + down * height)

    def click(self, name: str) -> None:
        """Click into the middle of the control `name`."""
        self.wait(f"{name} to be usable", lambda: self.widget(name).get("enabled"), 20)
        self.hand.click(*self.place(name))

    def draw(self, strokes: list[list[tuple[float, float]]]) -> None:
        """Draw lines through places from 0 to 1 of the canvas' middle square."""
        left, top, width, height = self.widget("canvas")["rectangle"]
        side = 0.7 * min(width, height)
        x0, y0 = left + (width - side) / 2, top + (height - side) / 2
        for stroke in strokes:
            self.hand.drag([(round(x0 + x * side), round(y0 + y * side)) for x, y in stroke], 0.3)

    def answer(self) -> str:
        """The symbol that is shown."""
        return self.widget("predictedLabel").get("text", "")

    def choose(self, name: str, wanted: str) -> None:
        """Choose the item whose text begins with `wanted` by mouse and keyboard."""

        def is_it(text: str) -> bool:
            return text.startswith(wanted)

        self.wait(f"{wanted} in {name}", lambda: any(is_it(item) for item in self.widget(name).get("items", [])), 20)
        self.click(name)
        time.sleep(0.3)
        items = self.widget(name)["items"]
        self.hand.key("Home")
        for _ in range(next(index for index, item in enumerate(items) if is_it(item))):
            self.hand.key("Down")
        self.hand.key("Return")
        self.wait(f"{wanted} chosen in {name}", lambda: is_it(self.widget(name)["text"]), 10)

    def enter(self, name: str, value: int) -> None:
        """Type a number into the field `name`."""
        self.hand.click(*self.place(name, across=0.2))
        self.hand.key("a", "Control_L")
        for digit in str(value):
            self.hand.key(digit)
        self.hand.key("Tab")
        self.wait(f"{value} in {name}", lambda: self.widget(name)["value"] == value, 10)

    def open(self) -> float:
        """Wait for the window; seconds since the process was started."""
        self.wait("the window", lambda: self.state and self.widget("canvas"), 60)
        seconds = self.state["time"] - self.began
        self.hand.focus(self.state["window"])
        return seconds

    def close(self) -> State:
        """Close the window as its title bar does; check how the process ends, what it printed; its last words."""
        self.hand.close(self.state["window"])
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            raise SmokeError(f"the program is still there 10 s after its window was closed; {self.output()}") from None
        if code != 0:
            raise SmokeError(f"the program ended with {code}; {self.output()}")
        if self._output.stat().st_size:
            raise SmokeError(f"unexpected output: {self.output()}")
        if self.state and self.closing is None:
            raise SmokeError("the program did not leave in good order")
        return self.closing or {}
