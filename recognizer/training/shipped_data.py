"""The data of the shipped models: what is trained on, and the writers who are kept out of it."""

import string
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.paths import Profile
from recognizer.inference.kinds import OPERATORS
from recognizer.inference.registry import OTHER
from recognizer.ink.operators import OPERATORS as WRITTEN_OPERATORS
from recognizer.ink.synthesis import generate, letters, non_digits, operators
from recognizer.library.dataset import DIGITS, Dataset, Split
from recognizer.library.sources import load_dataset
from recognizer.training.mixture import Source, pen, pictures
from recognizer.training.pen_data import PenData, among, is_held_out, plain, read_pen_data

VALIDATION: Final = 5_000
"""MNIST's last training samples, which are held out."""
HELD_OUT_SHARES: Final = {"pendigits": 0.2, "unipen": 0.1}
"""The share of each corpus' writers who are held out."""
UNLIKE_DIGITS: Final = "ACEFHKLMNPRUVWacdefhkmnpruvw"
"""Letters that nobody takes for a digit or an operator."""
SAME_SHAPE: Final = "cijklmopsuvwxyz"
"""Letters whose two cases differ by their size alone, which the preprocessing takes away; they share a class, as in
EMNIST's "by merge" (Cohen et al. 2017, arXiv:1702.05373)."""
LETTERS: Final = string.digits + string.ascii_uppercase + "abdefghnqrt"


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Symbols of people who are never trained on.

    Attributes:
        name: Of the corpus.
        images: (n, 28, 28) uint8.
        labels: (n,) class indices.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ShippedData:
    """Everything that a shipped model needs.

    Attributes:
        title: What people call the model.
        labels, extras: What its outputs stand for.
        sources: What is trained on.
        held_out: What fits the temperature and the reject rule, and is reported.
        others: (n, 28, 28) uint8 pictures of what is no symbol of the model's, by strangers and another seed.
        test: What the model is judged on once: MNIST's test split, or for letters all that is held out.
        writers: The names of the people held out, by corpus.
    """

    title: str
    labels: tuple[str, ...]
    extras: tuple[str, ...]
    sources: tuple[Source, ...]
    held_out: tuple[HeldOut, ...]
    others: NDArray[np.uint8]
    test: HeldOut
    writers: dict[str, list[str]]


def digits_data(profile: Profile, folder: Path, seed: int, without: str = "") -> ShippedData:
    """For the model that reads digits; operators and what is no symbol are further outputs of it.

    Args:
        profile: Where MNIST is looked for where it is not in `folder`.
        folder: With `mnist`, `pendigits/train.npz` and `unipen/{digits,upper,lower}.npz`.
        seed: Of the synthesis.
        without: A UNIPEN contributor whose symbols are held out in place of those of some writers of each.

    Raises:
        RecognizerError: Data is missing or cannot be used.
    """
    mnist, kept, held, test = _mnist(profile, folder)
    pendigits = _divided(folder / "pendigits" / "train.npz", "pendigits")
    unipen, upper, lower = (
        _divided(folder / "unipen" / f"{name}.npz", "unipen", without) for name in ("digits", "upper", "lower")
    )
    strange, strange_lower = among(upper[0], UNLIKE_DIGITS), among(lower[0], UNLIKE_DIGITS)
    other = len(DIGITS.names) + len(OPERATORS)
    signs, which = operators(20_000, seed)
    place = np.array([len(DIGITS.names) + OPERATORS.index(sign) for sign in WRITTEN_OPERATORS])
    written, digits = generate(60_000, seed)
    scribbles = non_digits(40_000, seed)

    def rest(samples: Sized) -> NDArray[np.int64]:
        return np.full(len(samples), other, np.int64)

    return ShippedData(
        title="Digits",
        labels=DIGITS.names,
        extras=(*OPERATORS, OTHER),
        sources=(
            pictures("MNIST", mnist.images[kept], mnist.labels[kept], len(kept)),
            pen("pendigits", pendigits[0], pendigits[0].labels.astype(int), 8_000),
            pen("UNIPEN digits", unipen[0], unipen[0].labels.astype(int), 10_000),
            pictures("synthetic digits", written, digits, 10_000),
            pictures("synthetic operators", signs, place[which], 4_000),
            pictures("synthetic non-digits", scribbles, rest(scribbles), 11_000),
            pen("UNIPEN capitals", strange, rest(strange), 4_000, even=True),
            pen("UNIPEN small letters", strange_lower, rest(strange_lower), 8_000, even=True),
        ),
        held_out=(
            held,
            HeldOut("pendigits", plain(pendigits[1]), pendigits[1].labels.astype(np.int64)),
            HeldOut("UNIPEN", plain(unipen[1]), unipen[1].labels.astype(np.int64)),
        ),
        others=np.concatenate(
            [
                non_digits(2_000, seed + 900_000),
                *(plain(among(part[1], UNLIKE_DIGITS)) for part in (upper, lower)),
            ]
        ),
        test=test,
        writers={
            "pendigits": _names(pendigits[1]),
            "unipen": sorted({*_names(unipen[1]), *_names(upper[1]), *_names(lower[1])}),
        },
    )


