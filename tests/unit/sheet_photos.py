"""Photographs of filled sheets, simulated: ink in the boxes, then a camera, bad light and a bent page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.ink.stroke import Ink
from recognizer.ink.synthesis import generate_ink
from recognizer.library.sheets.page import SheetBox, SheetLayout
from recognizer.library.sheets.printing import DOTS_PER_INCH, render_page

DOTS = DOTS_PER_INCH / 25.4
"""Pixels of a printed page in a millimetre."""
DIGITS = "0123456789"
BLUE, BLACK, RED, GREEN, PENCIL = (38, 62, 150), (35, 33, 36), (190, 50, 45), (30, 120, 60), (122, 120, 122)
_DETAIL = 8
"""Pixels of the photo for which the camera's geometry is computed once."""


@dataclass(frozen=True)
class Pen:
    """What is written with; width in millimetres, `grain` the share of the ink that the paper's grain leaves out."""

    colour: tuple[int, int, int] = BLUE
    width: float = 0.6
    grain: float = 0.0


@dataclass(frozen=True)
class Camera:
    """How a page is photographed.

    Attributes:
        megapixels: Of the photo, upright 3:4.
        turn: Degrees by which the page lies turned.
        tilt: Degrees by which the camera looks askance (to the side, from below).
        fill: Longer side of the page as a share of the photo's.
        shift: By how much the page lies off the middle, millimetres.
        curve: How high the middle of the page stands above its edges, millimetres; wavy where `is_wavy`.
        light: The least light on the page, of 1.
        shadow: Light that a shadow with an edge takes away.
        blur: Pixels.
        noise: Grey levels.
        quality: Of the JPEG.
        tint: What colour the light has.
    """

    megapixels: float = 12
    turn: float = 0
    tilt: tuple[float, float] = (0, 0)
    fill: float = 0.92
    shift: tuple[float, float] = (0, 0)
    curve: float = 0
    is_wavy: bool = False
    light: float = 0.8
    shadow: float = 0.0
    blur: float = 0.8
    noise: float = 3
    quality: int = 88
    tint: tuple[float, float, float] = (0.96, 0.94, 0.88)


def write_on(
    page: NDArray[np.uint8],
    inks: Mapping[SheetBox, Ink],
    pens: Mapping[SheetBox, Pen],
    rng: np.random.Generator,
    size: float = 0.66,
    wander: float = 0.05,
) -> NDArray[np.uint8]:
    """A printed page (h, w) with drawings in its boxes, (h, w, 3) RGB.

    Args:
        page: As `render_page` gives it.
        inks: The drawing for each box that is filled.
        pens: What each is written with.
        rng: For sizes and places.
        size: Longest side of a drawing as a share of its box; varied by a fifth.
        wander: Standard deviation of its place, as a share of the box.
    """
    written = np.repeat(page[:, :, None], 3, axis=2)
    for box, ink in inks.items():
        _draw(written, box, ink, pens[box], rng, size * rng.uniform(0.8, 1.2), wander)
    return written


def _draw(
    page: NDArray[np.uint8],
    box: SheetBox,
    ink: Ink,
    pen: Pen,
    rng: np.random.Generator,
    size: float,
    wander: float,
) -> None:
    left, top, right, bottom = ink.bounds()
    side = min(box.width, box.height)
    scale = size * side * DOTS / max(right - left, bottom - top, 1e-6)
    middle = np.array([box.left + box.width / 2, box.top + box.height / 2]) * DOTS
    middle += rng.normal(0, wander * side * DOTS, 2)
    cover = np.zeros(page.shape[:2], np.uint8)
    reach = int(1.2 * max(box.width, box.height) * DOTS * max(size, 1))
    x, y = (max(0, int(value) - reach) for value in middle)
    window = (slice(y, int(middle[1]) + reach), slice(x, int(middle[0]) + reach))
    cover = np.zeros(page[window].shape[:2], np.uint8)
    origin = middle - [x, y] - np.array([left + right, top + bottom]) / 2 * scale
    for stroke in ink.strokes:
        points = np.round((stroke.points * scale + origin) * 16).astype(np.int32)
        # A line of one point is not drawn otherwise.
        line = np.concatenate([points, points[-1:]])
        cv2.polylines(cover, [line], False, 255, max(1, round(pen.width * DOTS)), cv2.LINE_AA, 4)
    share = cover.astype(np.float32)[:, :, None] / 255
    if pen.grain:
        grain = cv2.GaussianBlur(rng.random(cover.shape).astype(np.float32), (0, 0), 1.2)
        share *= np.clip(1 - pen.grain * (grain - grain.min()) / np.ptp(grain), 0, 1)[:, :, None]
    # Ink takes light away, also from what is printed below it.
    held = 1 - share * (1 - np.array(pen.colour, np.float32) / 255)
    page[window] = np.round(page[window] * held).astype(np.uint8)


