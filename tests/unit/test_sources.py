"""Datasets by name, their splits, and the synthetic one that is kept in the profile."""

import json
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.ink.synthesis import SYNTHESIS_VERSION
from recognizer.library import synthetic
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, LabelSet, Split
from recognizer.library.sources import BUILT_IN, is_available, load_dataset
from recognizer.library.splits import check_trainable, stratified, with_split


def small(labels: list[int], splits: list[Split] | None = None) -> Dataset:
    places = [SPLITS.index(split) for split in splits or [Split.TEST] * len(labels)]
    images = np.zeros((len(labels), 28, 28), np.uint8)
    return Dataset("small", "Small", images, np.array(labels, np.int64), np.array(places, np.uint8))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little synthetic handwriting, so that tests are fast."""
    monkeypatch.setattr(synthetic, "N_TRAIN", 120)
    monkeypatch.setattr(synthetic, "N_TEST", 30)


def test_built_in_datasets_say_what_they_are() -> None:
    assert list(BUILT_IN) == ["mnist", "uci-digits", "synthetic", "my-handwriting"]
    for name, info in BUILT_IN.items():
        assert info.name == name
        assert info.title
        assert info.summary
    assert (BUILT_IN["mnist"].n_train, BUILT_IN["mnist"].n_test) == (60_000, 10_000)
    assert (BUILT_IN["synthetic"].n_train, BUILT_IN["synthetic"].n_test) == (60_000, 10_000)


def test_availability(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECOGNIZER_DATASETS", raising=False)
    assert not is_available("mnist", profile)
    assert is_available("uci-digits", profile)
    assert is_available("synthetic", profile)
    assert not is_available("nonsense", profile)


def test_unknown_name(profile: Profile) -> None:
    with pytest.raises(RecognizerError) as caught:
        load_dataset("nonsense", profile)
    assert caught.value.where == "nonsense"
    assert "mnist, uci-digits, synthetic, my-handwriting" in caught.value.fix


def test_uci_digits(profile: Profile) -> None:
    dataset = load_dataset("uci-digits", profile)
    info = BUILT_IN["uci-digits"]
    assert (len(dataset.indices([Split.TRAIN])), len(dataset.indices([Split.TEST]))) == (info.n_train, info.n_test)
    assert dataset.counts().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert dataset.counts([Split.TEST]).min() >= 35
    ink = dataset.images.any(axis=0)
    assert ink.shape == (28, 28)
    longest = np.maximum(dataset.images.any(axis=2).sum(axis=1), dataset.images.any(axis=1).sum(axis=1))
    assert longest.max() == 20
    assert np.median(longest) == 20
    again = load_dataset("uci-digits", profile)
    np.testing.assert_array_equal(again.splits, dataset.splits)


def test_synthetic_is_kept_and_the_same_on_every_call(profile: Profile, few: None) -> None:
    seen: list[tuple[int, int]] = []
    dataset = load_dataset("synthetic", profile, lambda done, total, message: seen.append((done, total)))
    assert seen[0] == (0, 150)
    assert seen[-1] == (150, 150)
    assert seen == sorted(seen)
    assert len(dataset.indices([Split.TRAIN])) == 120
    assert dataset.indices([Split.TEST]).tolist() == list(range(120, 150))
    assert not np.array_equal(dataset.images[:30], dataset.images[120:])
    seen.clear()
    again = load_dataset("synthetic", profile, lambda done, total, message: seen.append((done, total)))
    assert seen == []
    np.testing.assert_array_equal(again.images, dataset.images)
    np.testing.assert_array_equal(again.labels, dataset.labels)


@pytest.mark.parametrize("damage", ["changed", "truncated", "longer", "gone", "manifest", "no manifest", "other size"])
def test_damaged_synthetic_is_made_anew(profile: Profile, few: None, damage: str) -> None:
    dataset = load_dataset("synthetic", profile)
    folder = profile.datasets / f"synthetic-{SYNTHESIS_VERSION}"
    images, manifest = folder / "images.u8", folder / "manifest.json"
    content = images.read_bytes()
    if damage == "changed":
        images.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "truncated":
        images.write_bytes(content[:-1])
    elif damage == "longer":
        images.write_bytes(content + b"!")
    elif damage == "gone":
        images.unlink()
    elif damage == "manifest":
        manifest.write_text("[" * 10)
    elif damage == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "n": 7}))
    again = load_dataset("synthetic", profile)
    np.testing.assert_array_equal(again.images, dataset.images)
    kept = list(profile.datasets.glob("*.damaged-*"))
    assert len(kept) == (0 if damage == "no manifest" else 1)
    assert images.read_bytes() == content


def test_cancelled_synthesis_leaves_nothing(profile: Profile, few: None) -> None:
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        load_dataset("synthetic", profile, token=token)
    assert list(profile.datasets.iterdir()) == []


def test_synthesis_that_cannot_be_kept_is_used_all_the_same(
    profile: Profile, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: object) -> None:
        raise RecognizerError("There is no space left on the disk", where=str(path))

    monkeypatch.setattr(synthetic, "write_atomic", full)
    assert len(load_dataset("synthetic", profile)) == 150


def test_split_is_stratified_and_seeded() -> None:
    dataset = small([0] * 50 + [1] * 30 + [2] * 3 + [3])
    split = with_split(dataset, 0.2, seed=1)
    assert split.counts([Split.TEST]).tolist()[:4] == [10, 6, 1, 0]
    assert split.counts().tolist() == dataset.counts().tolist()
    np.testing.assert_array_equal(split.splits, with_split(dataset, 0.2, seed=1).splits)
    assert not np.array_equal(split.splits, with_split(dataset, 0.2, seed=2).splits)
    for share in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="share"):
            with_split(dataset, share)


def test_shares_add_up() -> None:
    labels = np.repeat(np.arange(10), 33)
    for share in (0.1, 0.25, 1 / 3, 0.5):
        drawn = stratified(labels, share, 0)
        assert len(drawn) == round(330 * share)
        assert len(np.unique(drawn)) == len(drawn)
        counts = np.bincount(labels[drawn], minlength=10)
        assert counts.max() - counts.min() <= 1
    assert len(stratified(np.zeros(0, np.int64), 0.5, 0)) == 0
    assert len(stratified(labels, 0.0, 0)) == 0


def test_every_class_of_two_is_on_both_sides() -> None:
    split = with_split(small([label for label in range(10) for _ in range(2)]), 0.1)
    assert split.counts([Split.TEST]).tolist() == [1] * 10
    assert split.counts([Split.TRAIN]).tolist() == [1] * 10


def test_what_cannot_be_trained_on() -> None:
    two = small([1, 2], [Split.TRAIN, Split.TRAIN])
    with pytest.raises(RecognizerError, match="all the same"):
        check_trainable(two)
    two.images[1, 5, 5] = 200
    check_trainable(two)
    with pytest.raises(RecognizerError, match="all of one class"):
        check_trainable(small([3, 3, 4], [Split.TRAIN, Split.TRAIN, Split.TEST]))
    with pytest.raises(RecognizerError, match="no training samples"):
        check_trainable(small([3, 4]))
    with pytest.raises(RecognizerError, match="no training samples"):
        check_trainable(small([]))


def test_dataset_in_memory() -> None:
    dataset = small([1, 2, 1], [Split.TRAIN, Split.TEST, Split.TEST])
    assert len(dataset) == 3
    assert dataset.indices(label=1).tolist() == [0, 2]
    assert dataset.indices([Split.TEST], label=1).tolist() == [2]
    assert dataset.counts([Split.TEST]).tolist() == [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert DIGITS.index("7") == 7
    with pytest.raises(ValueError, match="must differ"):
        LabelSet(("a", "a"))
    with pytest.raises(ValueError, match="3 images, 2 labels"):
        Dataset("x", "X", dataset.images, dataset.labels[:2], dataset.splits)
