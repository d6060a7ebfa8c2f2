"""Statistics of a dataset: every figure against a plain count, and the samples behind it."""

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sample_tables import random_table

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.ink.synthesis import generate, non_digits
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, LabelSet
from recognizer.library.idx import parse_idx
from recognizer.library.samples import UNKNOWN, Flag, SampleTable, table_of
from recognizer.library.statistics.as_json import statistics_json
from recognizer.library.statistics.compute import compute
from recognizer.library.statistics.findings import Severity, findings
from recognizer.library.statistics.measures import NOT_MEASURED, SCALES, Measure, measured
from recognizer.library.statistics.results import Kind, Statistics
from recognizer.library.statistics.suspects import Reason


@pytest.fixture(scope="module")
def digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return generate(1200, 5)


def with_pictures(table: SampleTable, pictures: NDArray[np.uint8]) -> SampleTable:
    return replace(table, pictures=lambda positions: pictures[positions])


@pytest.fixture(scope="module")
def messy(digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> tuple[SampleTable, NDArray[np.uint8]]:
    """1,200 digits of chance in every column: 60 copies, 20 of them with another label, and 9 empty ones."""
    pictures, labels = digits[0].copy(), digits[1].astype(np.int32)
    table = random_table(1200, 8)
    pictures[100:160], labels[100:160] = pictures[:60], labels[:60]
    labels[120:140] = (labels[120:140] + 1) % 10
    pictures[300:309] = 0
    pictures[305, 0, 0] = 31
    labels[500:520] = UNKNOWN
    return with_pictures(replace(table, labels=labels), pictures), pictures


@pytest.fixture(scope="module")
def statistics(messy: tuple[SampleTable, NDArray[np.uint8]]) -> Statistics:
    return compute(messy[0])


def test_counts_are_those_of_a_look_at_each_sample(
    messy: tuple[SampleTable, NDArray[np.uint8]], statistics: Statistics
) -> None:
    table, _ = messy
    for label in (*range(10), UNKNOWN):
        for split in range(3):
            wanted = [at for at in range(1200) if table.labels[at] == label and table.splits[at] == split]
            assert statistics.balance[label, split] == len(wanted)
            assert statistics.positions_of(Kind.CLASS, (label, split)).tolist() == wanted
        wanted = [at for at in range(1200) if table.labels[at] == label]
        assert statistics.positions_of(Kind.CLASS, (label, None)).tolist() == wanted
    assert statistics.positions_of(Kind.CLASS, (None, 2)).tolist() == np.flatnonzero(table.splits == 2).tolist()
    assert statistics.positions_of(Kind.CLASS).tolist() == list(range(1200))
    assert statistics.n_writers == len({index for index in table.writers.tolist() if index >= 0})
    assert statistics.n_ink == table.is_ink.sum()
    assert statistics.n_flagged == sum(1 for flags in table.flags.tolist() if flags & Flag.FLAGGED)
    assert statistics.n_excluded == sum(1 for flags in table.flags.tolist() if flags & Flag.EXCLUDED)
    assert statistics.label_of(0) == table.label(0)
    assert statistics.id_of(7) == table.ids[7]
    assert statistics.split_of(9) == SPLITS[table.splits[9]].value


def test_mean_and_spread_of_each_class(messy: tuple[SampleTable, NDArray[np.uint8]], statistics: Statistics) -> None:
    table, pictures = messy
    classes = statistics.classes
    assert classes.labels.tolist() == list(range(10))
    for place, label in enumerate(classes.labels):
        own = pictures[table.labels == label].astype(np.float64)
        assert classes.counts[place] == len(own)
        np.testing.assert_allclose(classes.means[place], own.mean(axis=0), atol=1e-4)
        np.testing.assert_allclose(classes.spreads[place], own.std(axis=0), atol=1e-3)


def test_every_bar_has_its_samples(messy: tuple[SampleTable, NDArray[np.uint8]], statistics: Statistics) -> None:
    _, pictures = messy
    values = measured(pictures)
    for distribution in statistics.distributions:
        measure = distribution.measure
        edges = SCALES[measure].edges
        inner = np.digitize(values[measure] + 1e-5, edges[1:-1])
        for index in range(SCALES[measure].bins):
            wanted = np.flatnonzero((inner == index) & ~np.isnan(values[measure]))
            assert distribution.counts[index] == len(wanted)
            assert statistics.positions_of(measure, index).tolist() == wanted.tolist()
        assert len(statistics.positions_of(measure)) == distribution.counts.sum()
    assert (statistics.bins[Measure.WIDTH][300:309] == NOT_MEASURED).all()
    assert statistics.distribution(Measure.INK).counts.sum() == 1200


def test_figures_of_a_distribution(statistics: Statistics) -> None:
    distribution = statistics.distribution(Measure.STROKE_WIDTH)
    uniform = replace(
        distribution, counts=np.array([0, 10, 10, *[0] * 37]), reference=np.array([0, 0, 0.5, 0.5, *[0] * 36])
    )
    assert uniform.overlap == 0.5
    assert uniform.quantile(0.5) == pytest.approx(0.4)
    assert uniform.quantile(0.25) == pytest.approx(0.3)
    assert uniform.quantile(0.5, of_reference=True) == pytest.approx(0.6)
    assert uniform.mean() == pytest.approx(0.4)
    assert uniform.deviation() == pytest.approx(0.1)
    heights = replace(statistics.distribution(Measure.HEIGHT), counts=np.array([0, 1, 2, *[0] * 26]))
    assert (heights.quantile(0.5), heights.quantile(0.3), heights.mean()) == (2, 1, pytest.approx(5 / 3))
    nothing = replace(heights, counts=np.zeros(29, np.int64))
    assert np.isnan([nothing.quantile(0.5), nothing.mean(), nothing.deviation()]).all()
    assert nothing.overlap == 0


def test_equal_pictures(messy: tuple[SampleTable, NDArray[np.uint8]], statistics: Statistics) -> None:
    table, pictures = messy
    groups: dict[bytes, list[int]] = {}
    for at in range(1200):
        if pictures[at].max() >= 32:
            groups.setdefault(pictures[at].tobytes(), []).append(at)
    wanted = {tuple(group) for group in groups.values() if len(group) > 1}
    equal = statistics.equal
    found = [tuple(equal.group(index).tolist()) for index in range(len(equal))]
    assert set(found) == wanted
    assert len(found) == len(wanted) == 60
    assert equal.n_superfluous == 60
    for group, has_conflict, is_leak in zip(found, equal.has_conflict, equal.is_leak, strict=True):
        assert has_conflict == (len({table.label(at) for at in group} - {""}) > 1)
        sides = {table.splits[at] == 0 for at in group}
        assert is_leak == (len(sides) == 2)
    assert sorted(equal.has_conflict.tolist(), reverse=True) == equal.has_conflict.tolist(), "the worst come first"
    assert statistics.positions_of(Kind.EQUAL, 3).tolist() == list(found[3])
    assert len(statistics.positions_of(Kind.EQUAL)) == 120
    conflicts = sorted(at for group, bad in zip(found, equal.has_conflict, strict=True) if bad for at in group)
    assert statistics.positions_of(Kind.CONFLICT).tolist() == conflicts
    leaks = sorted(at for group, bad in zip(found, equal.is_leak, strict=True) if bad for at in group)
    assert statistics.positions_of(Kind.LEAK, "equal").tolist() == leaks
    assert len(statistics.near) <= 2, "the writer of these digits seldom writes the same twice"


def test_empty_samples_are_named_and_are_no_copies(statistics: Statistics) -> None:
    assert statistics.positions_of(Kind.EMPTY).tolist() == list(range(300, 309))
    assert not np.isin(np.arange(300, 309), statistics.equal.members).any()
    assert not np.isin(np.arange(300, 309), statistics.suspects.positions[statistics.suspects.reasons < 4]).any()


def test_writers_on_both_sides(messy: tuple[SampleTable, NDArray[np.uint8]], statistics: Statistics) -> None:
    table, _ = messy
    counts: dict[int, list[int]] = {}
    for writer, split in zip(table.writers.tolist(), table.splits.tolist(), strict=True):
        if writer >= 0:
            counts.setdefault(writer, [0, 0, 0])[split] += 1
    wanted = {writer: count for writer, count in counts.items() if count[0] and (count[1] or count[2])}
    writers = statistics.writers
    assert dict(zip(writers.writers.tolist(), writers.counts.tolist(), strict=True)) == wanted
    assert writers.names == tuple(table.writer_names[index] for index in writers.writers)
    first = int(writers.writers[0])
    assert statistics.positions_of(Kind.LEAK, first).tolist() == np.flatnonzero(table.writers == first).tolist()
    everybody = np.flatnonzero(np.isin(table.writers, list(wanted)))
    assert statistics.positions_of(Kind.LEAK, "writers").tolist() == everybody.tolist()
    assert set(everybody.tolist()) <= set(statistics.positions_of(Kind.LEAK).tolist())
    only_test = compute(replace(table, splits=np.full(1200, 2, np.uint8)), with_neighbours=False)
    assert len(only_test.writers) == 0
    assert len(only_test.positions_of(Kind.LEAK)) == 0


def test_a_sure_prediction_that_differs_is_suspicious(
    messy: tuple[SampleTable, NDArray[np.uint8]], statistics: Statistics
) -> None:
    table, _ = messy
    wanted = [
        at
        for at in range(1200)
        if table.predicted[at] >= 0
        and table.labels[at] >= 0
        and table.confidences[at] >= 0.9
        and table.predicted_names[table.predicted[at]] != table.label(at)
    ]
    found = statistics.positions_of(Kind.SUSPECT, Reason.PREDICTION)
    assert sorted(found.tolist()) == wanted
    place = statistics.suspects.positions.tolist().index(wanted[0])
    assert statistics.suspects.answers[place] == table.predicted_names[table.predicted[wanted[0]]]
    assert (np.diff(statistics.suspects.scores) <= 0).all()
    with pytest.raises(ValueError, match="key = other"):
        statistics.positions_of(Kind.LEAK, "other")


def test_the_two_cases_of_a_letter_are_one_shape(digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    pictures, labels = digits
    # The same shapes under two names each: nobody can tell them apart, and nobody is asked to.
    cases = LabelSet(tuple("abcdefghijABCDEFGHIJ"))
    chance = np.random.default_rng(0)
    dataset = Dataset("cases", "", pictures, labels + 10 * chance.integers(0, 2, 1200), np.zeros(1200, np.uint8), cases)
    plain = Dataset("digits", "", pictures, labels, np.zeros(1200, np.uint8))
    assert (
        compute(table_of(dataset)).suspects.positions.tolist() == compute(table_of(plain)).suspects.positions.tolist()
    )
    table = replace(
        table_of(dataset),
        predicted=(table_of(dataset).labels % 10).astype(np.int32),
        predicted_names=tuple("ABCDEFGHIJ"),
        confidences=np.ones(1200, np.float32),
    )
    assert len(compute(table).positions_of(Kind.SUSPECT, Reason.PREDICTION)) == 0


def test_changed_labels_are_found(digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    pictures, labels = digits[0], digits[1].copy()
    chance = np.random.default_rng(1)
    changed = chance.choice(1200, 24, replace=False)
    labels[changed] = (labels[changed] + chance.integers(1, 10, 24)) % 10
    found = compute(table_of(Dataset("changed", "", pictures, labels, np.zeros(1200, np.uint8))))
    suspicious = found.positions_of(Kind.SUSPECT, Reason.OTHER_CLASS)
    assert np.isin(changed, suspicious).sum() >= 22
    assert np.isin(suspicious[:20], changed).sum() >= 17
    answers = dict(zip(found.suspects.positions.tolist(), found.suspects.answers, strict=True))
    right = [str(digits[1][at]) for at in changed.tolist() if at in answers]
    assert (
        sum(
            answers[at] == label
            for at, label in zip([at for at in changed.tolist() if at in answers], right, strict=True)
        )
        >= 20
    )


def test_what_is_unlike_its_class_is_found(digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    pictures, labels = digits[0].copy(), digits[1]
    pictures[40:60] = non_digits(20, 1, with_letters=False)
    pictures[18] = 0
    pictures[18, ::27] = pictures[18, :, ::27] = 255
    found = compute(table_of(Dataset("scribbles", "", pictures, labels, np.zeros(1200, np.uint8))))
    unlike = found.positions_of(Kind.SUSPECT, Reason.UNLIKE)
    assert 18 in unlike
    assert len(unlike) < 20
    assert np.isin(np.arange(40, 60), found.positions_of(Kind.SUSPECT)).sum() >= 10


def test_a_part_is_what_its_samples_alone_would_be(messy: tuple[SampleTable, NDArray[np.uint8]]) -> None:
    table, _ = messy
    part = np.random.default_rng(0).permutation(1200)[:400]
    found = compute(table, part)
    assert found.positions.tolist() == sorted(part.tolist())
    np.testing.assert_array_equal(found.labels, table.labels[np.sort(part)])
    assert found.balance.sum() == 400
    assert np.isin(found.equal.members, part).all()
    assert np.isin(found.suspects.positions, part).all()
    assert found.id_of(int(part[0])) == table.ids[part[0]]


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_samples(n: int) -> None:
    table = with_pictures(random_table(n, 0, LabelSet(())), np.full((n, 28, 28), 200, np.uint8))
    found = compute(replace(table, labels=np.full(n, UNKNOWN, np.int32)))
    assert len(found) == n
    assert found.balance.tolist() == [[np.count_nonzero(table.splits == split) for split in range(3)]]
    assert len(found.classes.labels) == 0
    assert len(found.equal) == (n > 1)
    json.dumps(statistics_json(found), allow_nan=False)


def test_progress_rises_to_the_end(messy: tuple[SampleTable, NDArray[np.uint8]]) -> None:
    for with_neighbours in (True, False):
        told: list[tuple[int, int]] = []
        compute(
            messy[0],
            None,
            lambda done, total, _, told=told: told.append((done, total)),
            with_neighbours=with_neighbours,
        )
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        assert len({total for _, total in told}) == 1
        assert told[-1][0] == told[-1][1]


@pytest.mark.parametrize("stopped_by", ["Measuring", "Comparing"])
def test_it_can_be_stopped(stopped_by: str) -> None:
    pictures, labels = generate(2000, 3)
    table = table_of(Dataset("many", "", np.tile(pictures, (6, 1, 1)), np.tile(labels, 6), np.zeros(12_000, np.uint8)))
    token = CancellationToken()
    # Each a little different, so that all of them are compared.
    noise = np.random.default_rng(0).integers(0, 40, (12_000, 28, 28)).astype(np.uint8)
    dataset = np.maximum(table.pictures(np.arange(12_000)), noise)

    def stop(done: int, total: int, message: str) -> None:
        if message.startswith(stopped_by):
            token.cancel()

    with pytest.raises(Cancelled):
        compute(with_pictures(table, dataset), None, stop, token)


def test_memory_does_not_grow_with_the_pictures() -> None:
    chance = np.random.default_rng(0)
    base = chance.integers(0, 256, (64, 28, 28)).astype(np.uint8)

    def pictures(positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        made = base[positions % 64]
        made[:, 0, :8] = positions.view(np.uint8).reshape(-1, 8)
        return made

    n = 60_000
    table = table_of(Dataset("made-up", "", base[:1].repeat(n, axis=0), np.arange(n) % 10, np.zeros(n, np.uint8)))
    tracemalloc.start()
    try:
        found = compute(replace(table, pictures=pictures), with_neighbours=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) == n
    assert peak < 60e6, "the pictures alone are 47 MB, as numbers with fractions 188 MB"


def test_what_stands_out(messy: tuple[SampleTable, NDArray[np.uint8]], statistics: Statistics) -> None:
    found = findings(statistics)
    assert [each.severity for each in found] == sorted((each.severity for each in found), reverse=True)
    texts = [each.text for each in found]
    assert "40 samples look the same and have different labels" in texts
    assert "9 samples show nothing" in texts
    assert "60 samples are copies" in texts
    assert "20 samples have no label" in texts
    for each in found:
        assert len(statistics.positions_of(each.kind, each.key)), each.text
    unlabelled = next(each for each in found if each.text == "20 samples have no label")
    assert statistics.positions_of(unlabelled.kind, unlabelled.key).tolist() == list(range(500, 520))
    assert found[0].severity is Severity.WRONG


def test_differences_from_the_training_data_are_said(digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    def said(change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> list[str]:
        table = table_of(Dataset("changed", "", change(digits[0]), digits[1], np.zeros(1200, np.uint8)))
        return [each.text.split(":")[0] for each in findings(compute(table, with_neighbours=False))]

    def thick(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        grown = np.maximum(pictures, np.roll(pictures, 1, 1))
        return np.maximum(grown, np.roll(grown, 1, 2))

    assert said(lambda pictures: pictures) == []
    assert "Strokes are thicker than in the training data" in said(thick)
    assert "The ink is fainter than in the training data" in said(lambda pictures: pictures // 2)
    assert "Samples are not centred like the training data" in said(lambda pictures: np.roll(pictures, 3, 2))
    narrow = said(lambda pictures: np.where(np.arange(28) < 14, pictures, 0).astype(np.uint8))
    assert "Samples are not as wide as the training data" in narrow


def test_the_balance_is_judged() -> None:
    labels = [0] * 50 + [1] * 10 + [2] * 10
    table = table_of(
        Dataset(
            "few", "", np.full((70, 28, 28), 9, np.uint8), np.array(labels), np.array([0] * 60 + [2] * 10, np.uint8)
        )
    )
    texts = [each.text for each in findings(compute(table, with_neighbours=False))]
    assert "“0” has 5 times as many samples as “1”" in texts
    assert "train has no samples of 2" in texts
    assert "test has no samples of 0, 1" in texts


def test_plain_values(messy: tuple[SampleTable, NDArray[np.uint8]], statistics: Statistics) -> None:
    table, _ = messy
    data = json.loads(json.dumps(statistics_json(statistics), allow_nan=False))
    assert data["n"] == 1200
    assert data["classes"][3] == {
        "label": "3",
        "train": int(statistics.balance[3, 0]),
        "validation": int(statistics.balance[3, 1]),
        "test": int(statistics.balance[3, 2]),
        "n": int(statistics.balance[3].sum()),
    }
    assert data["unlabelled"]["n"] == 20
    assert data["empty"] == {"n": 9, "ids": table.ids[300:309].tolist()}
    assert data["equal"]["groups"] == 60
    assert data["equal"]["conflicts"] == 20
    assert data["suspects"]["n"] == len(statistics.suspects)
    assert data["suspects"]["first"][0]["id"] == table.ids[statistics.suspects.positions[0]]
    assert set(data["distributions"]) == {measure.value for measure in Measure}
    assert data["leaks"]["equal"] == len(statistics.positions_of(Kind.LEAK, "equal"))
    assert data["findings"] == [each.text for each in findings(statistics)]


def test_real_mnist(real_mnist_folder: Path) -> None:
    import gzip

    images, labels = (
        parse_idx(gzip.decompress((real_mnist_folder / f"{name}.gz").read_bytes()), Path(name))
        for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    )
    changed = np.random.default_rng(0).random(10_000) < 0.02
    wrong = np.where(changed, (labels + 1 + np.arange(10_000) % 9) % 10, labels).astype(np.int64)
    table = table_of(Dataset("mnist", "MNIST", images, wrong, np.zeros(10_000, np.uint8), DIGITS))
    found = compute(table)
    assert len(found.equal) == 0, "MNIST has no two equal pictures"
    assert len(found.near) <= 3
    assert len(found.empty) == 0
    suspicious = found.positions_of(Kind.SUSPECT, Reason.OTHER_CLASS)
    assert changed[suspicious].sum() >= 0.9 * changed.sum()
    assert changed[suspicious[:100]].sum() >= 95
    for distribution in found.distributions:
        assert distribution.overlap > 0.8
