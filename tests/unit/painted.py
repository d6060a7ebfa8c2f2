"""Photos painted for tests: clear handwriting on paper and boards, under bad light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

GLYPHS = {
    "0": "30,0 8,16 2,50 10,86 30,100 50,86 58,50 50,14 30,0",
    "1": "10,22! 32,0! 32,50 32,100",
    "2": "4,22 16,4 36,0 53,12 52,32 34,60 4,98! 32,98 62,98",
    "3": "6,10 28,0 49,12 44,36 22,46! 46,55 54,76 34,100 4,90",
    "4": "36,0 20,32 2,66! 32,66 64,66 | 46,36 46,68 46,100",
    "5": "12,3 10,22 8,44! 30,36 52,48 56,72 36,98 6,92 | 12,3 34,3 56,2",
    "6": "44,0 18,24 4,62 10,92 32,100 50,86 48,64 28,56 8,70",
    "7": "2,3 30,3 56,2! 40,50 24,100",
    "8": "30,46 10,28 14,6 30,0 47,8 48,28 30,46 8,66 8,90 30,100 53,90 52,66 30,46",
    "9": "50,14 30,0 8,10 4,34 22,48 42,38 50,14! 50,56 46,100",
    "+": "2,62 26,62 50,62 | 26,38 26,62 26,86",
    "-": "2,60 26,60 50,60",
    "*": "4,40 26,62 48,84 | 48,40 26,62 4,84",
    "/": "56,0 30,50 0,100",
    "(": "24,-6 6,20 2,50 6,80 24,106",
    ")": "2,-6 20,20 24,50 20,80 2,106",
}
"""Strokes apart by |, points of 100 to a digit's height, corners marked by an exclamation mark."""


@dataclass(frozen=True)
class Scene:
    """How a photo looks; lengths in pixels, colours RGB.

    Attributes:
        height: Of a digit.
        pen: Width of its strokes.
        spacing: Between digits, as a share of their height; negative for touching digits.
        paper, ink, rule: Colours.
        lines: What is printed on the paper: "", "ruled", "squared", "boxes" (one for each digit), "sudoku" (a grid,
            its cells larger than the digits).
        shadow: Share of the light that is lost at the darker side.
        noise: Standard deviation of the sensor's noise, grey levels.
        blur: Of the lens, standard deviation.
        tilt: Degrees, clockwise.
        margin: Around the writing, as a share of the digits' height.
    """

    height: int = 64
    pen: float = 5.0
    spacing: float = 0.3
    paper: tuple[int, int, int] = (228, 224, 214)
    ink: tuple[int, int, int] = (38, 40, 60)
    rule: tuple[int, int, int] = (150, 170, 200)
    lines: str = ""
    shadow: float = 0.0
    noise: float = 3.0
    blur: float = 0.7
    tilt: float = 0.0
    margin: float = 1.0


