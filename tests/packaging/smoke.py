"""Use the packaged program as a person would, on a virtual display, from the outside, with real events.

python tests/packaging/smoke.py [--program PATH] [--rounds N]

Starts it as a double-click does (no arguments, a foreign working directory, an empty profile, a home with a space and
Chinese characters, a bare environment), draws, reads the answer, trains one epoch, draws with the new model, closes,
starts again, and asks the command line. Any unexpected line of output, or exit code, fails.
"""

import argparse
import json
import math
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from person import Home, Running, SmokeError, virtual_display
from x11 import Hand

CHECKOUT = Path(__file__).resolve().parents[2]
SUFFIX = ".exe" if sys.platform == "win32" else ""
PROGRAM = CHECKOUT / "dist" / "recognizer" / f"recognizer{SUFFIX}"
EPOCHS = 5
"""After one epoch a network may be so unsure of a drawn 0 that it rejects it."""
FAST_START = 3.0
"""Seconds that a second start may take on any machine; the README has the measured time."""


def main() -> int:
    """Run the rounds; 0 where all of them went well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=PROGRAM, help="the packaged executable")
    parser.add_argument("--rounds", type=int, default=1, help="how often to do all of it")
    options = parser.parse_args()
    if not options.program.is_file():
        print(f"smoke: there is no {options.program}; run make build first", file=sys.stderr)
        return 1
    try:
        for number in range(1, options.rounds + 1):
            if options.rounds > 1:
                print(f"smoke: round {number} of {options.rounds}")
            play(options.program.resolve())
    except SmokeError as error:
        print(f"smoke: FAILED: {error}", file=sys.stderr)
        return 1
    print("smoke: passed")
    return 0


def play(program: Path) -> None:
    """One round, in a new home."""
    with tempfile.TemporaryDirectory(prefix="recognizer smoke ", ignore_cleanup_errors=True) as folder:
        home = Home(Path(folder))
        command_line(program, home)
        if not sys.platform.startswith("linux"):
            print("smoke: the window is played on Linux only, where there are virtual displays")
            return
        with virtual_display(home.logs) as display:
            home.environment["DISPLAY"] = display
            hand = Hand(display)
            try:
                model = first_start(program, home, hand)
                second_start(program, home, hand, model)
            finally:
                hand.leave()
        judge_profile(program, home, model)


ONE = [[(0.5, y / 20) for y in range(21)]]
ZERO = [[(0.5 - 0.3 * math.sin(turn / 5), 0.5 - 0.48 * math.cos(turn / 5)) for turn in range(33)]]
SEVEN = [[(0.2 + x / 16, 0.1) for x in range(11)] + [(0.825 - y / 40, 0.1 + y / 18) for y in range(1, 16)]]


def first_start(program: Path, home: Home, hand: Hand) -> str:
    """Draw, read, train, draw with the new model, close; the new model as the chooser names it."""
    with Running(program, home, hand, "first") as window:
        started = window.open()
        if window.answer():
            raise SmokeError(f"an empty canvas shows the answer {window.answer()!r}")
        for digit, strokes in (("1", ONE), ("0", ZERO), ("7", SEVEN)):
            window.draw(strokes)
            window.wait(f"the answer {digit}", lambda digit=digit: window.answer() == digit, 20)
            window.click("clearButton")
            window.wait("an empty canvas without an answer", lambda: window.answer() == "", 10)
        print(f"smoke: first start, window after {started:.2f} s; drawn 1, 0, 7 and read as such")

        before = window.widget("modelChooser")["items"]
        window.click("trainPageButton")
        window.choose("trainDatasetChooser", "UCI")
        window.choose("presetChooser", "dense")
        window.enter("epochsInput", EPOCHS)
        began = time.monotonic()
        window.click("trainButton")
        window.wait("the training to begin", lambda: window.widget("stopButton").get("enabled"), 20)
        window.wait("the end of the training", lambda: not window.widget("stopButton").get("enabled"), 240)
        window.wait("the confusion matrix", lambda: window.widget("confusionMatrix"), 20)
        took = time.monotonic() - began

        window.click("drawPageButton")
        window.wait("the new model", lambda: len(window.widget("modelChooser").get("items", [])) == len(before) + 1, 20)
        (model,) = (item for item in window.widget("modelChooser")["items"] if item not in before)
        if window.widget("modelChooser")["text"] != model:
            window.choose("modelChooser", model)
        window.draw(ZERO)
        window.wait("an answer of the new model", window.answer, 20)
        print(f"smoke: trained {EPOCHS} epochs of UCI digits in {took:.1f} s; {model!r} reads a 0 as {window.answer()}")
        imported = window.close()["imported"]
        if "tensorflow" not in imported:
            raise SmokeError("the training did not use TensorFlow")
    return model


def second_start(program: Path, home: Home, hand: Hand, model: str) -> None:
    """The new model is still chosen, the start is quick, and drawing loads no TensorFlow."""
    with Running(program, home, hand, "second") as window:
        started = window.open()
        window.wait("the model of the first start", lambda: window.widget("modelChooser").get("text") == model, 20)
        window.draw(ZERO)
        window.wait("an answer", window.answer, 20)
        answered = window.state["time"] - window.began
        imported = window.close()["imported"]
    if "tensorflow" in imported or "keras" in imported:
        raise SmokeError(f"drawing has imported {', '.join(imported)}")
    if started > FAST_START:
        raise SmokeError(f"the second start took {started:.2f} s")
    print(
        f"smoke: second start, window after {started:.2f} s, first answer after {answered:.2f} s, drawing included; "
        f"{model!r} still chosen, TensorFlow not imported"
    )


def ask(program: Path, home: Home, *arguments: str) -> Any:
    """Run a command of the packaged command line; the JSON document that it prints."""
    console = program.with_name(f"recognizer-cli{SUFFIX}")
    done = subprocess.run(
        [console if console.is_file() else program, *arguments, "--json"],
        cwd=home.elsewhere,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0 or done.stderr:
        raise SmokeError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise SmokeError(f"{' '.join(arguments)} printed no JSON document: {done.stdout[:300]!r}") from None


def command_line(program: Path, home: Home) -> None:
    """The models that come with the program are listed, and read a picture of one symbol and one of a number."""
    ids = [model["id"] for model in ask(program, home, "models")["models"]]
    if ids[:2] != ["digits", "letters"]:
        raise SmokeError(f"the package has the models {ids}")
    picture = home.elsewhere / "一 one.png"
    picture.write_bytes(picture_of_ones(1))
    answer = ask(program, home, "predict", picture.name)
    if '"1"' not in json.dumps(answer):
        raise SmokeError(f"the picture of a 1 was read as {answer}")
    number = home.elsewhere / "一一 eleven.png"
    number.write_bytes(picture_of_ones(2))
    readings = ask(program, home, "read", number.name)["readings"]
    if [reading["text"] for reading in readings] != ["11"]:
        raise SmokeError(f"the picture of 11 was read as {readings}")
    print("smoke: the command line lists both models and reads pictures of a 1 and of 11")


def picture_of_ones(count: int) -> bytes:
    """A PNG, 60×90 grey for each of the black upright bars on white."""
    inked = bytes([255] * 27 + [0] * 7 + [255] * 26) * count
    rows = [inked if 10 <= y < 80 else bytes([255] * 60 * count) for y in range(90)]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    header = struct.pack(">IIBBBBB", 60 * count, 90, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def judge_profile(program: Path, home: Home, model: str) -> None:
    """The command line knows the model that was trained in the window."""
    listed = json.dumps(ask(program, home, "models"), ensure_ascii=False)
    trained = [path for path in home.folder.rglob("model.json") if "models" in path.parts]
    if len(trained) != 1 or trained[0].parent.name not in listed:
        raise SmokeError(f"the model {model!r} is not listed by the command line: {listed}")


if __name__ == "__main__":
    sys.exit(main())
