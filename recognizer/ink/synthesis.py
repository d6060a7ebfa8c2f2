"""Synthetic handwriting: digits, letters and signs from stroke templates, varied as people vary, seeded."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.ink import nondigits
from recognizer.ink.batch import render
from recognizer.ink.letters import letters as letter_alphabet
from recognizer.ink.operators import operators as operator_alphabet
from recognizer.ink.stroke import Ink, Stroke
from recognizer.ink.templates import Alphabet, Template
from recognizer.ink.templates_digits import digits

SYNTHESIS_VERSION: Final = 9
"""Changes whenever the same seed would give other pictures."""
_CHUNK: Final = 1000
_SAMPLES_A_WRITER: Final = 40
_FAITHFUL: Final = 0.8
"""How often a writer writes a digit in the usual way of theirs."""
_SOURCES: Final = (0.28, 0.2, 0.52)
"""Shares of letters, other signs and drawings among the non-digits."""
_PEN: Final = (1.7, 4.0)
"""Range of pen widths at the scale of 28×28, pixels: what MNIST shows."""


@dataclass(frozen=True, slots=True, eq=False)
class _Hand:
    """How each of n samples is written; all fields are (n,) float32, lengths in percent of the digit's height.

    Attributes:
        slant: Run to the right for each rise; 0 is upright.
        turn: Rotation, radians.
        stretch: Natural logarithm of the factor for the width.
        pen: Width, pixels at the scale of 28×28.
        wobble: Standard deviation of every control point.
        tremor: Amplitude of the fine trembling.
        softness: 0 keeps corners, 1 rounds them.
        haste: Fast hands cut bends short; how far towards the middle of its neighbours a control point moves. Below 0
            bends are driven out.
    """

    slant: NDArray[np.float32]
    turn: NDArray[np.float32]
    stretch: NDArray[np.float32]
    pen: NDArray[np.float32]
    wobble: NDArray[np.float32]
    tremor: NDArray[np.float32]
    softness: NDArray[np.float32]
    haste: NDArray[np.float32]

    def of(self, chosen: NDArray[np.int64]) -> "_Hand":
        """The hands of some of the samples."""
        return _Hand(*(getattr(self, name)[chosen] for name in _Hand.__slots__))


def generate(
    n: int,
    seed: int,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
    threads: int | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures of synthetic digits, the ten classes equally often, 40 of each writer one after the other.

    Args:
        n: How many.
        seed: The same seed gives the same samples, whatever the number of threads.
        progress: Told how many are done, from the calling thread.
        token: Checked after each 1,000 samples.
        threads: How many work at it; as many as there are cores, at most 4, where None.

    Returns:
        (n, 28, 28) uint8 pictures, 0 the ground and 255 full ink, and (n,) int64 labels 0 to 9.

    Raises:
        Cancelled: By `token`.
    """
    text = tr("Writing synthetic digits")
    return _write_all(digits(), n, (seed, 0), (seed, 1), lambda done: progress(done, n, text), token, threads)


