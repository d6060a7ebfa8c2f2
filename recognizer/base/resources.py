"""Where the program's own files are: the checkout, or the packaged bundle."""

import sys
from pathlib import Path


def program_root() -> Path:
    """The folder that holds `resources/` and `models/`: the checkout, or the packaged bundle."""
    bundle = getattr(sys, "_MEIPASS", None)
    return Path(bundle) if bundle else Path(__file__).resolve().parents[2]


def resource_path(name: str) -> Path:
    """The path of a file below `resources/`."""
    return program_root() / "resources" / name


def shipped_models_path() -> Path:
    """The folder with the models that come with the program, one folder each."""
    return program_root() / "models"
