"""Reading photos: which pieces of ink are symbols, which symbols, and what they say."""

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.imaging.photo import PhotoLine, find_writing
from recognizer.imaging.photo_cuts import Atom
from recognizer.imaging.photo_symbol import redraw
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.kinds import predict_with_kinds
from recognizer.inference.photo_shapes import Shape, shape_of
from recognizer.inference.photo_text import Guess, line_of
from recognizer.inference.reading import Reading

_MOST_ATOMS: Final = 14
"""Atoms in a symbol."""
_MOST_JOINED: Final = 5
"""Atoms in a symbol of several pieces of ink."""
_WIDEST: Final = 1.7
"""Width of a symbol of several atoms as a share of the line's height."""
_FAR: Final = 0.3
"""Gap between pieces of one symbol, as a share of the line's height."""
_NEAR: Final = 0.12
"""The same where both pieces are as high as a digit."""
_SPLIT: Final = 0.5
"""Cost of dividing one piece of ink, as the negative logarithm of a probability."""
_COMPACT: Final = 4.0
"""Further cost of that where the piece is not wider than a digit is, for each line's height that it is narrower."""
_JOIN: Final = 0.7
"""Cost of taking separate pieces of ink for one symbol."""
_LEAST: Final = 0.02
"""No evidence counts for less: one odd symbol must not decide about its neighbours."""
_BY_SHAPE: Final = 0.97
"""How far the form of a minus or a division sign is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """Atoms `first` to `last` (not included) of a line taken for one symbol."""

    first: int
    last: int
    box: tuple[int, int, int, int]
    image: NDArray[np.uint8]
    shape: Shape
    prior: float


def read_photo(picture: NDArray[np.uint8], classifier: Classifier, token: CancellationToken | None = None) -> Reading:
    """Read every number and expression on a picture.

    Args:
        picture: (h, w, 3) uint8 RGB, upright.
        classifier: Reads the symbols; used from the calling thread.
        token: Checked between the steps and between blocks of symbols.

    Raises:
        Cancelled: By `token`.
    """
    began = time.perf_counter()
    height, width = picture.shape[:2]
    token = token or CancellationToken()
    writing = find_writing(picture)
    token.check()
    preprocessor = Preprocessor(classifier.record.preprocessing)
    candidates = []
    for line in writing.lines:
        token.check()
        candidates.append(_candidates(line, preprocessor))
    every = [candidate for of_line in candidates for candidate in of_line]
    if not every:
        return Reading((), float(width), float(height), time.perf_counter() - began)
    images = np.stack([candidate.image for candidate in every])
    kind: NDArray[np.float32] | None = None
    if all(label in "0123456789" for label in classifier.record.labels):
        predictions, kind = predict_with_kinds(classifier, images, token)
    else:
        predictions = classifier.predict_many(images, token)
    probabilities = np.stack([prediction.probabilities for prediction in predictions])
    guesses: list[list[Guess]] = []
    start = 0
    for line, of_line in zip(writing.lines, candidates, strict=True):
        part = slice(start, start + len(of_line))
        chosen = _decode(line, of_line, probabilities[part], None if kind is None else kind[part])
        guesses.append(
            [
                Guess(
                    predictions[start + index],
                    of_line[index].image,
                    writing.box(*of_line[index].box),
                    of_line[index].shape,
                    None if kind is None else kind[start + index],
                )
                for index in chosen
            ]
        )
        start += len(of_line)
    read = [line_of(of_line, line.height / writing.scale) for line, of_line in zip(writing.lines, guesses, strict=True)]
    return Reading(
        tuple(line for line in read if line is not None), float(width), float(height), time.perf_counter() - began
    )


def _candidates(line: PhotoLine, preprocessor: Preprocessor) -> list[_Candidate]:
    """All that could be a symbol of the line."""
    found = []
    for first in range(len(line.atoms)):
        for last in range(first + 1, min(first + _MOST_ATOMS, len(line.atoms)) + 1):
            atoms = line.atoms[first:last]
            prior = _prior(atoms, line, first)
            if prior is None:
                continue
            left, top, mask = _together(atoms)
            image = preprocessor.from_image(redraw(mask))
            box = (left, top, int(mask.shape[1]), int(mask.shape[0]))
            found.append(_Candidate(first, last, box, image, shape_of(atoms, line.height), prior))
    return found


def _prior(atoms: tuple[Atom, ...], line: PhotoLine, first: int) -> float | None:
    """The cost of taking these atoms for one symbol; None where they cannot be one."""
    cost = 0.0
    if len(atoms) > 1:
        width = max(atom.left + atom.width for atom in atoms) - min(atom.left for atom in atoms)
        height = max(atom.top + atom.height for atom in atoms) - min(atom.top for atom in atoms)
        one_part = all(atom.part is atoms[0].part for atom in atoms)
        is_whole = one_part and width == atoms[0].part.width
        if width > _WIDEST * line.height and not is_whole:
            return None
        if not one_part and (height > 1.6 * line.height or len(atoms) > _MOST_JOINED):
            return None
        reach = atoms[0].left + atoms[0].width
        for before, atom in pairwise(atoms):
            gap = (atom.left - reach) / line.height
            both_tall = min(before.part.height, atom.part.height) > 0.7 * line.height
            reach = max(reach, atom.left + atom.width)
            if atom.part is before.part:
                continue
            if gap > (_NEAR if both_tall else _FAR):
                return None
            if _shared(before, atom) < 0.5:
                cost += _JOIN + 2.0 * max(gap, 0.0)
    # What is cut off from its piece must be worth it.
    if first > 0 and line.atoms[first].is_cut and line.atoms[first - 1].part is line.atoms[first].part:
        part = line.atoms[first].part
        cost += _SPLIT + _COMPACT * max(0.0, 1.3 - part.width / line.height)
    return cost


def _shared(one: Atom, other: Atom) -> float:
    """How much of the narrower one's width two atoms share, 0 to 1."""
    shared = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    return max(0.0, shared / min(one.width, other.width))