def letters(n: int, seed: int, threads: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures of synthetic letters, as `generate` makes digits; the labels 0 to 51 are A to Z, then a to z."""
    return _write_all(letter_alphabet(), n, (seed, 3), (seed, 4), threads=threads)


def operators(n: int, seed: int, threads: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures of synthetic signs, as `generate` makes digits; the labels 0 to 5 are + - * / ( )."""
    return _write_all(operator_alphabet(), n, (seed, 5), (seed, 6), threads=threads)


def _write_all(
    alphabet: Alphabet,
    n: int,
    order: tuple[int, ...],
    chance: tuple[int, ...],
    on_done: Callable[[int], None] = lambda done: None,
    token: CancellationToken | None = None,
    threads: int | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures and labels of n symbols; `order` seeds the labels and `chance` the rest."""
    images = np.empty((n, 28, 28), np.uint8)
    labels = (np.arange(n) % len(alphabet.symbols)).astype(np.int64)
    np.random.default_rng(order).shuffle(labels)
    starts = range(0, n, _CHUNK)

    def work(start: int) -> int:
        if token is not None and token.is_cancelled:
            return 0
        chunk = labels[start : start + _CHUNK]
        images[start : start + len(chunk)] = _pictures(alphabet, chunk, np.random.default_rng([*chance, start]))
        return len(chunk)

    done = 0
    on_done(0)
    with ThreadPoolExecutor(threads or min(4, os.cpu_count() or 1)) as pool:
        for count in pool.map(work, starts):
            if token is not None:
                token.check()
            done += count
            on_done(done)
    return images, labels


def non_digits(n: int, seed: int, threads: int | None = None, *, with_letters: bool = True) -> NDArray[np.uint8]:
    """Pictures of things that are neither digits nor signs of arithmetic, and that nobody would read as such.

    Letters and other signs, scribbles, dots and dashes, several symbols at once, crossed-out digits.

    Args:
        n: How many.
        seed: The same seed gives the same pictures, whatever the number of threads.
        threads: How many work at it; as many as there are cores, at most 4, where None.
        with_letters: Whether there are letters among them, which are symbols to a model that reads letters.

    Returns:
        (n, 28, 28) uint8, 0 the ground and 255 full ink, made like the pictures of digits; none is blank.
    """
    images = np.empty((n, 28, 28), np.uint8)

    def work(start: int) -> None:
        count = min(_CHUNK, n - start)
        images[start : start + count] = _others(count, np.random.default_rng([seed, 2, start]), with_letters)

    with ThreadPoolExecutor(threads or min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(work, range(0, n, _CHUNK)))
    return images


def generate_ink(label: int, rng: np.random.Generator) -> Ink:
    """One synthetic digit as strokes, y down, about 100 units high."""
    strokes = _written(digits(), label, rng)
    return Ink(tuple(Stroke(stroke, np.arange(len(stroke), dtype=np.float32) * 0.01) for stroke in strokes))


def _written(alphabet: Alphabet, label: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """The strokes of one symbol."""
    template = alphabet.templates[int(rng.choice(alphabet.members[label], p=alphabet.shares[label]))]
    points = _write(template, _hands(1, rng), rng)[0]
    return [points[template.stroke_of_point == stroke] for stroke in range(template.stroke_of_point[-1] + 1)]


def _others(n: int, rng: np.random.Generator, with_letters: bool) -> NDArray[np.uint8]:
    """Pictures of n things that are no digits."""
    hands = _hands(n, rng)
    # A triangle with round corners could be a 0.
    hands.softness[:] *= 0.4
    shares = np.array(_SOURCES) * (with_letters, 1, 1)
    source = rng.choice(3, n, p=shares / shares.sum())
    curves: list[NDArray[np.float32]] = [np.zeros((0, 2), np.float32)] * n
    for place, signs in enumerate((nondigits.letters_unlike_digits(), nondigits.other_symbols())):
        chosen = np.where(source == place, rng.choice(signs.chosen, n, p=signs.shares), -1)
        _write_chosen(signs.alphabet, chosen, hands, curves, rng)

    def write(alphabet: Alphabet | None, label: int) -> list[NDArray[np.float32]]:
        return _written(alphabet or digits(), label, rng)

    for member in np.flatnonzero(source == 2):
        curves[member] = nondigits.dense(nondigits.draw(rng, write))
    return render(curves, hands.pen)


def _pictures(alphabet: Alphabet, labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Pictures of `labels`, (n, 28, 28)."""
    n = len(labels)
    hands = _hands(n, rng)
    chosen = _choose(alphabet, labels, rng)
    curves: list[NDArray[np.float32]] = [np.zeros((0, 2), np.float32)] * n
    _write_chosen(alphabet, chosen, hands, curves, rng)
    return render(curves, hands.pen)


def _write_chosen(
    alphabet: Alphabet,
    chosen: NDArray[np.int64],
    hands: _Hand,
    curves: list[NDArray[np.float32]],
    rng: np.random.Generator,
) -> None:
    """Put the points of sample i, written after template `chosen[i]`, into `curves[i]`; below 0 it is left alone."""
    for index in np.unique(chosen[chosen >= 0]):
        members = np.flatnonzero(chosen == index)
        written = _write(alphabet.templates[index], hands.of(members), rng)
        for member, points in zip(members, written, strict=True):
            curves[member] = points


def _choose(alphabet: Alphabet, labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """A template for every sample: usually the one that its writer prefers."""
    chosen = np.empty(len(labels), np.int64)
    writers = np.arange(len(labels)) // _SAMPLES_A_WRITER
    is_usual = rng.random(len(labels)) < _FAITHFUL
    for label, (members, shares) in enumerate(zip(alphabet.members, alphabet.shares, strict=True)):
        usual = rng.choice(members, writers[-1] + 1, p=shares)[writers]
        other = rng.choice(members, len(labels), p=shares)
        chosen = np.where(labels == label, np.where(is_usual, usual, other), chosen)
    return chosen


def _hands(n: int, rng: np.random.Generator) -> _Hand:
    """How n samples are written, 40 of each writer: each draws around what is usual for its writer."""
    writers = -(-n // _SAMPLES_A_WRITER)

    def draw(mean: float, between: float, within: float) -> NDArray[np.float32]:
        usual = rng.normal(mean, between, writers).repeat(_SAMPLES_A_WRITER)[:n]
        return (usual + rng.normal(0, within, n)).astype(np.float32)

    return _Hand(
        slant=np.clip(draw(0.08, 0.2, 0.1), -0.45, 0.75),
        turn=np.clip(draw(0, 0.05, 0.07), -0.3, 0.3),
        stretch=np.clip(draw(0.05, 0.16, 0.13), -0.5, 0.5),
        pen=np.clip(np.exp(draw(np.log(2.5), 0.22, 0.1)), *_PEN),
        wobble=np.clip(draw(2.6, 0.7, 0.4), 1.0, 5.0),
        tremor=np.clip(np.abs(draw(0.4, 0.3, 0.2)), 0, 1.3),
        softness=np.clip(draw(0.35, 0.3, 0.15), 0, 1),
        haste=np.clip(draw(0.04, 0.1, 0.06), -0.25, 0.35),
    )


def _write(template: Template, hand: _Hand, rng: np.random.Generator) -> NDArray[np.float32]:
    """The points of n copies of `template`, (n, m, 2) float32, percent of the height, y down."""
    n, c = len(hand.pen), len(template.controls)
    controls = template.controls + rng.standard_normal((n, c, 2), np.float32) * hand.wobble[:, None, None]
    strokes = int(template.stroke_of_control[-1]) + 1
    if strokes > 1:
        shifts = rng.normal(0, 2.5, (n, strokes, 2)).astype(np.float32)
        controls += shifts[:, template.stroke_of_control]
    _hurry(template, controls, hand)
    _overshoot(template, controls, rng)
    _warp(controls, rng, template.lean)
    points = template.sharp @ controls
    points += hand.softness[:, None, None] * ((template.soft - template.sharp) @ controls)
    points += _tremor(template, hand, rng)
    return _posed(points, hand, template.lean)


def _hurry(template: Template, controls: NDArray[np.float32], hand: _Hand) -> None:
    """Cut the bends of every stroke short, in place; its ends stay."""
    of = template.stroke_of_control
    inner = np.flatnonzero((of[1:-1] == of[:-2]) & (of[1:-1] == of[2:])) + 1
    middle = (controls[:, inner - 1] + controls[:, inner + 1]) / 2
    controls[:, inner] += hand.haste[:, None, None] * (middle - controls[:, inner])


def _overshoot(template: Template, controls: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Lengthen or shorten every stroke at its ends, in place."""
    of = template.stroke_of_control
    for stroke in range(of[-1] + 1):
        members = np.flatnonzero(of == stroke)
        for end, inner in ((members[0], members[1]), (members[-1], members[-2])):
            share = np.clip(rng.normal(0.05, 0.18, (len(controls), 1)), -0.3, 0.6).astype(np.float32)
            controls[:, end] += share * (controls[:, end] - controls[:, inner])


def _warp(controls: NDArray[np.float32], rng: np.random.Generator, strength: float) -> None:
    """Bend the paper smoothly, in place: a bigger head or foot, a bow, a sway."""
    x, y = controls[..., 0], controls[..., 1]
    across, down = (x - x.mean(axis=1, keepdims=True)) / 50, (y - 50) / 50
    spread = np.array((0.22, 0.1, 0.07, 0.14, 0.08)) * strength
    widen, bow, sway, lift, lean = rng.normal(0, spread, (len(controls), 5)).T[..., None]
    x += (50 * (widen * across * down + bow * down**2 + sway * down * (1 - down**2))).astype(np.float32)
    y += (50 * (lift * (1 - down**2) + lean * across)).astype(np.float32)


def _tremor(template: Template, hand: _Hand, rng: np.random.Generator) -> NDArray[np.float32]:
    """Small displacements along the way, (n, m, 2): three waves of 12 to 60 percent of the height for each axis."""
    n, m = len(hand.pen), len(template.stroke_of_point)
    way = np.arange(m, dtype=np.float32) * np.float32(2 * np.pi * 1.6)
    lengths = rng.uniform(12, 60, (n, 1, 2, 3)).astype(np.float32)
    phases = rng.uniform(0, 2 * np.pi, (n, 1, 2, 3)).astype(np.float32)
    waves = np.sin(way[None, :, None, None] / lengths + phases).sum(axis=-1)
    return (hand.tremor / np.float32(np.sqrt(1.5)))[:, None, None] * waves


def _posed(points: NDArray[np.float32], hand: _Hand, lean: float) -> NDArray[np.float32]:
    """`points` stretched, slanted and turned, each of n samples by its own hand."""
    across = points[..., 0] * np.exp(hand.stretch)[:, None] - lean * hand.slant[:, None] * (points[..., 1] - 50)
    down = points[..., 1] - 50
    turn = lean * hand.turn[:, None]
    cos, sin = np.cos(turn), np.sin(turn)
    return np.stack([across * cos - down * sin, across * sin + down * cos], axis=-1)