def glyph(character: str, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """The strokes of a symbol as (n, 2) points, 100 to its height, a little different each time."""
    strokes = []
    turn = np.array([[1.0, rng.normal(0.03, 0.03)], [rng.normal(0, 0.02), 1.0]])
    for stroke in GLYPHS[character].split("|"):
        line: list[NDArray[np.float64]] = []
        bend: list[NDArray[np.float64]] = []
        for word in stroke.split():
            point = np.array([float(value) for value in word.rstrip("!").split(",")])
            bend.append(point + rng.normal(0, 0.8, 2))
            if word.endswith("!"):
                line.append(_smooth(np.array(bend)))
                bend = [bend[-1]]
        line.append(_smooth(np.array(bend)))
        strokes.append((np.concatenate(line) - [30, 50]) @ turn + [30, 50])
    return strokes


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A curve through points, by Catmull and Rom."""
    if len(points) < 3:
        return points
    held = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, 12)[:, None]
    pieces = []
    for a, b, c, d in zip(held, held[1:], held[2:], held[3:], strict=False):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate(pieces)


def paint(text: str, seed: int, scene: Scene | None = None) -> NDArray[np.uint8]:
    """A photo (h, w, 3) RGB of `text`: digits and operators, blanks for wide gaps, and lines."""
    scene = scene or Scene()
    rng = np.random.default_rng(seed)
    rows = text.split("\n")
    high = scene.height
    margin = round(scene.margin * high)
    cell = round(high * (1.45 if scene.lines in ("boxes", "sudoku") else 1.0))
    placed: list[tuple[NDArray[np.float64], float, float]] = []
    width = 0.0
    for number, row in enumerate(rows):
        x, y = float(margin), margin + number * cell * (1.0 if scene.lines in ("boxes", "sudoku") else 1.7)
        for place, character in enumerate(row):
            if scene.lines in ("boxes", "sudoku"):
                x = margin + place * cell
            if character == " ":
                x += high * 1.6
                continue
            strokes = glyph(character, rng)
            points = np.concatenate(strokes)
            low = np.array([points[:, 0].min(), 0.0])
            scale = high / 100
            wide = float(np.ptp(points[:, 0])) * scale
            left, up = (x, y)
            if scene.lines in ("boxes", "sudoku"):
                left, up = x + (cell - wide) / 2 + rng.normal(0, 0.03 * high), y + (cell - high) / 2
            for stroke in strokes:
                placed.append(((stroke - low) * scale, left, up))
            x += wide + scene.spacing * high
        width = max(width, x)
    is_grid = scene.lines in ("boxes", "sudoku")
    columns = max(len(row) for row in rows)
    size = (
        int(margin * 2 + cell * len(rows)) if is_grid else int(2 * margin + high * (1.7 * len(rows) - 0.7)),
        int(margin * 2 + cell * columns) if is_grid else int(width + margin),
    )
    picture = np.empty((*size, 3), np.float32)
    picture[:] = scene.paper
    _rule(picture, scene, margin, cell, len(rows), columns)
    ink = np.zeros(size, np.uint8)
    for stroke, left, up in placed:
        line = np.round((stroke + np.array([left, up])) * 16).astype(np.int32)
        cv2.polylines(ink, [line.reshape(-1, 1, 2)], False, 255, max(1, round(scene.pen)), cv2.LINE_AA, 4)
    cover = (ink.astype(np.float32) / 255)[:, :, None]
    picture = picture * (1 - cover) + np.array(scene.ink, np.float32) * cover
    if scene.tilt:
        middle = (size[1] / 2, size[0] / 2)
        turn = cv2.getRotationMatrix2D(middle, -scene.tilt, 1.0)
        room = int(abs(np.sin(np.radians(scene.tilt))) * size[1] / 2 + 4)
        turn[1, 2] += room
        picture = cv2.warpAffine(
            picture, turn, (size[1], size[0] + 2 * room), borderMode=cv2.BORDER_CONSTANT, borderValue=scene.paper
        )
    if scene.shadow:
        across = np.linspace(-1, 1, picture.shape[1]) + np.linspace(-0.4, 0.4, picture.shape[0])[:, None]
        picture *= (1 - scene.shadow / (1 + np.exp(-8 * across)))[:, :, None]
    if scene.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), scene.blur)
    picture += rng.normal(0, scene.noise, picture.shape)
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def _rule(picture: NDArray[np.float32], scene: Scene, margin: int, cell: int, rows: int, columns: int) -> None:
    height, width = picture.shape[:2]
    if scene.lines == "ruled":
        for y in range(round(scene.height * 0.25), height, round(scene.height * 0.85)):
            cv2.line(picture, (0, y), (width, y), scene.rule, 2, cv2.LINE_AA)
    elif scene.lines == "squared":
        step = round(scene.height * 0.5)
        for y in range(step // 2, height, step):
            cv2.line(picture, (0, y), (width, y), scene.rule, 1, cv2.LINE_AA)
        for x in range(step // 2, width, step):
            cv2.line(picture, (x, 0), (x, height), scene.rule, 1, cv2.LINE_AA)
    elif scene.lines:
        for row in range(rows + 1):
            y = margin + row * cell
            cv2.line(picture, (margin, y), (margin + columns * cell, y), scene.rule, 3, cv2.LINE_AA)
        for column in range(columns + 1):
            x = margin + column * cell
            cv2.line(picture, (x, margin), (x, margin + rows * cell), scene.rule, 3, cv2.LINE_AA)
