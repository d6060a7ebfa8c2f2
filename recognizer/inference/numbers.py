"""Whole numbers on the canvas: which strokes are one symbol, and what each symbol is.

Strokes that lie near each other are grouped in every plausible way, the model reads every group, and the set of groups
that covers each stroke once and is likeliest as a whole is the reading. The order in which strokes were drawn does not
matter: the bar of a 5 may come last.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.arithmetic import as_operator, read_signs
from recognizer.inference.classifier import Classifier
from recognizer.inference.kinds import KINDS, OPERATORS, predict_with_kinds
from recognizer.inference.prediction import Prediction
from recognizer.inference.reading import UNREADABLE, Reading, ReadLine, ReadSymbol
from recognizer.ink.cutting import cut
from recognizer.ink.grouping import Group, Piece, groups, line_height, may_be_one, split_lines
from recognizer.ink.stroke import Ink, Stroke

MAX_STROKES: Final = 200
"""More than this is no number; grouping them would take seconds."""
_KEPT: Final = 4096
"""Groups that stay read."""
_BEAM: Final = 64
"""Ways to cover the strokes so far that are followed."""
_WIDE_GAP: Final = 0.85
"""The gap that parts two numbers of a line, line heights."""

_WIDE: Final = 0.9
"""The least width of a stroke that may join several symbols, line heights."""
_WELL_READ: Final = 3.0
"""The log-odds of one symbol from which a stroke is not cut."""
_PLACES: Final = 1.0
"""How much the strokes' places count against the looks of the group."""
_SYMBOL: Final = -3.0
"""What each symbol costs: pieces of symbols are often symbols too, such as a 4's upright a 1."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What the model says about a group.

    Attributes:
        image: (28, 28) uint8.
        prediction: Of the model.
        share: (8,) float32, what `kinds` says.
        is_sign: Whether it may be a sign of arithmetic.
        odds: The log-odds that this is one symbol, by its looks.
    """

    image: NDArray[np.uint8]
    prediction: Prediction
    share: NDArray[np.float32]
    is_sign: bool
    odds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Cover:
    """Groups that cover some of a line's pieces."""

    score: float
    groups: tuple[Group, ...]


