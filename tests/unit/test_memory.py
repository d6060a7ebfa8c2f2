"""What a training needs of memory, and what is said where there is too little."""

from types import SimpleNamespace

import psutil
import pytest

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.library import uci
from recognizer.training import memory
from recognizer.training.config import TrainingConfig
from recognizer.training.presets import PRESETS
from recognizer.training.trainer import Trainer

# Growth of the process while one epoch was trained, 28 November 2026, 2 cores: preset, batch size, MB.
MEASURED = [
    ("cnn", 256, 144),
    ("cnn", 2048, 698),
    ("cnn", 8192, 2230),
    ("residual", 512, 482),
    ("residual", 4096, 3286),
    ("shipped", 2048, 1323),
    ("dense", 8192, 197),
    ("separable", 4096, 932),
]


def leave(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=free))


@pytest.mark.parametrize(("preset", "batch", "megabytes"), MEASURED)
def test_the_estimate_is_near_what_was_measured(preset: str, batch: int, megabytes: int) -> None:
    needed = memory.needed_memory(PRESETS[preset].layers, 10, 28, batch) / 1e6
    assert 0.75 * megabytes < needed < 1.7 * megabytes


def test_a_batch_that_does_not_fit_is_refused_and_one_that_fits_is_named(
    monkeypatch: pytest.MonkeyPatch, profile: Profile
) -> None:
    leave(monkeypatch, 500_000_000)
    layers = PRESETS["cnn"].layers
    with pytest.raises(RecognizerError) as refused:
        memory.check_memory(layers, 10, 28, 8192)
    assert refused.value.where == "batch_size = 8192: about 2.3 GB are needed, 0.5 GB are free"
    assert refused.value.fix == "Choose a batch size of at most 1024, or a smaller network"
    memory.check_memory(layers, 10, 28, 1024)
    with pytest.raises(RecognizerError):
        memory.check_memory(layers, 10, 28, 2048)


def test_where_no_batch_fits_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    leave(monkeypatch, 50_000_000)
    with pytest.raises(RecognizerError) as refused:
        memory.check_memory(PRESETS["cnn"].layers, 10, 28, 1)
    assert refused.value.fix == "Choose a smaller network, or close other programs"


def test_what_was_tried_and_failed_is_not_advised(monkeypatch: pytest.MonkeyPatch) -> None:
    leave(monkeypatch, 100_000_000_000)
    error = memory.too_little(PRESETS["cnn"].layers, 10, 28, 1000)
    assert error.fix == "Choose a batch size of at most 512, or a smaller network"


def test_nothing_is_begun_where_memory_is_too_little(monkeypatch: pytest.MonkeyPatch, profile: Profile) -> None:
    leave(monkeypatch, 120_000_000)
    with pytest.raises(RecognizerError, match="not enough memory"):
        Trainer(profile).fit(TrainingConfig("residual", 1, 512), uci.load(), lambda event: None, CancellationToken())
    assert not profile.runs.is_dir() or not any(profile.runs.iterdir())


def test_what_the_program_takes_up_is_told() -> None:
    assert 20_000_000 < memory.used_memory() < 20_000_000_000
