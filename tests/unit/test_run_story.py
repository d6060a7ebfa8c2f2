"""What parts two runs is said in sentences, from measured values alone; several stand side by side."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recognizer import cli
from recognizer.base.paths import Profile
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.ink.synthesis import generate_ink
from recognizer.library.dataset import Dataset
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.handwriting import Handwriting
from recognizer.training.config import TrainingConfig
from recognizer.training.data_versions import DataVersions
from recognizer.training.run_comparison import Side, compare_runs, read_sides
from recognizer.training.run_keeping import rename_run
from recognizer.training.run_records import list_records
from recognizer.training.run_story import chance_words, cost_words, data_words, kind_words, story
from recognizer.training.runs import Predictions, RunFolder, fingerprint

LABELS = tuple("0123456789")
TRUTH = np.array([4, 4, 4, 9, 9, 7, 7, 1, 0, 0])


def judged(profile: Profile, predicted: list[int], name: str = "", shift: int = 0, **settings: Any) -> str:
    """A run that was judged on ten samples."""
    zeros = np.zeros(10, np.int64)
    data = Dataset("little", "Little set", np.full((10, 28, 28), shift, np.uint8), zeros, zeros.astype(np.uint8))
    answers = np.array(predicted)
    report = EvaluationReport(ConfusionMatrix.from_predictions(TRUTH, answers, LABELS))
    with RunFolder(profile, TrainingConfig(**settings), data) as run:
        run.save_predictions(Predictions(np.arange(10), TRUTH, answers, np.linspace(0.5, 0.9, 10, dtype=np.float32)))
        run.finish("finished", accuracy=report.accuracy, report=report.to_dict())
    if name:
        rename_run(profile, run.id, name)
    return run.id


DENSE = [9, 9, 4, 9, 9, 7, 1, 1, 0, 0]
CNN = [4, 4, 4, 9, 9, 7, 7, 1, 0, 6]


def sides(profile: Profile, *ids: str) -> tuple[Side, ...]:
    return tuple(read_sides(profile, ids))


def test_dense_and_cnn_in_a_few_sentences(profile: Profile) -> None:
    pair = sides(profile, judged(profile, DENSE), judged(profile, CNN, preset="cnn"))
    compared = compare_runs(profile, pair[0].record.run, pair[1].record.run)
    assert story(compared, pair, ("dense", "cnn")) == [
        "cnn reads 90.0 % of the 10 samples rightly, dense 70.0 %: 3 fixed, 1 broken.",
        "So small a difference may be chance (p = 0.62).",
        "Fixed most often: 4 that was read as 9 (2 times).",
        "It has 2.9× fewer weights but multiplies 24× as often.",
        "The convolutions of cnn look for the same small shapes everywhere in the picture; "
        "dense has to learn them anew at every place.",
    ]
    answers = compared.answers
    assert answers.positions.tolist() == list(range(10))
    assert (answers.first.tolist(), answers.second.tolist(), answers.truth.tolist()) == (DENSE, CNN, TRUTH.tolist())
    assert (pair[0].parameters, pair[1].parameters) == (101_770, 34_826)
    assert (pair[0].multiplies, pair[1].multiplies) == (101_632, 2_440_960)


@pytest.mark.parametrize(
    ("weights", "multiplies", "expected"),
    [
        (1.0, 1.02, "Both networks have equally many weights and multiply equally often."),
        (0.5, 0.25, "It has 2× fewer weights and multiplies 4× less often."),
        (3.0, 30.0, "It has 3× as many weights and multiplies 30× as often."),
        (1.5, 0.1, "It has 1.5× as many weights but multiplies 10× less often."),
        (1.0, 3.0, "It has equally many weights and multiplies 3× as often."),
        (1.0, 0.5, "It has equally many weights and multiplies 2× less often."),
        (2.0, 1.0, "It has 2× as many weights and multiplies equally often."),
        (0.1, 1.0, "It has 10× fewer weights and multiplies equally often."),
    ],
)
def test_costs(profile: Profile, weights: float, multiplies: float, expected: str) -> None:
    (side,) = sides(profile, judged(profile, DENSE))
    first = replace(side, parameters=10_000, multiplies=1_000_000)
    second = replace(side, parameters=round(10_000 * weights), multiplies=round(1_000_000 * multiplies))
    assert cost_words(first, second) == expected


def test_what_is_not_known_is_not_said(profile: Profile) -> None:
    pair = sides(profile, judged(profile, DENSE), judged(profile, DENSE, preset="knn", epochs=1))
    assert pair[1].parameters is None
    assert cost_words(*pair) == ""
    assert kind_words(*pair, ("a", "b")) == ""
    compared = compare_runs(profile, pair[0].record.run, pair[1].record.run)
    assert story(compared, pair, ("dense", "knn")) == [
        "knn reads 70.0 % of the 10 samples rightly, dense 70.0 %: 0 fixed, 0 broken.",
        "So small a difference may be chance (p = 1).",
    ]


def test_chance() -> None:
    assert chance_words(0.03) == "p = 0.03: could hardly be chance"
    assert chance_words(0.00001) == "p < 0.001: could hardly be chance"
    assert chance_words(0.62) == "p = 0.62: may be chance"


def test_data_that_has_changed_is_said(profile: Profile) -> None:
    first, same, other = (judged(profile, DENSE, shift=shift) for shift in (0, 0, 1))
    assert data_words(sides(profile, first, same)) == ""  # type: ignore[arg-type]
    assert "has changed" in data_words(sides(profile, first, other))  # type: ignore[arg-type]


def test_runs_are_marked_whose_data_has_changed_since(profile: Profile) -> None:
    old = judged(profile, DENSE)
    new = judged(profile, DENSE, shift=1)
    tuned = judged(profile, DENSE, preset="fine-tune")
    zeros = np.zeros(10, np.int64)
    now = fingerprint(Dataset("little", "", np.full((10, 28, 28), 1, np.uint8), zeros, zeros.astype(np.uint8)))
    found = {record.run.id: record.has_changed for record in list_records(profile, {"little": now})}
    assert found == {old: True, new: False, tuned: False}
    assert not any(record.has_changed for record in list_records(profile))


def test_an_edit_of_the_users_samples_gives_another_version(profile: Profile) -> None:
    own = Handwriting(profile)
    rng = np.random.default_rng(1)
    ids = [own.add(generate_ink(digit, rng), str(digit)) for digit in range(4)]
    versions = DataVersions(profile)
    first = versions.now([OWN, "mnist"], {})
    assert first == {OWN: fingerprint(own.dataset())}
    assert versions.now([OWN], {}) == first
    own.relabel(ids[0], "7")
    assert versions.now([OWN], {}) != first
    own.relabel(ids[0], "0")
    assert versions.now([OWN], {}) == first
    own.close()


def test_only_small_datasets_are_read_for_their_version(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    from recognizer.training import data_versions

    loads: list[str] = []

    def load(name: str, *others: Any) -> Dataset:
        loads.append(name)
        zeros = np.zeros(3, np.int64)
        return Dataset(name, name, np.full((3, 28, 28), 7, np.uint8), zeros, zeros.astype(np.uint8))

    monkeypatch.setattr(data_versions, "load_dataset", load)
    monkeypatch.setattr(data_versions.tables, "counts", lambda library: {"mine": 3, "huge": 1_000_000})
    versions = DataVersions(profile)
    first = versions.now(["mine", "huge", "mnist", "mine"], {})
    assert list(first) == ["mine"]
    assert versions.now(["mine"], {}) == first
    assert loads == ["mine"]
    assert set(versions.now(["mine", "huge"], {"huge": load("huge")})) == {"mine", "huge"}


def test_several_on_the_command_line(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [
        judged(profile, DENSE, "plain"),
        judged(profile, CNN, preset="cnn"),
        judged(profile, CNN, "slow", learning_rate=0.01),
    ]
    (profile.runs / ids[2] / "predictions.npz").unlink()

    def compare(*arguments: str) -> int:
        return cli.main(["runs", "compare", *arguments, "--profile", str(profile.root)])

    assert compare("plain", ids[1]) == 0
    printed = capsys.readouterr().out
    assert "cnn reads 90.0 % of the 10 samples rightly, plain 70.0 %: 3 fixed, 1 broken." in printed
    assert compare(*ids, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [run["id"] for run in document["runs"]] == ids
    assert document["settings"] == {"preset": ["dense", "cnn", "dense"], "learning_rate": [0.001, 0.001, 0.01]}
    first, second = document["pairs"]
    assert (first["first"], first["second"]) == (ids[0], ids[1])
    assert (first["fixed"], first["broke"]) == ([0, 1, 6], [9])
    assert "fixed" not in second
    assert second["problem"]
    assert compare(*ids) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].split() == ids
    assert "plain, slow: " in printed