class InkReader:
    """Reads numbers with one model and remembers the groups that it has read, so that a new stroke costs little.

    Belongs to one thread at a time.

    Args:
        classifier: The model.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._preprocessor = Preprocessor(classifier.record.preprocessing)
        self._knows_symbols = bool(classifier.record.extras) or set(classifier.record.labels) <= set("0123456789")
        # Strokes are compared by identity: a canvas hands the same ones over again.
        self._looks: dict[tuple[Stroke, ...], _Look] = {}
        self._parts: dict[Stroke, tuple[Stroke, ...]] = {}

    def read(self, ink: Ink) -> Reading:
        """The numbers in `ink`, line by line.

        Raises:
            RecognizerError: It has more than `MAX_STROKES` strokes.
        """
        began = time.perf_counter()
        if len(ink.strokes) > MAX_STROKES:
            raise RecognizerError(
                tr("This is too much to be read as numbers"),
                where=tr("{count:,} strokes, at most {most} are read", count=len(ink.strokes), most=MAX_STROKES),
                fix=tr("Clear the canvas, or undo some strokes"),
            )
        if ink.is_empty:
            return Reading((), seconds=time.perf_counter() - began)
        pieces = [Piece(stroke, index) for index, stroke in enumerate(ink.strokes)]
        read = self._read_lines(pieces, ink.pen_width)
        left, top, right, bottom = ink.bounds()
        return Reading(tuple(read), right - left, bottom - top, time.perf_counter() - began)

    def _read_lines(self, pieces: list[Piece], pen_width: float) -> list[ReadLine]:
        lines = split_lines(pieces)
        read = [self._read_line(line, pen_width) for line in lines]
        above = 0
        while above + 1 < len(lines):
            # The two circles of an 8 look like two lines.
            if may_be_one(lines[above], lines[above + 1]):
                joined = lines[above] + lines[above + 1]
                whole = self._read_line(joined, pen_width)
                apart = read[above : above + 2]
                is_fewer = len(whole[0].symbols) < sum(len(line.symbols) for line, _ in apart)
                if is_fewer and whole[1] > sum(score for _, score in apart):
                    lines[above : above + 2], read[above : above + 2] = [joined], [whole]
                    continue
            above += 1
        return [line for line, _ in read]

    def _read_line(self, pieces: list[Piece], pen_width: float) -> tuple[ReadLine, float]:
        height = line_height(pieces)
        pieces = self._cut_joined(pieces, height, pen_width)
        pieces.sort(key=lambda piece: piece.box[0])
        choices = groups(pieces, height)
        looks = self._look({group.members for some in choices for group in some}, pieces, pen_width)
        scores = {
            group: looks[group.members].odds
            + _PLACES * group.odds
            + _SYMBOL
            + _size_odds(group, pieces, height, looks[group.members])
            for some in choices
            for group in some
        }
        cover = _best_cover(choices, scores)
        chosen = sorted(cover.groups, key=lambda group: _middle(group, pieces))
        symbols = _symbols(chosen, pieces, looks)
        return ReadLine(tuple(symbols), _gaps(symbols, height)), cover.score

    def _cut_joined(self, pieces: list[Piece], height: float, pen_width: float) -> list[Piece]:
        """`pieces`, the strokes that may join several symbols in parts."""
        wide = [i for i, piece in enumerate(pieces) if piece.width > _WIDE * height and piece.height > 0.4 * height]
        looks = self._look({(i,) for i in wide}, pieces, pen_width)
        kept: list[Piece] = []
        for index, piece in enumerate(pieces):
            if index not in wide or (looks[index,].odds > _WELL_READ and piece.width < 1.5 * height):
                kept.append(piece)
                continue
            if piece.stroke not in self._parts:
                self._parts[piece.stroke] = cut(piece.stroke)
            kept += [Piece(part, piece.source, place) for place, part in enumerate(self._parts[piece.stroke])]
        return kept

    def _look(
        self, wanted: set[tuple[int, ...]], pieces: Sequence[Piece], pen_width: float
    ) -> dict[tuple[int, ...], _Look]:
        """What each group looks like; only those that were not read before are read."""
        keys = {members: tuple(pieces[i].stroke for i in members) for members in wanted}
        missing = [key for key in keys.values() if key not in self._looks]
        if missing:
            images = np.stack([self._preprocessor.from_ink(Ink(key, pen_width)) for key in missing])
            for key, image, prediction, share in zip(
                missing, images, *predict_with_kinds(self._classifier, images), strict=True
            ):
                self._looks[key] = self._judge(image, prediction, share)
        found = {members: self._looks[key] for members, key in keys.items()}
        if len(self._looks) > _KEPT:
            self._looks = {key: self._looks[key] for key in keys.values()}
            self._parts = {}
        return found

    def _judge(self, image: NDArray[np.uint8], prediction: Prediction, share: NDArray[np.float32]) -> _Look:
        sign = as_operator(prediction, share)
        quality = prediction.confidence
        if self._knows_symbols:
            quality *= float(share[KINDS.index("digit")])
        elif prediction.is_rejected:
            quality *= 0.1
        sign_share = float(share[1 + OPERATORS.index(sign.label)]) if sign else 0.0
        quality = min(max(quality, sign_share, 1e-3), 0.999)
        return _Look(image, prediction, share, sign is not None, float(np.log(quality / (1 - quality))))


def read_ink(ink: Ink, classifier: Classifier) -> Reading:
    """The numbers in `ink`, with boxes in its unit.

    Args:
        ink: What was drawn.
        classifier: Reads the symbols; its labels may be any.

    Raises:
        RecognizerError: The drawing has more than `MAX_STROKES` strokes.
    """
    return InkReader(classifier).read(ink)


def _best_cover(choices: list[list[Group]], scores: dict[Group, float]) -> _Cover:
    """The likeliest set of groups in which each piece is exactly once.

    Goes from piece to piece; each group is taken when its first piece is the first that is not covered yet.
    """
    every = (1 << len(choices)) - 1
    waiting: list[dict[int, _Cover]] = [{} for _ in range(len(choices) + 1)]
    waiting[0][0] = _Cover(0.0, ())
    for first, some in enumerate(choices):
        likeliest = sorted(waiting[first].items(), key=lambda item: item[1].score, reverse=True)[:_BEAM]
        for covered, cover in likeliest:
            for group in some:
                mask = sum(1 << i for i in group.members)
                if mask & covered:
                    continue
                after = covered | mask
                # The lowest bit that is not set is the next piece to cover.
                following = len(choices) if after == every else (~after & (after + 1)).bit_length() - 1
                score = cover.score + scores[group]
                if after not in waiting[following] or waiting[following][after].score < score:
                    waiting[following][after] = _Cover(score, (*cover.groups, group))
    return waiting[len(choices)][every]


def _size_odds(group: Group, pieces: Sequence[Piece], height: float, look: _Look) -> float:
    """What the size says about a group: digits of a line are about equally high, none is much wider than high."""
    box = np.array([pieces[i].box for i in group.members])
    wide = float(box[:, 2].max() - box[:, 0].min()) / height
    high = float(box[:, 3].max() - box[:, 1].min()) / height
    odds = -6.0 * max(0.0, wide - 1.2)
    return odds if look.is_sign else odds - 15.0 * max(0.0, 0.5 - high)


def _middle(group: Group, pieces: Sequence[Piece]) -> float:
    return min(pieces[i].box[0] for i in group.members) + max(pieces[i].box[2] for i in group.members)


def _symbols(chosen: list[Group], pieces: Sequence[Piece], looks: dict[tuple[int, ...], _Look]) -> list[ReadSymbol]:
    found = [looks[group.members] for group in chosen]
    signs = read_signs([look.prediction for look in found], [look.share for look in found])
    symbols = []
    for group, look, sign in zip(chosen, found, signs, strict=True):
        box = np.array([pieces[i].box for i in group.members])
        left, top = (float(value) for value in box[:, :2].min(axis=0))
        right, bottom = (float(value) for value in box[:, 2:].max(axis=0))
        prediction = sign or look.prediction
        text = UNREADABLE if prediction.is_rejected else prediction.label
        sources = tuple(sorted({pieces[i].source for i in group.members}))
        symbols.append(ReadSymbol(text, prediction, look.image, (left, top, right - left, bottom - top), sources))
    return symbols


def _gaps(symbols: list[ReadSymbol], height: float) -> frozenset[int]:
    """Before which symbols there is a gap much wider than the others."""
    edges = [symbol.box[0] for symbol in symbols[1:]]
    ends = [symbol.box[0] + symbol.box[2] for symbol in symbols[:-1]]
    widths = [start - end for start, end in zip(edges, ends, strict=True)]
    if not widths:
        return frozenset()
    usual = max(0.0, float(np.median(widths)))
    return frozenset(i + 1 for i, width in enumerate(widths) if width > max(_WIDE_GAP * height, 2.0 * usual))
