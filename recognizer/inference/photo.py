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
from recognizer.inference.kinds import KINDS, OPERATORS, kinds
from recognizer.inference.photo_shapes import Shape, shape_of
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.reading import UNREADABLE, Reading, ReadLine, ReadSymbol

_MOST_ATOMS: Final = 14
"""Atoms in a symbol."""
_MOST_JOINED: Final = 5
"""Atoms in a symbol of several pieces of ink."""
_WIDEST: Final = 1.7
"""Width of a symbol of several atoms as a share of the line's height."""
_FAR: Final = 0.3
"""Gap between pieces of one symbol, as a share of the line's height."""
_SPLIT: Final = 1.2
"""Cost of dividing one piece of ink, as the negative logarithm of a probability."""
_COMPACT: Final = 4.0
"""Further cost of that where the piece is not wider than a digit is, for each line's height that it is narrower."""
_JOIN: Final = 0.7
"""Cost of taking separate pieces of ink for one symbol."""
_LEAST: Final = 0.02
"""No evidence counts for less: one odd symbol must not decide about its neighbours."""


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
    writing = find_writing(picture)
    preprocessor = Preprocessor(classifier.record.preprocessing)
    lines = []
    for line in writing.lines:
        if token is not None:
            token.check()
        candidates = _candidates(line, preprocessor)
        if not candidates:
            continue
        symbols = _decode(line, candidates, classifier, token)
        read = _read_line(symbols, line.height)
        if read is not None:
            boxed = [
                ReadSymbol(symbol.text, symbol.prediction, symbol.image, writing.box(*symbol.box))
                for symbol in read.symbols
            ]
            lines.append(ReadLine(tuple(boxed), read.gaps))
    height, width = picture.shape[:2]
    return Reading(tuple(lines), float(width), float(height), time.perf_counter() - began)


def _candidates(line: PhotoLine, preprocessor: Preprocessor) -> list[_Candidate]:
    """All that could be a symbol of the line."""
    found = []
    for first in range(len(line.atoms)):
        for last in range(first + 1, min(first + _MOST_ATOMS, len(line.atoms)) + 1):
            atoms = line.atoms[first:last]
            prior = _prior(atoms, line, first, last)
            if prior is None:
                continue
            left, top, mask = _together(atoms)
            image = preprocessor.from_image(redraw(mask))
            box = (left, top, int(mask.shape[1]), int(mask.shape[0]))
            found.append(_Candidate(first, last, box, image, shape_of(atoms, line.height), prior))
    return found


def _prior(atoms: tuple[Atom, ...], line: PhotoLine, first: int, last: int) -> float | None:
    """The cost of taking these atoms for one symbol; None where they cannot be one."""
    cost = 0.0
    if len(atoms) > 1:
        left = min(atom.left for atom in atoms)
        right = max(atom.left + atom.width for atom in atoms)
        top = min(atom.top for atom in atoms)
        bottom = max(atom.top + atom.height for atom in atoms)
        one_part = all(atom.part is atoms[0].part for atom in atoms)
        is_whole = one_part and right - left == atoms[0].part.width
        if right - left > _WIDEST * line.height and not is_whole:
            return None
        if not one_part and (bottom - top > 1.6 * line.height or len(atoms) > _MOST_JOINED):
            return None
        reach = atoms[0].left + atoms[0].width
        for before, atom in pairwise(atoms):
            gap = (atom.left - reach) / line.height
            if gap > _FAR:
                return None
            reach = max(reach, atom.left + atom.width)
            if atom.part is not before.part:
                shared = _shared(before, atom)
                if shared < 0.5:
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
    line: PhotoLine, candidates: list[_Candidate], classifier: Classifier, token: CancellationToken | None
) -> list[ReadSymbol]:
    """The symbols that explain the line's ink best."""
    images = np.stack([candidate.image for candidate in candidates])
    probabilities = classifier.predict_proba(images, token)
    is_digits = all(label in "0123456789" for label in classifier.record.labels)
    kind = kinds(images) if is_digits else None
    count = len(line.atoms)
    best = np.full(count + 1, np.inf)
    best[0] = 0.0
    choice: list[int] = [-1] * (count + 1)
    order = sorted(range(len(candidates)), key=lambda index: candidates[index].first)
    for index in order:
        candidate = candidates[index]
        believed = _belief(candidate, probabilities[index], None if kind is None else kind[index])
        cost = best[candidate.first] + candidate.prior - float(np.log(max(believed, _LEAST)))
        # Explaining more ink by one symbol must not look cheaper than two good symbols.
        if cost < best[candidate.last]:
            best[candidate.last] = cost
            choice[candidate.last] = index
    chosen = []
    place = count
    while place > 0:
        chosen.append(choice[place])
        place = candidates[choice[place]].first
    chosen.reverse()
    predictions = classifier.predict_many(images[chosen], token)
    return [
        _symbol(candidates[index], prediction, None if kind is None else kind[index])
        for index, prediction in zip(chosen, predictions, strict=True)
    ]


