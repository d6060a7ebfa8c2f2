"""Classes of a dataset in the library: removed together, put back in their natural order, and brought back."""

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.library.samples import Chunk
from recognizer.library.store import editing, tables
from recognizer.library.store.adding import Import
from recognizer.library.store.library import Library


@pytest.fixture
def library(profile: Profile) -> Library:
    """With the dataset “one”: samples of 2 and 10, the empty classes a, b and c."""
    made = Library.of(profile)
    editing.create_dataset(made, "One")
    images = np.random.default_rng(1).integers(0, 255, (3, 28, 28)).astype(np.uint8)
    Import(made, "one", source="a test").add(Chunk(images, ["2", "10", "10"]))
    for label in "abc":
        editing.add_class(made, "one", label)
    return made


def names(library: Library) -> list[str]:
    return [one.name for one in editing.classes(library, "one")]


def labels(library: Library) -> list[str]:
    table = tables.table(library, "one")
    return [table.label(position) for position in range(len(table))]


def latest(library: Library) -> str:
    step = library.next_steps()[0]
    assert step is not None
    return step.describe()


def test_several_classes_are_removed_in_one_step(library: Library) -> None:
    editing.remove_classes(library, "one", ["a", "c", "a"])
    assert names(library) == ["2", "10", "b"]
    assert latest(library) == "Remove 2 classes"
    library.undo()
    assert names(library) == ["2", "10", "a", "b", "c"]
    assert latest(library) == "Add class c", "there was no second step"
    library.redo()
    assert names(library) == ["2", "10", "b"]
    editing.remove_classes(library, "one", ["b"])
    assert latest(library) == "Remove class b"


@pytest.mark.parametrize(("asked", "what"), [("a,10,b", "still has samples"), ("a,d", "no class “d”")])
def test_all_are_removed_or_none(library: Library, asked: str, what: str) -> None:
    with pytest.raises(RecognizerError, match=what):
        editing.remove_classes(library, "one", asked.split(","))
    assert names(library) == ["2", "10", "a", "b", "c"]
    assert latest(library) == "Add class c"


def test_in_the_natural_order_classes_have_no_places_and_later_ones_are_sorted_in(library: Library) -> None:
    assert editing.is_in_natural_order(library, "one")
    editing.reorder_classes(library, "one", ["c", "10"])
    assert names(library) == ["c", "10", "2", "a", "b"]
    assert not editing.is_in_natural_order(library, "one")
    editing.sort_classes(library, "one")
    assert latest(library) == "Put the classes in their natural order"
    assert editing.is_in_natural_order(library, "one")
    editing.add_class(library, "one", "5")
    assert names(library) == ["2", "5", "10", "a", "b", "c"]
    library.undo()
    library.undo()
    assert names(library) == ["c", "10", "2", "a", "b"]
    library.redo()
    assert names(library) == ["2", "10", "a", "b", "c"]


def test_a_placed_order_that_looks_natural_is_none(library: Library) -> None:
    editing.reorder_classes(library, "one", names(library))
    assert not editing.is_in_natural_order(library, "one")


def test_samples_come_back_with_a_class_that_was_removed_meanwhile(library: Library) -> None:
    ids = tables.table(library, "one").ids
    editing.remove(library, ids[:2])
    editing.remove_classes(library, "one", ["2"])
    assert (names(library), labels(library)) == (["10", "a", "b", "c"], ["10"])
    assert editing.restore(library, ids[:2]) == 2
    assert (names(library), labels(library)) == (["2", "10", "a", "b", "c"], ["2", "10", "10"])
    library.undo()
    assert (names(library), labels(library)) == (["10", "a", "b", "c"], ["10"])
    editing.add_class(library, "one", "2")
    editing.restore(library, ids[:1])
    assert names(library).count("2") == 1
    assert labels(library) == ["2", "10"]
