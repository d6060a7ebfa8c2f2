"""Random drawings for round trips, and what must be the same after them."""

import numpy as np

from recognizer.ink.ink_file import InkFile
from recognizer.ink.stroke import Ink, Stroke

LABELS = ("", "0", "9", "a", "&<>\"'", "中", " ", "\\", "two words", 'x"y', "\\n", "a\tb")


def random_file(seed: int) -> InkFile:
    """One to five drawings of one to four strokes, with or without times, pressures, labels and writers."""
    chance = np.random.default_rng(seed)
    has_times, has_forces = chance.random(2) < 0.7
    inks, labels, writers = [], [], []
    for _ in range(int(chance.integers(1, 6))):
        strokes = []
        clock = 0.0
        for number in range(int(chance.integers(1, 5))):
            n = int(chance.integers(1, 40))
            places = chance.normal(0, 10.0 ** chance.integers(-3, 7), (n, 2)).astype(np.float32)
            steps = chance.integers(0, 30, n) / 1000
            steps[0] = steps[0] if number else 0
            times = clock + np.cumsum(steps)
            clock = float(times[-1])
            forces = np.round(chance.random(n), int(chance.integers(1, 8)))
            nothing = np.zeros(0, np.float32)
            strokes.append(
                Stroke(
                    places,
                    times.astype(np.float32) if has_times else nothing,
                    forces.astype(np.float32) if has_forces else nothing,
                )
            )
        inks.append(Ink(tuple(strokes), float(chance.choice([0, 2, 7.5]))))
        labels.append(str(chance.choice(LABELS)))
        writers.append(str(chance.choice(["", "w1", "Ann_&_Bob"])))
    return InkFile(tuple(inks), tuple(labels), tuple(writers), str(chance.choice(["", "2024-01-31"])))


def check_same(before: InkFile, after: InkFile) -> None:
    """Labels, writers, points, times to a few microseconds, pressures to a millionth."""
    assert after.labels == before.labels
    assert after.writers == before.writers
    assert len(after) == len(before)
    for one, other in zip(before.inks, after.inks, strict=True):
        assert len(other.strokes) == len(one.strokes)
        for stroke, again in zip(one.strokes, other.strokes, strict=True):
            np.testing.assert_array_equal(again.points, stroke.points)
            np.testing.assert_allclose(again.times, stroke.times, atol=2e-6)
            np.testing.assert_allclose(again.pressures, stroke.pressures, atol=1e-6)
