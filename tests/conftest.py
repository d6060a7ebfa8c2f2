"""What every test shares: an offscreen Qt, a private profile, the real MNIST where it is to be had."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["LC_ALL"] = "C.UTF-8"

from recognizer.base.i18n import set_language
from recognizer.base.paths import Profile, open_profile

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """A profile of the test's own."""
    return open_profile(tmp_path / "profile")


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


@pytest.fixture(scope="session")
def real_mnist_folder() -> Path:
    """The folder with MNIST's four gzipped IDX files."""
    root = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")
    folder = root / "mnist"
    if not (folder / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("real MNIST not found")
    return folder