def _decode(
    line: PhotoLine,
    candidates: list[_Candidate],
    probabilities: NDArray[np.float32],
    kind: NDArray[np.float32] | None,
) -> list[int]:
    """Which candidates explain the line's ink best, from left to right: the cheapest way through all atoms."""
    count = len(line.atoms)
    best = np.full(count + 1, np.inf)
    best[0] = 0.0
    choice = [-1] * (count + 1)
    for index in sorted(range(len(candidates)), key=lambda index: candidates[index].first):
        candidate = candidates[index]
        believed = _belief(candidate, probabilities[index], None if kind is None else kind[index])
        # What nobody can read costs the more the more ink there is of it.
        size = max(1.0, candidate.box[2] / line.height)
        cost = best[candidate.first] + candidate.prior - size * float(np.log(max(believed, _LEAST)))
        if cost < best[candidate.last]:
            best[candidate.last] = cost
            choice[candidate.last] = index
    chosen = []
    place = count
    while place > 0:
        chosen.append(choice[place])
        place = candidates[choice[place]].first
    return chosen[::-1]


def _belief(candidate: _Candidate, probabilities: NDArray[np.float32], kind: NDArray[np.float32] | None) -> float:
    """How probably a candidate is a symbol, and a clear one."""
    best = float(probabilities.max())
    if kind is None:
        return best
    if candidate.shape.operator:
        return _BY_SHAPE
    return max(float(kind[0]) * best * candidate.shape.as_digit, float(kind[1:-1].max()))


def _together(atoms: tuple[Atom, ...]) -> tuple[int, int, NDArray[np.uint8]]:
    """Left, top and the ink (h, w) of several atoms."""
    left, top = min(atom.left for atom in atoms), min(atom.top for atom in atoms)
    right, bottom = max(atom.left + atom.width for atom in atoms), max(atom.top + atom.height for atom in atoms)
    mask = np.zeros((bottom - top, right - left), np.uint8)
    for atom in atoms:
        y, x = atom.top - top, atom.left - left
        mask[y : y + atom.height, x : x + atom.width] |= atom.mask
    return left, top, mask
