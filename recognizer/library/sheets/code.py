"""The code on a sheet: a QR code that says all that is needed to read the page, as JSON."""

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.sheets.page import Paper, SheetLayout

MAX_BYTES: Final = 480
"""The most that a page's code says; finer codes would not be read from a photo."""
MAX_MODULES: Final = 77
_VERSION: Final = 1
KIND: Final = "recognizer"
"""The name that tells these codes from others."""
_MOST_READ: Final = 3000
"""No code of this kind holds more."""
_LEVELS: Final = (("Q", 108), ("M", 287), ("L", MAX_BYTES))
"""How much of a damaged code can be restored, and up to how many bytes that is worth the finer code: what fits into
49, 65 and 77 modules across (ISO/IEC 18004, table 7)."""
_PIXELS: Final = 4
_QUIET: Final = 4
_TRIES: Final = 8

_GRID: Final = ("columns", "rows", "left", "top", "box_width", "box_height", "gap", "strip")


def payload_of(layout: SheetLayout) -> bytes:
    """What a page's code says: compact JSON in UTF-8."""
    fields: dict[str, Any] = {
        KIND: _VERSION,
        "i": layout.sheet,
        "p": [layout.page, layout.pages],
        "a": str(layout.paper),
        "g": [getattr(layout, name) for name in _GRID],
        "c": layout.copies,
        # Where every label is one character, a text is shorter than a list.
        "s": "".join(layout.symbols) if all(len(label) == 1 for label in layout.symbols) else list(layout.symbols),
    }
    fields |= {"k": layout.skipped} if layout.skipped else {}
    fields |= {"w": layout.writer} if layout.writer else {}
    fields |= {"n": layout.name} if layout.name else {}
    fields |= {"t": layout.title} if layout.title else {}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def layout_of(payload: bytes, where: str) -> SheetLayout:
    """The page that a code describes; the payload is not trusted.

    Args:
        payload: What the code says.
        where: The photo, as errors name it.

    Raises:
        RecognizerError: It is no code of ours, of a newer version, or says what cannot be.
    """
    try:
        if len(payload) > _MOST_READ:
            raise ValueError(f"{len(payload):,} bytes")
        fields = json.loads(payload.decode("utf-8"), parse_constant=_refuse)
        if not isinstance(fields, dict) or not _is_number(fields.get(KIND)):
            raise ValueError(KIND)
        if fields[KIND] > _VERSION:
            raise RecognizerError(
                tr("This sheet was printed by a newer version of the program"),
                where=where,
                fix=tr("Update the program"),
            )
        if fields[KIND] != _VERSION:
            raise ValueError(KIND)
        page, pages = _numbers(fields, "p", 2)
        symbols = fields.get("s")
        return SheetLayout(
            symbols=tuple(symbols) if isinstance(symbols, str) else _texts(symbols),
            copies=_number(fields, "c"),
            skipped=_number(fields, "k", 0),
            writer=_number(fields, "w", 0),
            name=_text(fields, "n", ""),
            paper=Paper(_text(fields, "a")),
            title=_text(fields, "t", ""),
            sheet=_text(fields, "i"),
            page=page,
            pages=pages,
            **dict(zip(_GRID, _numbers(fields, "g", len(_GRID)), strict=True)),
        )
    # Deeply nested lists end in a RecursionError.
    except (ValueError, RecursionError) as error:
        raise RecognizerError(
            tr("The code on the sheet says what no sheet of this program can be"),
            where=f"{where} ({str(error)[:80]})",
            fix=tr("Print the sheet anew with this program"),
        ) from error


def code_of(layout: SheetLayout) -> NDArray[np.bool_]:
    """The modules of a page's code, (n, n), true where dark; as coarse as its content and some safety allow.

    Raises:
        ValueError: There is too much to say.
    """
    import cv2

    payload = payload_of(layout)
    if len(payload) > MAX_BYTES:
        raise ValueError(f"{len(payload)} bytes")
    settings = cv2.QRCodeEncoder.Params()
    level = next(level for level, most in _LEVELS if len(payload) <= most)
    settings.correction_level = getattr(cv2, f"QRCodeEncoder_CORRECT_LEVEL_{level}")
    settings.mode = cv2.QRCodeEncoder_MODE_BYTE
    encoder = cv2.QRCodeEncoder.create(settings)
    # The decoder does not understand every code; blanks at the end make another one of the same meaning.
    for blanks in range(_TRIES):
        said = payload + b" " * blanks
        modules = _trimmed(encoder.encode(said.decode()) == 0)
        if decode_modules(modules) == said:
            return modules
    raise ValueError("code")


def decode_modules(modules: NDArray[np.bool_]) -> bytes | None:
    """What the code with the (n, n) `modules` says, true where dark; None where it cannot be read."""
    import cv2

    side = len(modules)
    light = np.pad(np.where(modules, np.uint8(0), np.uint8(255)), _QUIET, constant_values=255)
    picture = light.repeat(_PIXELS, axis=0).repeat(_PIXELS, axis=1)
    first, last = _QUIET * _PIXELS, (_QUIET + side) * _PIXELS
    corners = np.array([[[first, first], [last, first], [last, last], [first, last]]], np.float32)
    detector = cv2.QRCodeDetector()
    for align in (True, False):
        detector.setUseAlignmentMarkers(align)
        try:
            said = detector.decodeBytes(picture, corners)[0]
        except cv2.error:
            continue
        if said:
            return bytes(said)
    return None


def _trimmed(dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without the light frame."""
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    return np.asarray(dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _is_number(value: object) -> bool:
    # To Python, true is 1.
    return isinstance(value, int) and not isinstance(value, bool)


def _number(fields: dict[str, Any], name: str, usual: int | None = None) -> int:
    value = fields.get(name, usual)
    if value is None or not _is_number(value):
        raise ValueError(name)
    return int(value)


def _numbers(fields: dict[str, Any], name: str, n: int) -> list[int]:
    values = fields.get(name)
    if not isinstance(values, list) or len(values) != n or not all(_is_number(value) for value in values):
        raise ValueError(name)
    return values


def _text(fields: dict[str, Any], name: str, usual: str | None = None) -> str:
    value = fields.get(name, usual)
    if not isinstance(value, str):
        raise ValueError(name)
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("s")
    return tuple(values)