def photograph(page: NDArray[np.uint8], camera: Camera, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A photo (h, w, 3) RGB of a printed page (h, w, 3) on a table."""
    width = round((camera.megapixels * 1e6 * 3 / 4) ** 0.5)
    height = round(width * 4 / 3)
    map_x, map_y = _seen(page, camera, width, height)
    photo = cv2.remap(page, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    is_page = (map_x >= 0) & (map_y >= 0) & (map_x <= page.shape[1] - 1) & (map_y <= page.shape[0] - 1)
    table = cv2.resize(rng.random((height // 12, width // 90)).astype(np.float32), (width, height))
    for colour, level in enumerate((120, 88, 60)):
        photo[:, :, colour] = np.where(is_page, photo[:, :, colour], level * (0.7 + 0.5 * table))
    light = _light(camera, width, height, rng)
    grain = rng.normal(0, camera.noise, (512, 512)).astype(np.float32)
    grain = np.tile(grain, (height // 512 + 1, width // 512 + 1))[:height, :width]
    for colour, tint in enumerate(camera.tint):
        plane = photo[:, :, colour].astype(np.float32) * (light * tint)
        if camera.blur:
            plane = cv2.GaussianBlur(plane, (0, 0), camera.blur)
        photo[:, :, colour] = np.clip(plane + np.roll(grain, 101 * colour, 1), 0, 255)
    coded = cv2.imencode(".jpg", photo[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, camera.quality])[1]
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[:, :, ::-1])


def _seen(
    page: NDArray[np.uint8], camera: Camera, width: int, height: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Which place of the page, in its pixels, each pixel of the photo shows."""
    high, wide = page.shape[0] / DOTS, page.shape[1] / DOTS
    distance = 1.25 * high
    focal = camera.fill * height * distance / high
    across, down = (np.radians(angle) for angle in camera.tilt)
    turn = np.radians(camera.turn)
    about_y = np.array([[np.cos(across), 0, np.sin(across)], [0, 1, 0], [-np.sin(across), 0, np.cos(across)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(down), -np.sin(down)], [0, np.sin(down), np.cos(down)]])
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    pose = about_x @ about_y @ about_z
    lens = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    place = np.array([*camera.shift, distance])
    back = np.linalg.inv(lens @ np.column_stack([pose[:, 0], pose[:, 1], place]))
    xs, ys = (np.arange(0, side + _DETAIL, _DETAIL, dtype=np.float64) for side in (width, height))
    grid = np.stack([*np.meshgrid(xs, ys), np.ones((len(ys), len(xs)))], axis=-1) @ back.T
    seen = grid[..., :2] / grid[..., 2:]
    if camera.curve:
        # What stands higher is seen further out; a few rounds find what is seen where.
        flat = seen.copy()
        for _ in range(4):
            waves = 2.5 if camera.is_wavy else 1
            bent = np.cos(np.clip(flat[..., 0] / wide, -0.6, 0.6) * np.pi * waves)
            flat = seen - (camera.curve * bent / distance)[..., None] * flat
        seen = flat
    places = (seen + np.array([wide / 2, high / 2])) * DOTS
    size = (len(xs) * _DETAIL, len(ys) * _DETAIL)
    maps = []
    for axis in (0, 1):
        # Pixel centres of the coarse map lie on multiples of `_DETAIL`.
        move = np.array([[_DETAIL, 0, 0], [0, _DETAIL, 0]], np.float64)
        dense = cv2.warpAffine(places[..., axis].astype(np.float32), move, size, flags=cv2.INTER_LINEAR)
        maps.append(np.ascontiguousarray(dense[:height, :width]))
    return maps[0], maps[1]


def _light(camera: Camera, width: int, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """How much light falls on each pixel."""
    x, y = np.meshgrid(np.linspace(-1, 1, width // 8 + 1), np.linspace(-1, 1, height // 8 + 1))
    angle = rng.uniform(0, 2 * np.pi)
    slope = (x * np.cos(angle) + y * np.sin(angle)) / 1.4
    light = 1 - (1 - camera.light) * (slope + 1) / 2
    if camera.shadow:
        edge = x * np.cos(angle + 1) + y * np.sin(angle + 1) + 0.15 * np.sin(4 * y) - rng.uniform(-0.3, 0.3)
        light *= 1 - camera.shadow / (1 + np.exp(-40 * edge))
    return cv2.resize(light.astype(np.float32), (width, height))


def fill_in(
    layout: SheetLayout, rng: np.random.Generator, pens: Sequence[Pen] = (Pen(),), share: float = 0.85, **how: float
) -> tuple[NDArray[np.uint8], dict[SheetBox, Ink]]:
    """A page with synthetic digits in a share of its boxes, and what was written; every row with the next pen."""
    inks = {
        box: generate_ink(int(box.label) if box.label in DIGITS else box.column % 10, rng)
        for box in layout.boxes
        if rng.random() < share
    }
    chosen = {box: pens[box.row % len(pens)] for box in inks}
    return write_on(render_page(layout), inks, chosen, rng, **how), inks
