"""What a run keeps of its judgement beyond the report, and what is worked out of it."""

import json
from pathlib import Path

import numpy as np
import pytest

from recognizer import cli
from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.evaluation.calibration import bin_of, reliability
from recognizer.evaluation.figures import top_accuracy, wilson_interval
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.evaluation.robustness import FAMILIES, RobustnessTable, measure_robustness
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import ModelRecord, ModelRegistry
from recognizer.library import uci
from recognizer.library.dataset import Dataset, Split
from recognizer.training import run_robustness
from recognizer.training.config import TrainingConfig
from recognizer.training.guesses import KEPT, PROBABILITIES, Guesses, load_guesses, save_guesses
from recognizer.training.run_figures import read_figures, run_figures
from recognizer.training.run_robustness import ROBUSTNESS, measure_run, read_robustness
from recognizer.training.runs import Predictions, RunFolder


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return uci.load()


@pytest.fixture
def shipped(profile: Profile) -> ModelRecord:
    records = [record for record in ModelRegistry(profile).list() if record.is_shipped]
    if not records:
        pytest.skip("no model comes with the program")
    return records[0]


def random_probabilities(n: int, k: int) -> np.ndarray:
    return np.random.default_rng(n + k).dirichlet(np.full(k, 0.3), n).astype(np.float32)


# Guesses


def test_guesses_are_kept(tmp_path: Path) -> None:
    probabilities = random_probabilities(50, 10)
    truth = np.random.default_rng(1).integers(0, 10, 50)
    save_guesses(tmp_path, Guesses.of(probabilities))
    found = load_guesses(tmp_path, 50)
    assert found is not None
    np.testing.assert_array_equal(found.classes, np.argsort(-probabilities, axis=1, kind="stable"))
    np.testing.assert_allclose(found.probabilities, -np.sort(-probabilities, axis=1), atol=1e-3)
    for k in (1, 2, 3):
        assert found.is_within(truth, k).mean() == pytest.approx(top_accuracy(probabilities, truth, k))


def test_of_many_classes_the_best_ones_are_kept(tmp_path: Path) -> None:
    save_guesses(tmp_path, Guesses.of(random_probabilities(2_000, 62)))
    found = load_guesses(tmp_path, 2_000)
    assert found is not None
    assert found.classes.shape == (2_000, KEPT)
    assert (tmp_path / PROBABILITIES).stat().st_size < 100_000


def test_what_older_versions_kept_is_read(tmp_path: Path) -> None:
    probabilities = random_probabilities(5, 10)
    np.savez_compressed(tmp_path / PROBABILITIES, probabilities=probabilities)
    found = load_guesses(tmp_path, 5)
    assert found is not None
    np.testing.assert_array_equal(found.classes[:, 0], probabilities.argmax(axis=1))


def test_no_guesses_and_damaged_ones(tmp_path: Path) -> None:
    assert load_guesses(tmp_path, 5) is None
    path = tmp_path / PROBABILITIES
    path.write_bytes(b"PK nonsense")
    with pytest.raises(RecognizerError, match=r"probabilities\.npz"):
        load_guesses(tmp_path, 5)
    save_guesses(tmp_path, Guesses.of(random_probabilities(4, 10)))
    with pytest.raises(RecognizerError, match=r"probabilities\.npz"):
        load_guesses(tmp_path, 5)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RecognizerError, match=r"probabilities\.npz"):
        load_guesses(tmp_path, 4)


# Figures


def finished(profile: Profile, data: Dataset, n: int = 40, *, has_guesses: bool = True) -> tuple[str, Predictions]:
    """A run judged on the first `n` test samples, every fourth wrong; its second guess is right every eighth time."""
    indices = data.indices((Split.TEST,))[:n]
    truth = data.labels[indices]
    probabilities = np.full((n, 10), 0.01, np.float32)
    rows = np.arange(n)
    probabilities[rows, truth] = 0.85
    probabilities[::4] = 0.01
    probabilities[rows[::4], (truth[::4] + 1) % 10] = 0.75
    probabilities[rows[::8], truth[::8]] = 0.15
    predicted = probabilities.argmax(axis=1)
    predictions = Predictions(indices, truth, predicted, probabilities.max(axis=1))
    report = EvaluationReport(ConfusionMatrix.from_predictions(truth, predicted, data.label_set.names))
    with RunFolder(profile, TrainingConfig(), data) as run:
        run.save_predictions(predictions, probabilities if has_guesses else None)
        run.finish("finished", accuracy=report.accuracy, judged_on="test", report=report.to_dict(), model_id="m")
    return run.id, predictions


