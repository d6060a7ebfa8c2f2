"""Paired comparison: which samples, and how probably by chance."""

import numpy as np
import pytest
from scipy.stats import binomtest

from recognizer.evaluation.comparison import compare_paired, mcnemar_p


def test_samples_by_who_has_them_right() -> None:
    first = np.array([1, 1, 0, 0, 1, 0], bool)
    second = np.array([1, 0, 1, 0, 1, 1], bool)
    found = compare_paired(first, second, np.array([9, 8, 7, 6, 5, 4]))
    assert found.to_dict() == {
        "n": 6,
        "both_right": 2,
        "fixed": [4, 7],
        "broke": [8],
        "both_wrong": [6],
        "p_value": 1.0,
    }
    assert compare_paired(first, second).fixed.tolist() == [2, 5]
    with pytest.raises(ValueError, match="6, 5 and 6"):
        compare_paired(first, second[1:])


@pytest.mark.parametrize(
    ("fixed", "broke"), [(0, 0), (1, 0), (5, 5), (9, 2), (2, 9), (40, 71), (3000, 2800), (0, 2000)]
)
def test_the_probability_is_the_binomial_one(fixed: int, broke: int) -> None:
    expected = binomtest(min(fixed, broke), fixed + broke, 0.5).pvalue if fixed + broke else 1.0
    assert mcnemar_p(fixed, broke) == pytest.approx(expected, rel=1e-9)
    assert mcnemar_p(fixed, broke) == mcnemar_p(broke, fixed)
