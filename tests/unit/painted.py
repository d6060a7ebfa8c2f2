"""Photos painted for tests: synthetic handwriting on paper and boards, under bad light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.ink.synthesis import generate_ink


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


def paint(text: str, seed: int, scene: Scene | None = None) -> NDArray[np.uint8]:
    """A photo (h, w, 3) RGB of `text`: digits, blanks for wide gaps, and lines."""
    scene = scene or Scene()
    rng = np.random.default_rng(seed)
    rows = text.split("\n")
    high = scene.height
    margin = round(scene.margin * high)
    cell = round(high * (1.45 if scene.lines in ("boxes", "sudoku") else 1.0))
    placed: list[tuple[NDArray[np.float32], float, float]] = []
    width = 0.0
    for number, row in enumerate(rows):
        x, y = float(margin), margin + number * cell * (1.0 if scene.lines in ("boxes", "sudoku") else 1.7)
        for place, character in enumerate(row):
            if scene.lines in ("boxes", "sudoku"):
                x = margin + place * cell
            if character == " ":
                x += high * 1.6
                continue
            strokes = [stroke.points for stroke in generate_ink(int(character), rng).strokes]
            points = np.concatenate(strokes)
            low, top = points.min(axis=0), float(np.ptp(points[:, 1]))
            scale = high / max(top, float(np.ptp(points[:, 0])) / 0.9)
            wide = float(np.ptp(points[:, 0])) * scale
            left, up = (x, y)
            if scene.lines in ("boxes", "sudoku"):
                left, up = x + (cell - wide) / 2 + rng.normal(0, 0.03 * high), y + (cell - high) / 2
            for stroke in strokes:
                placed.append(((stroke - low) * np.float32(scale), left, up))
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
