"""Damaged files of every kind end in samples or in an error that says something, and nothing is left behind."""

import random
from pathlib import Path

import pytest
from import_fuzz import attack, mutated
from import_samples import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files(tmp_path: Path, name: str) -> None:
    (tmp_path / "work").mkdir()
    usable = attack(name, 200, 1, tmp_path / "work")
    # Beside a damaged table the pictures that it is about are still there.
    assert usable < 200 or name == "manifest"


def test_damage_is_the_same_for_a_seed_and_differs_from_the_file() -> None:
    content = bytes(range(200))
    found = [mutated(content, random.Random(seed)) for seed in range(50)]
    assert found == [mutated(content, random.Random(seed)) for seed in range(50)]
    assert sum(each != content for each in found) > 40
