"""Logging: everything to a rotating file in the profile, warnings to stderr."""

import logging
import sys
from logging.handlers import RotatingFileHandler

from recognizer.base.paths import Profile

_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


def set_up_logging(profile: Profile) -> None:
    """Send the program's log to `<profile>/logs/recognizer.log` (3 files of 1 MB) and its warnings to stderr."""
    logger = logging.getLogger("recognizer")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        file = RotatingFileHandler(
            profile.logs / "recognizer.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        file = None
    if file is not None:
        file.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(file)
    if sys.stderr is not None:
        console = logging.StreamHandler()
        console.setLevel(logging.WARNING)
        console.setFormatter(logging.Formatter("recognizer: %(message)s"))
        logger.addHandler(console)