def test_the_figures_of_a_run(profile: Profile, digits: Dataset) -> None:
    run_id, predictions = finished(profile, digits)
    report = EvaluationReport(
        ConfusionMatrix.from_predictions(predictions.truth, predictions.predicted, digits.label_set.names)
    )
    found = read_figures(profile, run_id, report)
    assert found is not None
    assert found.interval == wilson_interval(30, 40)
    assert found.top2_accuracy == 35 / 40
    assert [(each.n, each.accuracy) for each in found.calibration.bins if each.n] == [(10, 0.0), (30, 1.0)]
    assert found.to_dict() == run_figures(report, predictions, load_guesses(profile.runs / run_id, 40)).to_dict()

    (profile.runs / run_id / PROBABILITIES).write_bytes(b"nonsense")
    found = read_figures(profile, run_id, report)
    assert found is not None
    assert found.top2_accuracy is None
    (profile.runs / run_id / "predictions.npz").unlink()
    assert read_figures(profile, run_id, report) is None


def test_every_answer_is_in_the_bin_that_counts_it() -> None:
    confidence = np.append(np.linspace(0, 1, 41), 0.95).astype(np.float32)
    places = bin_of(confidence, 10)
    table = reliability(confidence, np.ones(42, bool), 10)
    assert np.bincount(places, minlength=10).tolist() == [each.n for each in table]
    for number, each in enumerate(table):
        inside = confidence[places == number]
        assert inside.min() >= each.low - 1e-6
        assert inside.max() <= each.high + 1e-6


def test_the_command_line_tells_them(
    profile: Profile, digits: Dataset, shipped: ModelRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id, predictions = finished(profile, digits)
    old, _ = finished(profile, digits, has_guesses=False)
    arguments = ("--profile", str(profile.root))
    assert cli.main(["runs", "show", run_id, *arguments]) == 0
    printed = capsys.readouterr().out
    for words in ("59.81 % to 85.81 %", "mean over classes", "mean over samples", "87.50 %", "confidence differs"):
        assert words in printed
    assert "worse pictures" not in printed
    measure_run(profile.runs / run_id, shipped, digits.images, predictions)
    assert cli.main(["runs", "show", run_id, *arguments]) == 0
    assert "worse pictures" in capsys.readouterr().out
    assert cli.main(["runs", "show", run_id, "--json", *arguments]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["figures"]["top2_accuracy"] == 35 / 40
    assert answer["robustness"]["n"] == 40
    assert cli.main(["runs", "show", old, "--json", *arguments]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["figures"]["top2_accuracy"] is None
    assert "robustness" not in answer


# Robustness


def test_a_table_can_be_read_back() -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28)).astype(np.uint8)
    table = measure_robustness(images, np.arange(30) % 2, lambda some: (some.mean(axis=(1, 2)) > 120).astype(np.int64))
    again = RobustnessTable.from_dict(json.loads(json.dumps(table.to_dict())))
    assert again.to_dict() == table.to_dict()
    broken = table.to_dict()
    broken["rows"][3]["lost"].append(29)
    with pytest.raises(ValueError, match=r"blur|noise"):
        RobustnessTable.from_dict(broken)


def test_a_run_is_measured_once_and_kept(profile: Profile, digits: Dataset, shipped: ModelRecord) -> None:
    run_id, predictions = finished(profile, digits)
    folder = profile.runs / run_id
    assert read_robustness(folder) is None
    told: list[tuple[int, int]] = []
    found = measure_run(
        folder, shipped, digits.images, predictions, progress=lambda done, all_, _: told.append((done, all_))
    )
    kinds = sum(len(each.strengths) for each in FAMILIES.values())
    assert told[-1] == (kinds, kinds)
    assert found.table.n == 40
    assert found.pictures.shape == (kinds, 28, 28)
    # What is lost is said by its place in the dataset, and is right as it is.
    lost = np.unique(np.concatenate([row.lost for row in found.table.rows]))
    assert len(lost)
    assert set(lost) <= set(predictions.indices)
    plain = Classifier(shipped).predict_proba(digits.images[lost]).argmax(axis=1)
    np.testing.assert_array_equal(plain, digits.labels[lost])
    kept = read_robustness(folder)
    assert kept is not None
    assert kept.table.to_dict() == found.table.to_dict()
    np.testing.assert_array_equal(kept.pictures, found.pictures)
    np.testing.assert_array_equal(kept.picture, found.picture)
    for content in ("", "{}", "[1]", (folder / ROBUSTNESS).read_text()[:-40]):
        (folder / ROBUSTNESS).write_text(content)
        assert read_robustness(folder) is None


def test_a_thousand_samples_are_enough(
    profile: Profile, digits: Dataset, shipped: ModelRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_robustness, "MOST", 10)
    run_id, predictions = finished(profile, digits)
    assert measure_run(profile.runs / run_id, shipped, digits.images, predictions).table.n == 10


def test_nothing_is_written_for_a_run_that_is_gone_or_given_up(
    profile: Profile, digits: Dataset, shipped: ModelRecord
) -> None:
    run_id, predictions = finished(profile, digits, 8)
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        measure_run(profile.runs / run_id, shipped, digits.images, predictions, token)
    assert not (profile.runs / run_id / ROBUSTNESS).exists()
    with pytest.raises(RecognizerError, match="There is no such run"):
        measure_run(profile.runs / "gone", shipped, digits.images, predictions)
    assert not (profile.runs / "gone").exists()
