"""The command line. Everything else is imported by the command that needs it."""

import argparse
import contextlib
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from recognizer.arguments import make_parser
from recognizer.base.cancellation import Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import set_language, tr
from recognizer.base.paths import open_profile
from recognizer.commands.common import EXIT_FAULT, EXIT_STOPPED, complain, open_profile_of, print_json, tell
from recognizer.commands.explaining import explain
from recognizer.commands.handwriting import keep
from recognizer.commands.judging import evaluate
from recognizer.commands.library import library
from recognizer.commands.reading import convert, predict, read, synthesize
from recognizer.commands.runs import runs
from recognizer.commands.training import finetune, models, train
from recognizer.commands.transfer import export, import_, sheet

_log = logging.getLogger(__name__)
_UNWANTED: Final = re.compile(r"-\w+[:：]")
"""How a filter begins that says what is not wanted, such as -flag:excluded."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: Without the program's name; those of the process where None.

    Returns:
        0 done, 1 a fault of ours or of the machine, 2 the user's input, 130 stopped by Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    set_language("system")
    asked = make_parser().parse_args(_with_filters(sys.argv[1:] if arguments is None else arguments))
    try:
        return COMMANDS[asked.command](asked)
    except RecognizerError as error:
        complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, Cancelled) as error:
        complain(str(error) or tr("Stopped."))
        return EXIT_STOPPED
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not try to flush to it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAULT
    except Exception as error:
        complain(_log_unexpected(error, asked.profile))
        return EXIT_FAULT


def _with_filters(arguments: Sequence[str]) -> list[str]:
    """The arguments, those filters tied to their option that begin with a minus and would be taken for options."""
    tied: list[str] = []
    for argument in arguments:
        if tied and tied[-1] == "--filter" and _UNWANTED.match(argument):
            tied[-1] = f"--filter={argument}"
        else:
            tied.append(argument)
    return tied


def _log_unexpected(error: Exception, profile: str | None) -> str:
    """Write the traceback to the profile's log file, and say in one line what happened and where the log is."""
    from recognizer.base.log import set_up_logging

    handlers = logging.getLogger("recognizer").handlers
    if not any(isinstance(handler, logging.FileHandler) for handler in handlers):
        with contextlib.suppress(RecognizerError):
            set_up_logging(open_profile(profile))
    # At this level it goes to the file alone.
    _log.info("Unexpected error", exc_info=error)
    handlers = logging.getLogger("recognizer").handlers
    log = next((handler.baseFilename for handler in handlers if isinstance(handler, logging.FileHandler)), "-")
    return tr("An unexpected error, {kind}: {error}. The log is {log}", kind=type(error).__name__, error=error, log=log)


def gui(asked: argparse.Namespace) -> int:
    """Open the window."""
    from recognizer.doctor import has_display, missing_qt_libraries

    if not has_display():
        raise RecognizerError(
            tr("There is no display to show the window on"),
            fix=tr("Start it on a desktop, or see the program at work with `recognizer demo --out demo.png`"),
            exit_code=EXIT_FAULT,
        )
    missing = missing_qt_libraries() if "QT_QPA_PLATFORM" not in os.environ else {}
    if missing:
        raise RecognizerError(
            tr("Qt needs system libraries that are not installed"),
            where=", ".join(missing),
            fix=tr("On Debian and Ubuntu: apt-get install {packages}", packages=" ".join(sorted(missing.values()))),
            exit_code=EXIT_FAULT,
        )
    from recognizer.gui.app import run

    return run(Path(asked.profile) if asked.profile else None)


def demo(asked: argparse.Namespace) -> int:
    """Play the main job without a display."""
    from recognizer.gui.demo import run_demo

    result = run_demo(asked.out.absolute(), Path(asked.profile) if asked.profile else None, tell)
    if asked.json:
        print_json(result)
    else:
        print(tr("The picture is in {path}", path=asked.out))
    return 0


def doctor(asked: argparse.Namespace) -> int:
    """Check that everything is there and works."""
    from recognizer.doctor import Status, examine

    checks = []
    for check in examine(open_profile_of(asked)):
        checks.append(check)
        if not asked.json:
            print(f"{check.status.value:8} {check.name}: {check.detail}", flush=True)
    is_healthy = all(check.status is not Status.PROBLEM for check in checks)
    if asked.json:
        print_json({"ok": is_healthy, "checks": [check.to_dict() for check in checks]})
    return 0 if is_healthy else EXIT_FAULT


COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    command.__name__.rstrip("_"): command
    for command in (
        *(gui, demo, doctor),
        *(predict, read, evaluate, explain),
        *(import_, export, keep, sheet, library),
        *(train, runs, finetune, models),
        *(convert, synthesize),
    )
}
