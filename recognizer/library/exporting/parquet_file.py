"""Samples as Parquet, laid out as Hugging Face's datasets of pictures, with strokes beside."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_error
from recognizer.base.i18n import tr
from recognizer.ink.stroke import Ink
from recognizer.library.duck import connected, quoted, reason_of
from recognizer.library.exporting.outgoing import Outgoing
from recognizer.library.exporting.place import new_path
from recognizer.library.exporting.png import png_of

MARK: Final = "recognizer"
"""The key of the file's metadata that says who wrote it."""
_MEMORY: Final = "512MB"
_GROUP: Final = 2048
"""Samples in a row group; DuckDB holds no fewer at once."""
_FIELDS: Final = {
    "image": "STRUCT(bytes BLOB, path VARCHAR)",
    "strokes": 'STRUCT(x FLOAT[], y FLOAT[], "time" FLOAT[], pressure FLOAT[])[]',
    "pen_width": "DOUBLE",
    "label": "VARCHAR",
    "split": "VARCHAR",
    "writer": "VARCHAR",
    "source": "VARCHAR",
    "note": "VARCHAR",
    "flags": "INTEGER",
    "created": "BIGINT",
}
_TEXTS: Final = ("split", "writer", "source", "note")


def write_parquet(outgoing: Outgoing, path: Path) -> int:
    """Write the originals: a picture as PNG in `image`, a drawing in `strokes` and `pen_width`.

    Returns:
        How many samples were written.

    Raises:
        RecognizerError: It cannot be written.
        Cancelled: By the token.
    """
    import duckdb
    from duckdb.func import FunctionNullHandling

    rows = _Rows(outgoing)
    with new_path(path) as temporary, connected(temporary, memory=_MEMORY, threads=1) as connection:
        kind = f"STRUCT({', '.join(f'{name} {kind}' for name, kind in _FIELDS.items())})"
        connection.create_function(
            "sample", rows.take, ["BIGINT"], kind, side_effects=True, null_handling=FunctionNullHandling.SPECIAL
        )
        columns = ", ".join(
            "make_timestamp(s.created * 1000000) AS created" if name == "created" else f"s.{name}" for name in _FIELDS
        )
        try:
            connection.execute(
                f"COPY (SELECT {columns} FROM (SELECT sample(range) AS s FROM range({len(outgoing)})) "
                f"WHERE s IS NOT NULL) TO {quoted(str(temporary))} (FORMAT parquet, COMPRESSION zstd, "
                f"ROW_GROUP_SIZE {_GROUP}, KV_METADATA {{{MARK}: '1'}}, USE_TMP_FILE false)"
            )
        except duckdb.Error as error:
            if rows.failure is not None:
                raise rows.failure from None
            raise _write_error(path, error) from error
        # Beyond the last row is said that all of them have been read.
        rows.take(-1)
    return rows.count


class _Rows:
    """Gives the rows one by one to the database, which asks for them in order.

    Attributes:
        count: How many there were.
        failure: What stopped them.
    """

    def __init__(self, outgoing: Outgoing) -> None:
        self.count = 0
        self.failure: BaseException | None = None
        self._outgoing = outgoing
        self._rows = self._made()

    def take(self, _: int) -> dict[str, Any] | None:
        """The next row; None once all have been given, because some samples could not be read."""
        try:
            return next(self._rows, None)
        except BaseException as error:
            # The database would make a text of it.
            self.failure = error
            raise

    def _made(self) -> Iterator[dict[str, Any]]:
        outgoing = self._outgoing
        for piece in outgoing.pieces():
            positions = piece.positions
            texts = {name: outgoing.facts(name, positions) for name in _TEXTS}
            flags = outgoing.table.flags[positions].tolist()
            created = outgoing.table.created[positions].tolist()
            for place, (content, label) in enumerate(zip(piece.contents, outgoing.labels(positions), strict=True)):
                self.count += 1
                row: dict[str, Any] = {name: values[place] or None for name, values in texts.items()}
                row |= {"label": label or None, "flags": flags[place], "created": created[place] or None}
                if isinstance(content, Ink):
                    yield row | {"image": None, "strokes": _strokes(content), "pen_width": content.pen_width}
                else:
                    image = {"bytes": png_of(content), "path": f"{self.count:06}.png"}
                    yield row | {"image": image, "strokes": None, "pen_width": None}


def _strokes(ink: Ink) -> list[dict[str, list[float]]]:
    return [
        {
            "x": np.ascontiguousarray(stroke.points[:, 0]).tolist(),
            "y": np.ascontiguousarray(stroke.points[:, 1]).tolist(),
            "time": stroke.times.tolist(),
            "pressure": stroke.pressures.tolist(),
        }
        for stroke in ink.strokes
    ]


def _write_error(path: Path, error: Exception) -> RecognizerError:
    reason = reason_of(error)
    if "No space left" in reason or "not enough space" in reason:
        return write_error(path, OSError(28, "No space left on device"))
    return RecognizerError(tr("The file cannot be written"), where=f"{path} ({reason})", exit_code=1)
