"""Training further on one's own handwriting: it helps, forgets nothing, and says why where it cannot."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile, open_profile
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import ModelRecord, ModelRegistry
from recognizer.inference.removal import delete_model
from recognizer.ink.stroke import Ink, Stroke
from recognizer.ink.synthesis import generate_ink
from recognizer.library import sources, synthetic
from recognizer.library.dataset import Split
from recognizer.library.handwriting import Handwriting
from recognizer.training import finetune
from recognizer.training.checkpoint import Weights, unpack_weights
from recognizer.training.config import FINE_TUNE, TrainingConfig
from recognizer.training.division import divide
from recognizer.training.events import (
    CheckpointSaved,
    EpochEnded,
    RunBegan,
    RunCancelled,
    RunEnded,
    RunFailed,
    StageBegan,
    TrainingEvent,
)
from recognizer.training.export import WEIGHTS
from recognizer.training.finetune import (
    FineTuneRecipe,
    can_be_tuned,
    check_enough,
    fine_tune,
    guard_split,
    keeps,
    origin,
    read_training_files,
    rehearsal_data,
)
from recognizer.training.guard import STEPS, interpolate, largest_step
from recognizer.training.own_ink import variations, varied_ink
from recognizer.training.runs import list_runs, load_predictions
from recognizer.training.trainer import Trainer

QUICK = FineTuneRecipe(epochs=4, learning_rate=1e-3, rehearsal=1000, guard=300, own=1000, allowed=0.03)
SHORT = FineTuneRecipe(epochs=1, rehearsal=300, guard=200, own=400)


def strange(label: int, rng: np.random.Generator) -> Ink:
    """How somebody writes who leans every digit far to the left."""
    lean = np.array([[1.0, 0.0], [0.9, 1.0]], np.float32)
    return Ink(tuple(Stroke(stroke.points @ lean) for stroke in generate_ink(label, rng).strokes))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    """A profile with a small model that has learned synthetic digits, and 60 samples of a strange hand."""
    profile = open_profile(tmp_path_factory.mktemp("tuning") / "profile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic, "N_TRAIN", 1500)
        patch.setattr(synthetic, "N_TEST", 100)
        data = sources.load_dataset("synthetic", profile)
        config = TrainingConfig("dense", epochs=4, batch_size=32)
        Trainer(profile).fit(config, data, lambda event: None, CancellationToken())
        rng, own = np.random.default_rng(5), Handwriting(profile)
        for number in range(60):
            own.add(strange(number % 10, rng), str(number % 10))
        yield profile


@pytest.fixture
def base(trained: Profile) -> ModelRecord:
    return next(
        record
        for record in ModelRegistry(trained).list()
        if record.card["training"].get("config", {}).get("preset") == "dense"
    )


def tune(
    profile: Profile,
    model_id: str,
    on_event: Callable[[TrainingEvent, CancellationToken], None] = lambda event, token: None,
    recipe: FineTuneRecipe = QUICK,
) -> tuple[RunEnded | RunCancelled, list[TrainingEvent]]:
    token, events = CancellationToken(), []

    def follow(event: TrainingEvent) -> None:
        events.append(event)
        on_event(event, token)

    return fine_tune(profile, model_id, follow, token, recipe), events


def test_a_strange_hand_is_learned_and_nothing_forgotten(trained: Profile, base: ModelRecord) -> None:
    rng = np.random.default_rng(99)
    unseen = np.stack([Preprocessor().from_ink(strange(number % 10, rng)) for number in range(200)])
    truth = np.arange(200) % 10

    def right(record: ModelRecord) -> float:
        return float((Classifier(record).predict_proba(unseen).argmax(axis=1) == truth).mean())

    before = {path: path.read_bytes() for path in base.folder.iterdir()}
    ended, events = tune(trained, base.id)
    assert isinstance(ended, RunEnded)
    kinds = [type(event) for event in events if isinstance(event, RunBegan | EpochEnded | CheckpointSaved | RunEnded)]
    assert kinds == [RunBegan, *[EpochEnded, CheckpointSaved] * 4, RunEnded]
    record = ModelRegistry(trained).get(ended.model_id)
    assert record.title == f"{base.title}, tuned to my handwriting (60 samples)"
    assert right(record) > right(base) + 0.1
    own, guard = record.card["metrics"]["own"], record.card["metrics"]["guard"]
    assert (own["n"], guard["n"], guard["data"]) == (13, 300, "synthetic")
    assert own["after"] == ended.report.accuracy > own["before"]
    assert guard["after"] >= guard["before"] - guard["allowed"]
    assert (ended.judged_on, ended.report.n) == ("test", 13)
    assert record.reject == base.reject
    assert record.card["training"]["base"] == {"id": base.id, "title": base.title}
    assert {path: path.read_bytes() for path in base.folder.iterdir()} == before, "the base stays as it is"

    (run,) = (run for run in list_runs(trained) if run.id == ended.run_id)
    assert (run.config.preset, run.dataset, run.state, run.model_id) == (
        FINE_TUNE,
        "my-handwriting",
        "finished",
        ended.model_id,
    )
    assert run.message.startswith("your handwriting ")
    known = load_predictions(trained, run.id)
    data = Handwriting(trained).dataset()
    assert known.indices.tolist() == data.indices((Split.TEST,)).tolist()
    assert known.truth.tolist() == data.labels[known.indices].tolist()

    # What was tuned is tuned again from where it came from.
    assert origin(ModelRegistry(trained), record).id == base.id
    assert rehearsal_data(record) == "synthetic"
    delete_model(trained, record.id)
    assert record.id not in [other.id for other in ModelRegistry(trained).list()]
    assert not record.folder.exists()


def test_stopping_keeps_what_was_learned(trained: Profile, base: ModelRecord) -> None:
    def stop(event: TrainingEvent, token: CancellationToken) -> None:
        if isinstance(event, EpochEnded):
            token.cancel()

    ended, events = tune(trained, base.id, stop)
    assert isinstance(ended, RunEnded)
    assert ended.was_stopped
    assert sum(isinstance(event, EpochEnded) for event in events) == 1
    assert ModelRegistry(trained).get(ended.model_id).title.endswith("(60 samples)")


def test_stopping_at_once_leaves_nothing(trained: Profile, base: ModelRecord) -> None:
    def stop(event: TrainingEvent, token: CancellationToken) -> None:
        if isinstance(event, StageBegan) and event.message == "Preparing the network":
            token.cancel()

    before = [record.id for record in ModelRegistry(trained).list()]
    ended, _ = tune(trained, base.id, stop)
    assert isinstance(ended, RunCancelled)
    assert [record.id for record in ModelRegistry(trained).list()] == before


def test_a_result_that_forgets_is_refused(trained: Profile, base: ModelRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finetune, "keeps", lambda after, before, n, allowed: False)
    before = [record.id for record in ModelRegistry(trained).list()]
    events: list[TrainingEvent] = []
    with pytest.raises(RecognizerError, match="would have forgotten too much"):
        tune(trained, base.id, lambda event, token: events.append(event), SHORT)
    assert isinstance(events[-1], RunFailed)
    assert [record.id for record in ModelRegistry(trained).list()] == before


def test_a_step_that_forgets_is_shortened_and_said(
    trained: Profile, base: ModelRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def third(after: int, before: int, n: int, allowed: float) -> bool:
        asked.append(len(asked) >= 2)
        return asked[-1]

    monkeypatch.setattr(finetune, "keeps", third)
    ended, events = tune(trained, base.id, recipe=SHORT)
    assert isinstance(ended, RunEnded)
    words = "only 60 % of the step was taken, so that nothing is forgotten"
    assert words in [event.message for event in events if isinstance(event, StageBegan)]
    record = ModelRegistry(trained).get(ended.model_id)
    assert record.card["metrics"]["guard"]["step"] == 0.6
    first = unpack_weights((base.folder / WEIGHTS).read_bytes())
    last = unpack_weights((record.folder / WEIGHTS).read_bytes())
    assert any(not np.array_equal(a, b) for a, b in zip(first, last, strict=True))


def test_labels_that_the_model_does_not_know_are_left_out(trained: Profile, base: ModelRecord) -> None:
    own = Handwriting(trained)
    ids = [own.add(strange(number, np.random.default_rng(number)), "é") for number in range(5)]
    ended, events = tune(trained, base.id, recipe=SHORT)
    for sample_id in ids:
        own.remove(sample_id)
    assert "Leaving out é, which the model does not know" in [
        event.message for event in events if isinstance(event, StageBegan)
    ]
    assert isinstance(ended, RunEnded)
    assert ModelRegistry(trained).get(ended.model_id).title.endswith("(60 samples)")


# What cannot be trained


def test_too_few_samples(trained: Profile, base: ModelRecord, profile: Profile) -> None:
    check_enough(10)
    with pytest.raises(RecognizerError) as caught:
        check_enough(9, ["a", "b"])
    assert caught.value.where == "9 samples, left out: a, b"
    assert caught.value.fix.startswith("Keep at least 10 samples")
    with pytest.raises(RecognizerError, match="too little of your handwriting"):
        fine_tune(profile, "", lambda event: None, CancellationToken())


def copied(base: ModelRecord, folder: Path, change: Callable[[Path, dict[str, Any]], None]) -> ModelRecord:
    """`base` in another profile, changed."""
    target = folder / "models" / "copy"
    target.mkdir(parents=True)
    for path in base.folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    card = json.loads((target / "model.json").read_text(encoding="utf-8"))
    change(target, card)
    (target / "model.json").write_text(json.dumps(card), encoding="utf-8")
    return ModelRegistry(Profile(folder), folder / "none").get("copy")


def test_models_without_weights_or_with_damaged_ones(base: ModelRecord, tmp_path: Path) -> None:
    recipe, weights = read_training_files(base)
    assert [layer["type"] for layer in recipe] == ["flatten", "dense", "dense"]
    assert [array.shape for array in weights] == [(784, 128), (128,), (128, 10), (10,)]

    assert can_be_tuned(base)

    def letters(folder: Path, card: dict[str, Any]) -> None:
        card["labels"] = list("ABCDEFGHIJ")

    assert not can_be_tuned(copied(base, tmp_path / "letters", letters))
    bare = copied(base, tmp_path / "bare", lambda folder, card: (folder / WEIGHTS).unlink())
    assert not can_be_tuned(bare)
    with pytest.raises(RecognizerError, match="its weights did not come with it"):
        read_training_files(bare)
    cut = copied(base, tmp_path / "cut", lambda folder, card: (folder / WEIGHTS).write_bytes(b"PK"))
    with pytest.raises(RecognizerError, match=r"damaged.*checksum"):
        read_training_files(cut)

    def foreign(folder: Path, card: dict[str, Any]) -> None:
        (folder / "recipe.json").write_text("[1]")
        card["files"]["recipe.json"] = finetune.file_entry(folder / "recipe.json")

    with pytest.raises(RecognizerError, match="damaged"):
        read_training_files(copied(base, tmp_path / "foreign", foreign))


def test_where_a_tuned_model_comes_from(base: ModelRecord, tmp_path: Path) -> None:
    def gone(folder: Path, card: dict[str, Any]) -> None:
        card["training"]["base"] = {"id": "gone"}

    def itself(folder: Path, card: dict[str, Any]) -> None:
        card["training"]["base"] = {"id": "copy"}

    for number, change in enumerate((gone, itself)):
        record = copied(base, tmp_path / str(number), change)
        assert origin(ModelRegistry(Profile(tmp_path / str(number)), tmp_path / "none"), record).id == "copy"


# The guard


def weights(*values: float) -> Weights:
    return [np.full((2, 2), value, np.float32) for value in values]


def test_the_guard_allows_a_tenth_of_a_point() -> None:
    assert keeps(4955, 4960, 5000, 0.001)
    assert not keeps(4954, 4960, 5000, 0.001)
    assert keeps(4999, 4960, 5000, 0.001)
    assert not keeps(199, 200, 200, 0.001)


def test_interpolation_is_exact_at_its_ends() -> None:
    first, last = weights(0.1, 0.2), weights(0.7, -3.0)
    for got, wanted in zip(interpolate(first, last, 0.0) + interpolate(first, last, 1.0), first + last, strict=True):
        assert got.tobytes() == wanted.tobytes()
    half = interpolate(first, last, 0.5)
    assert half[0].dtype == np.float32
    np.testing.assert_allclose([half[0][0, 0], half[1][0, 0]], [0.4, -1.4], rtol=1e-6)


@pytest.mark.parametrize("bound", [1.0, 0.61, 0.45, 0.07, 0.05])
def test_the_largest_step_that_is_allowed_is_taken(bound: float) -> None:
    asked: list[float] = []

    def is_allowed(tried: Weights) -> bool:
        asked.append(float(tried[0][0, 0]))
        return asked[-1] <= bound + 1e-6

    expected = next(step for step in STEPS if step <= bound)
    assert largest_step(weights(0.0), weights(1.0), is_allowed) == expected
    np.testing.assert_allclose(asked, STEPS[: STEPS.index(expected) + 1], rtol=1e-6)
    assert largest_step(weights(0.0), weights(1.0), lambda tried: False) == 0.0


def test_the_guard_was_never_trained_on(base: ModelRecord, trained: Profile) -> None:
    data = sources.load_dataset("synthetic", trained)
    division = divide(data, TrainingConfig(**base.card["training"]["config"]))
    guard, rehearsal = guard_split(data, base, FineTuneRecipe(guard=100, rehearsal=10_000))
    assert set(guard) <= set(division.validation)
    assert set(rehearsal) <= set(division.train)
    guard, rehearsal = guard_split(data, base, FineTuneRecipe(guard=5_000, rehearsal=300))
    assert (len(guard), len(rehearsal)) == (500, 300)
    assert not set(guard) & set(rehearsal)
    assert set(guard) | set(rehearsal) <= set(data.indices((Split.TRAIN,)))


# Variations


def test_variations_are_of_the_same_hand(trained: Profile) -> None:
    samples = Handwriting(trained).samples()[:10]
    rng = np.random.default_rng(1)
    pictures = variations(samples, 5, rng, lambda: None).reshape(10, 5, 28, 28)
    originals = np.stack([Preprocessor().from_ink(sample.ink) for sample in samples if sample.ink is not None])
    np.testing.assert_array_equal(pictures[:, 0], originals)
    assert len(np.unique(pictures.reshape(50, -1), axis=0)) == 50
    ink = (pictures > 0).mean(axis=(2, 3))
    assert ink.min() > 0.03

    def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
        return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])

    own = np.mean([likeness(copies[0], copy) for copies in pictures for copy in copies[1:]])
    others = np.mean([likeness(pictures[i, 0], pictures[(i + 1) % 10, 1]) for i in range(10)])
    assert own > others + 0.2


def test_varied_ink_keeps_its_strokes() -> None:
    ink = generate_ink(4, np.random.default_rng(3))
    varied = varied_ink(ink, np.random.default_rng(4))
    assert [len(stroke.points) for stroke in varied.strokes] == [len(stroke.points) for stroke in ink.strokes]
    size = max(np.subtract(ink.bounds()[2:], ink.bounds()[:2]))
    moved = max(np.abs(a.points - b.points).max() for a, b in zip(ink.strokes, varied.strokes, strict=True))
    assert 0 < moved < 0.6 * size
    dot = Ink((Stroke(np.array([[5, 5]], np.float32)),))
    assert np.isfinite(varied_ink(dot, np.random.default_rng(5)).strokes[0].points).all()
