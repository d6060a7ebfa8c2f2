"""Plans of splits: shares met, groups and equal samples kept together, the same for everybody."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import set_language
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, Split
from recognizer.library.samples import UNKNOWN, SampleTable, table_of
from recognizer.library.split_groups import joined, mixed
from recognizer.library.splits import SplitPlan, plan_split

EIGHTY = {Split.TRAIN: 0.8, Split.VALIDATION: 0.1, Split.TEST: 0.1}
HALVES = {Split.TRAIN: 0.5, Split.TEST: 0.5}


def table(
    labels: Sequence[int], *, writers: Sequence[int] = (), sources: Sequence[int] = (), hashes: Sequence[int] = ()
) -> SampleTable:
    n = len(labels)
    dataset = Dataset("made-up", "", np.zeros((n, 28, 28), np.uint8), np.array(labels), np.zeros(n, np.uint8))
    made = table_of(dataset)
    given = {
        "writers": np.array(writers, np.int32),
        "sources": np.array(sources, np.int32),
        "hashes": np.array(hashes, np.uint64),
    }
    names = {
        "writer_names": tuple(f"w{number}" for number in range(max(writers, default=0) + 1)),
        "source_names": tuple(f"s{number}" for number in range(max(sources, default=0) + 1)),
    }
    return replace(made, **{name: column for name, column in given.items() if len(column)}, **names)


def everything(samples: SampleTable) -> np.ndarray:
    return np.arange(len(samples))


def sides_of(plan: SplitPlan, column: np.ndarray) -> dict[int, set[int]]:
    """For each value of `column`, the splits in which it is."""
    found: dict[int, set[int]] = {}
    for value, split in zip(column[plan.positions].tolist(), plan.splits.tolist(), strict=True):
        found.setdefault(value, set()).add(split)
    return found


def brute_counts(plan: SplitPlan, samples: SampleTable) -> list[list[int]]:
    return [
        [
            sum(
                1
                for position, chosen in zip(plan.positions.tolist(), plan.splits.tolist(), strict=True)
                if chosen == split and samples.label(position) == label
            )
            for label in plan.labels
        ]
        for split in range(len(SPLITS))
    ]


def test_every_class_is_divided_by_the_shares() -> None:
    samples = table([label for label in range(10) for _ in range(100 + 10 * label)])
    plan = plan_split(samples, everything(samples), EIGHTY, seed=1)
    assert plan.counts[:, :10].tolist() == [
        [80 + 8 * label for label in range(10)],
        [10 + label for label in range(10)],
        [10 + label for label in range(10)],
    ]
    assert plan.totals == (1160, 145, 145)
    assert plan.rows[3] == ("3", (104, 13, 13))
    assert plan.counts.tolist() == brute_counts(plan, samples)
    assert plan.warnings == ()


def test_remainders_add_up_over_the_classes() -> None:
    samples = table([label for label in range(10) for _ in range(7)])
    plan = plan_split(samples, everything(samples), {Split.TRAIN: 0.8, Split.TEST: 0.2})
    assert plan.totals == (56, 0, 14)
    assert all(0 < n <= 2 for n in plan.counts[2, :10].tolist())


def test_small_classes_are_on_every_side_that_they_can_be_on() -> None:
    samples = table([0] * 200 + [1] + [2] * 2 + [3] * 3)
    plan = plan_split(samples, everything(samples), EIGHTY, seed=5)
    assert plan.counts[:, 1].tolist() == [1, 0, 0]
    assert plan.counts[0, 2] == 1
    assert plan.counts[:, 3].tolist() == [1, 1, 1]
    assert "test gets no samples of 1, 2" in plan.warnings or "validation gets no samples of 1, 2" in plan.warnings


def test_a_plan_is_the_same_for_the_same_seed_and_whatever_the_order() -> None:
    samples = table([number % 10 for number in range(500)], writers=[number % 31 for number in range(500)])
    shuffled = np.random.default_rng(4).permutation(500)
    for by in ("sample", "writer"):
        plan = plan_split(samples, everything(samples), EIGHTY, seed=7, by=by)
        again = plan_split(samples, shuffled, EIGHTY, seed=7, by=by)
        np.testing.assert_array_equal(plan.splits[shuffled], again.splits)
        other = plan_split(samples, everything(samples), EIGHTY, seed=8, by=by)
        assert not np.array_equal(plan.splits, other.splits)


def test_the_draw_is_the_same_on_every_machine() -> None:
    assert mixed(np.array([0, 1, 2]), 0).tolist() == [0, 0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]
    samples = table([number % 2 for number in range(20)])
    plan = plan_split(samples, everything(samples), HALVES, seed=3)
    assert np.flatnonzero(plan.splits == 2).tolist() == [0, 2, 3, 5, 6, 7, 12, 15, 18, 19]
    assert plan.totals == (10, 0, 10)


def test_no_writer_is_on_two_sides() -> None:
    chance = random.Random(2)
    for trial in range(30):
        n_writers, n = chance.randint(3, 40), chance.randint(60, 400)
        writers = [*range(n_writers), *(chance.randrange(-1, n_writers) for _ in range(n - n_writers))]
        labels = [chance.choice([-1, 0, 0, 1, 2, 3]) for _ in range(n)]
        samples = table(labels, writers=writers)
        plan = plan_split(samples, everything(samples), EIGHTY, trial, "writer")
        assert all(len(sides) == 1 for sides in sides_of(plan, samples.writers).values())
        assert all(total > 0 for total in plan.totals)
        assert plan.counts.tolist() == brute_counts(plan, samples)
        assert sum(plan.groups) == len(set(writers))
        unknown = writers.count(-1)
        assert any("no writer" in said for said in plan.warnings) == (unknown > 0)


def test_shares_are_met_class_by_class_where_the_writers_allow_it() -> None:
    # Writers of one class each: a division by size alone would put whole classes on one side.
    labels = [writer // 10 for writer in range(100) for _ in range(20)]
    samples = table(labels, writers=[writer for writer in range(100) for _ in range(20)])
    plan = plan_split(samples, everything(samples), EIGHTY, 0, "writer")
    assert plan.counts[:, :10].tolist() == [[160] * 10, [20] * 10, [20] * 10]
    assert plan.groups == (80, 10, 10)
    assert plan.warnings == ()


def test_uneven_writers_come_near_to_the_shares() -> None:
    chance = np.random.default_rng(1)
    sizes = chance.integers(5, 200, 60)
    writers = np.repeat(np.arange(60), sizes)
    samples = table(chance.integers(0, 10, len(writers)).tolist(), writers=writers.tolist())
    plan = plan_split(samples, everything(samples), EIGHTY, 0, "writer")
    shares = plan.counts[:, :10] / plan.counts[:, :10].sum(axis=0)
    assert np.abs(shares.mean(axis=1) - [0.8, 0.1, 0.1]).max() < 0.01
    assert np.abs(shares - [[0.8], [0.1], [0.1]]).max() < 0.05


def test_many_small_sources_are_dealt_out() -> None:
    chance = np.random.default_rng(2)
    sources = np.repeat(np.arange(40_000), 3)
    samples = table(np.repeat(chance.integers(0, 10, 40_000), 3).tolist(), sources=sources.tolist())
    plan = plan_split(samples, everything(samples), EIGHTY, 0, "source")
    assert all(len(sides) == 1 for sides in sides_of(plan, samples.sources).values())
    shares = plan.counts[:, :10] / plan.counts[:, :10].sum(axis=0)
    np.testing.assert_allclose(shares, np.broadcast_to([[0.8], [0.1], [0.1]], (3, 10)), atol=0.005)


def test_equal_samples_are_on_one_side() -> None:
    chance = np.random.default_rng(0)
    hashes = chance.integers(0, 300, 1000)
    samples = table(chance.integers(-1, 10, 1000).tolist(), hashes=hashes.tolist())
    plan = plan_split(samples, everything(samples), EIGHTY, 3)
    sides = sides_of(plan, samples.hashes)
    assert all(len(where) == 1 for value, where in sides.items() if value)
    assert len(sides[0]) >= 1, "0 is no hash"
    assert np.abs(np.array(plan.totals) - [800, 100, 100]).max() <= 10


def test_writers_with_an_equal_sample_are_one() -> None:
    writers = [number // 10 for number in range(100)]
    hashes = list(range(1, 101))
    hashes[95] = hashes[5]
    samples = table([number % 5 for number in range(100)], writers=writers, hashes=hashes)
    plan = plan_split(samples, everything(samples), EIGHTY, 0, "writer")
    assert plan.splits[5] == plan.splits[95]
    assert "1 writer has samples equal to another's, and is kept on the same side" in plan.warnings
    everybody = table([0] * 100, writers=writers, hashes=[1 if number % 10 == 0 else number for number in range(100)])
    plan = plan_split(everybody, everything(everybody), EIGHTY, 0, "writer")
    assert plan.totals == (80, 10, 10)
    assert plan.warnings == ("9 samples equal ones of other writers or sources, and may be on other sides than they",)


def test_what_may_surprise_is_said() -> None:
    samples = table([0] * 90 + [1] * 10, writers=[0] * 60 + [1] * 30 + [UNKNOWN] * 10)
    plan = plan_split(samples, np.arange(1, 100), EIGHTY, 0, "writer")
    assert plan.totals == (59, 10, 30) or plan.totals == (59, 30, 10)
    assert plan.warnings[:2] == (
        "10 samples have no writer; they are kept together, as if one more writer had written them",
        "1 writer has further samples, which stay in their splits",
    )
    assert "train gets 59.6% instead of 80.0%" in plan.warnings
    assert "train gets no samples of 1" in plan.warnings


def test_all_may_go_to_one_split() -> None:
    samples = table([0, 1, 2, -1], writers=[-1, -1, -1, -1])
    for by in ("sample", "writer", "source"):
        assert plan_split(samples, everything(samples), {Split.TEST: 1.0}, 0, by).totals == (0, 0, 4)


@pytest.mark.parametrize(
    ("shares", "what", "where"),
    [
        ({Split.TRAIN: 0.8, Split.TEST: 0.1}, "The shares do not add up to 100 %", "test = 0.1, 90 %"),
        ({}, "The shares do not add up to 100 %", "0 %"),
        ({Split.TRAIN: 1.2, Split.TEST: -0.2}, "A share is not between 0 and 1", "train = 1.2"),
        ({Split.TRAIN: float("nan"), Split.TEST: 1.0}, "A share is not between 0 and 1", "train = nan"),
    ],
)
def test_shares_that_cannot_be_used(shares: dict[Split, float], what: str, where: str) -> None:
    with pytest.raises(RecognizerError) as caught:
        plan_split(table([0, 1]), np.arange(2), shares)
    assert caught.value.what == what
    assert where in caught.value.where
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("writers", "what"),
    [
        ([0, 0, 0, 0], "The samples are of 1 known writer"),
        ([0, 0, 1, 1], "The samples are of 2 known writers"),
        ([-1, -1, -1, -1], "The samples are of 0 known writers"),
        ([0, 0, -1, -1], "The samples are of 1 known writer"),
    ],
)
def test_too_few_writers(writers: list[int], what: str) -> None:
    with pytest.raises(RecognizerError) as caught:
        plan_split(table([0, 1, 2, 3], writers=writers), np.arange(4), EIGHTY, 0, "writer")
    assert caught.value.what == what
    assert caught.value.fix.startswith("Divide by sample or source")


def test_nothing_to_divide() -> None:
    with pytest.raises(RecognizerError, match="There are no samples to divide"):
        plan_split(table([0, 1]), np.zeros(0, np.int64), EIGHTY)


def test_linked_groups_become_one() -> None:
    chance = random.Random(9)
    for _ in range(50):
        n = chance.randint(1, 30)
        links = [(chance.randrange(n), chance.randrange(n)) for _ in range(chance.randint(0, n))]
        wanted = list(range(n))
        for _ in range(n):
            for one, other in links:
                wanted[one] = wanted[other] = min(wanted[one], wanted[other])
        first, second = (np.array([link[side] for link in links], np.int64) for side in (0, 1))
        assert joined(first, second, n).tolist() == wanted


def test_labels_follow_the_table() -> None:
    samples = table([0, 1, UNKNOWN, 1])
    plan = plan_split(samples, everything(samples), {Split.TRAIN: 1.0})
    assert plan.labels == (*DIGITS.names, "")
    assert plan.rows == [("0", (1, 0, 0)), ("1", (2, 0, 0)), ("", (1, 0, 0))]


def test_warnings_speak_the_language_in_use() -> None:
    set_language("zh_CN")
    samples = table([0, 0, 1])
    plan = plan_split(samples, everything(samples), EIGHTY)
    assert plan.warnings
    assert not any("validation" in text or "train" in text for text in plan.warnings)