def _belief(candidate: _Candidate, probabilities: NDArray[np.float32], kind: NDArray[np.float32] | None) -> float:
    """How probably a candidate is a symbol, and a clear one."""
    best = float(probabilities.max())
    if kind is None:
        return best
    if candidate.shape.operator:
        return 0.97
    return max(float(kind[0]) * best, float(kind[1:-1].max()))


def _symbol(candidate: _Candidate, prediction: Prediction, kind: NDArray[np.float32] | None) -> ReadSymbol:
    text = prediction.label
    box = tuple(float(value) for value in candidate.box)
    if kind is not None:
        operator = candidate.shape.operator
        values = np.array(kind, np.float32)
        if operator:
            values = np.full(len(KINDS), 0.0, np.float32)
            values[KINDS.index(operator)] = 1.0
        elif float(kind[1:-1].max()) > float(kind[0]) and float(kind[1:-1].max()) > float(kind[-1]):
            operator = OPERATORS[int(kind[1:-1].argmax())]
        if operator:
            return ReadSymbol(operator, Prediction(operator, values, KINDS, Verdict.SURE), candidate.image, box)
    if prediction.is_rejected:
        text = UNREADABLE
    return ReadSymbol(text, prediction, candidate.image, box)


def _read_line(symbols: list[ReadSymbol], height: float) -> ReadLine | None:
    """The line of these symbols; None where it is no writing."""
    if not any(symbol.text.isalnum() for symbol in symbols):
        return None
    return ReadLine(tuple(symbols), _gaps(symbols, height))


def _gaps(symbols: list[ReadSymbol], height: float) -> frozenset[int]:
    """Before which symbols there is a gap that is wide beside the line's others."""
    if len(symbols) < 2:
        return frozenset()
    widths = np.array([max(0.0, after.box[0] - before.box[0] - before.box[2]) for before, after in pairwise(symbols)])
    wide = set()
    for index, width in enumerate(widths):
        if symbols[index].text in OPERATORS or symbols[index + 1].text in OPERATORS:
            continue
        others = np.delete(widths, index)
        usual = float(np.median(others)) if len(others) else 1.2 * height
        if width > 2.2 * usual + 0.35 * height:
            wide.add(index + 1)
    return frozenset(wide)


def _together(atoms: tuple[Atom, ...]) -> tuple[int, int, NDArray[np.uint8]]:
    """Left, top and the ink (h, w) of several atoms."""
    left, top = min(atom.left for atom in atoms), min(atom.top for atom in atoms)
    right, bottom = max(atom.left + atom.width for atom in atoms), max(atom.top + atom.height for atom in atoms)
    mask = np.zeros((bottom - top, right - left), np.uint8)
    for atom in atoms:
        y, x = atom.top - top, atom.left - left
        mask[y : y + atom.height, x : x + atom.width] |= atom.mask
    return left, top, mask