def letters_data(profile: Profile, folder: Path, seed: int) -> ShippedData:
    """For the model that reads digits and letters; its arguments and errors are those of `digits_data`."""
    mnist, kept, _, _ = _mnist(profile, folder)
    place = {label: index for index, label in enumerate(LETTERS)}
    place |= {letter: place[letter.upper()] for letter in SAME_SHAPE}
    of_synthesis = np.array([place[letter] for letter in string.ascii_letters.swapcase()])
    pendigits = _divided(folder / "pendigits" / "train.npz", "pendigits")
    unipen, upper, lower = (
        _divided(folder / "unipen" / f"{name}.npz", "unipen") for name in ("digits", "upper", "lower")
    )

    def index(data: PenData) -> NDArray[np.int64]:
        return np.array([place[label] for label in data.labels], np.int64)

    written, digits = generate(20_000, seed)
    drawn, symbols = letters(60_000, seed)
    scribbles = non_digits(30_000, seed, with_letters=False)
    strangers = tuple(
        HeldOut(name, plain(part[1]), index(part[1]))
        for name, part in (
            ("pendigits", pendigits),
            ("UNIPEN digits", unipen),
            ("UNIPEN capitals", upper),
            ("UNIPEN small letters", lower),
        )
    )
    return ShippedData(
        title="Digits and letters",
        labels=tuple(LETTERS),
        extras=(OTHER,),
        sources=(
            pictures("MNIST", mnist.images[kept], mnist.labels[kept], 5_000),
            pen("pendigits", pendigits[0], index(pendigits[0]), 3_000),
            pen("UNIPEN digits", unipen[0], index(unipen[0]), 5_000),
            pen("UNIPEN capitals", upper[0], index(upper[0]), 2 * len(upper[0]), even=True),
            pen("UNIPEN small letters", lower[0], index(lower[0]), len(lower[0]), even=True),
            pictures("synthetic digits", written, digits, 2_000),
            pictures("synthetic letters", drawn, of_synthesis[symbols], 14_000),
            pictures("synthetic scribbles", scribbles, np.full(len(scribbles), len(LETTERS)), 5_000),
        ),
        held_out=strangers,
        others=non_digits(2_000, seed + 900_000, with_letters=False),
        test=_joined("unseen writers", strangers),
        writers={
            "pendigits": _names(pendigits[1]),
            "unipen": sorted({*_names(unipen[1]), *_names(upper[1]), *_names(lower[1])}),
        },
    )


def _mnist(profile: Profile, folder: Path) -> tuple[Dataset, NDArray[np.int64], HeldOut, HeldOut]:
    """MNIST, the places of what is trained on, and its two held-out parts."""
    beside = folder / "mnist"
    data = load_dataset(str(beside) if beside.is_dir() else "mnist", profile)
    training, test = data.indices((Split.TRAIN,)), data.indices((Split.TEST,))
    kept, held = training[:-VALIDATION], training[-VALIDATION:]
    return (
        data,
        kept,
        HeldOut("MNIST validation", data.images[held], data.labels[held]),
        HeldOut("MNIST test", data.images[test], data.labels[test]),
    )


def _divided(path: Path, corpus: str, without: str = "") -> tuple[PenData, PenData]:
    """The symbols of the writers who are trained on, and of those who are held out: all of `without` where given."""
    data = read_pen_data(path)
    held = data.groups == without if without else is_held_out(data.writers, HELD_OUT_SHARES[corpus])
    return data.where(~held), data.where(held)


def _joined(name: str, parts: Sequence[HeldOut]) -> HeldOut:
    return HeldOut(
        name, np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts])
    )


def _names(data: PenData) -> list[str]:
    return sorted(set(data.writers.tolist()))
