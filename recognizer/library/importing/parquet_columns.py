"""Which columns of a Parquet table are pictures, strokes, labels and facts, and how they are asked for in SQL."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isqrt
from pathlib import Path
from typing import Any, Final

from recognizer.base.i18n import tr
from recognizer.library.duck import named
from recognizer.library.importing.words import FACT_COLUMNS, LABEL_COLUMNS
from recognizer.library.rawdata import bad_data

MAX_TEXT: Final = 2_000
"""Characters of a text that are read."""
_PICTURES: Final = ("image", "img", "picture", "pixels", "pixel_values", "x", "data", "bytes", "features", "digit")
_NUMBER: Final = r"(?:BOOLEAN|U?TINYINT|U?SMALLINT|U?INTEGER|U?BIGINT|U?HUGEINT|FLOAT|DOUBLE|DECIMAL\([\d,]+\))"
_SCALAR: Final = re.compile(_NUMBER)
_LIST: Final = re.compile(rf"({_NUMBER})((?:\[\d*\]){{1,3}})")
_BYTES: Final = re.compile(r'STRUCT\((?:.*, )?"?bytes"? BLOB[,)].*', re.DOTALL)
_STROKES: Final = re.compile(r'STRUCT\((?=.*"?\bx"? \w+\[\])(?=.*"?\by"? \w+\[\]).*\)\[\]', re.DOTALL)
_INDEX: Final = re.compile(r"__index_level_\d+__|index|idx|id|unnamed: 0|column0", re.IGNORECASE)
_LENGTHS: Final = {"VARCHAR": "strlen", "BLOB": "octet_length"}
_LEAST_PIXELS: Final = 4
_NAMED: Final = 12
"""Columns that are named in an error."""
BYTES_A_POINT: Final = 128
"""What the four numbers of a point take while they are Python's."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table are.

    Attributes:
        bytes: SQL for the file of a picture; empty where there is none.
        strokes: SQL for the strokes of a drawing; empty where there are none.
        stroke_parts: The names of their parts.
        pen_width: SQL for the width of its pen; empty where it is not known.
        pixels: SQL for a list of all pixels of a picture; empty where they are not in a list.
        shape: SQL for the lengths of that list's dimensions, outermost first.
        cells: SQL for pixels that have columns of their own.
        kind: The type of the pixels.
        label: SQL for the label as text; empty where there is none.
        facts: SQL for the facts as text, by the names in `FACT_COLUMNS`.
        lengths: SQL for the bytes of a text in a column of text, for `label` and the facts that are such.
        class_names: The text of labels that are numbers.
    """

    bytes: str = ""
    strokes: str = ""
    stroke_parts: frozenset[str] = frozenset()
    pen_width: str = ""
    pixels: str = ""
    shape: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    kind: str = ""
    label: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    lengths: Mapping[str, str] = field(default_factory=dict)
    class_names: tuple[str, ...] = ()

    @property
    def is_array(self) -> bool:
        """Whether pictures are numbers rather than files."""
        return bool(self.pixels or self.cells)

    @property
    def size(self) -> str:
        """SQL for the bytes that a row's content takes, or for the number of pixels in a list."""
        if self.pixels:
            return f"coalesce(len({self.pixels}), 0)"
        parts = [f"coalesce(octet_length({self.bytes}), 0)"] if self.bytes else []
        if self.strokes:
            points = f"list_sum([len(stroke.x) + 1 for stroke in {self.strokes}])"
            parts.append(f"coalesce({points}, 0)::BIGINT * {BYTES_A_POINT}")
        return " + ".join(parts)

    def without(self, fact: str) -> "Columns":
        """These columns but for one fact."""
        return replace(self, facts={name: text for name, text in self.facts.items() if name != fact})

    @property
    def texts(self) -> dict[str, str]:
        """SQL for the label and the facts, by name."""
        return ({"label": self.label} if self.label else {}) | dict(self.facts)


def columns_of(columns: Mapping[str, str], metadata: bytes, path: Path) -> Columns:
    """Find out what the columns are.

    Args:
        columns: Their types in SQL, by name.
        metadata: What a file of Hugging Face says of itself, as JSON.
        path: The file, for errors.

    Raises:
        RecognizerError: None of them holds pictures or strokes.
    """
    known = {name: kind for name, kind in columns.items() if name != "file_row_number"}
    features = _features(metadata)
    facts: dict[str, str] = {fact: name for fact in FACT_COLUMNS for name in known if name.lower() == fact}
    label = _label(known, features, facts)
    rest = {name: kind for name, kind in known.items() if name != label and name not in facts.values()}
    texts = {fact: _text(name, known[name]) for fact, name in facts.items() if not known[name].endswith(("]", ")"))}
    lengths = {
        fact: f"{_LENGTHS[known[name]]}({named(name)})"
        for fact, name in {**facts, "label": label}.items()
        if known.get(name) in _LENGTHS
    }
    said: dict[str, Any] = {
        "lengths": lengths,
        "label": _text(label, known[label]) if label else "",
        "facts": texts,
        "class_names": _class_names(features.get(label)) if label and known[label] != "VARCHAR" else (),
    }
    picture = _best(rest, lambda kind: kind == "BLOB" or _BYTES.fullmatch(kind) is not None)
    strokes = next((name for name, kind in rest.items() if _STROKES.fullmatch(kind)), "")
    if picture or strokes:
        is_struct = picture and known[picture] != "BLOB"
        width = next((name for name in rest if name.lower() == "pen_width" and _SCALAR.fullmatch(rest[name])), "")
        return Columns(
            bytes=named(picture) + ".bytes" * bool(is_struct) if picture else "",
            strokes=named(strokes) if strokes else "",
            stroke_parts=frozenset(re.findall(r'"?(\w+)"? \w+\[\]', known[strokes])) if strokes else frozenset(),
            pen_width=named(width) if width else "",
            **said,
        )
    listed = _best(rest, lambda kind: _LIST.fullmatch(kind) is not None)
    if listed:
        match = _LIST.fullmatch(known[listed])
        assert match is not None
        depth = match[2].count("[")
        column = named(listed)
        nested = (column, f"{column}[1]", f"{column}[1][1]")[:depth]
        return Columns(
            pixels=f"{'flatten(' * (depth - 1)}{column}{')' * (depth - 1)}",
            shape=tuple(f"len({inner})" for inner in nested),
            kind=match[1],
            **said,
        )
    cells = [name for name, kind in rest.items() if _SCALAR.fullmatch(kind)]
    if not _is_square(len(cells)):
        cells = [name for name in cells if not _INDEX.fullmatch(name)]
    if len(cells) >= _LEAST_PIXELS and _is_square(len(cells)):
        kinds = {known[name] for name in cells}
        return Columns(cells=tuple(map(named, cells)), kind=kinds.pop() if len(kinds) == 1 else "DOUBLE", **said)
    names = ", ".join(list(known)[:_NAMED]) + ("…" if len(known) > _NAMED else "")
    raise bad_data(path, tr("it has no column of pictures; its columns are {names}", names=names))


def _label(known: Mapping[str, str], features: Mapping[str, Any], facts: Mapping[str, str]) -> str:
    """The name of the column with the labels; empty where there is none."""
    plain = [
        name
        for name, kind in known.items()
        if name not in facts.values() and (kind in ("VARCHAR", "BLOB") or kind[:4] == "ENUM" or _SCALAR.fullmatch(kind))
    ]
    by_name = [name for name in plain if name.lower() in LABEL_COLUMNS]
    by_feature = [name for name in plain if _class_names(features.get(name))]
    alike = [name for name in plain if name.lower().endswith(("label", "class"))]
    texts = [name for name in plain if known[name] == "VARCHAR" or known[name][:4] == "ENUM"]
    return next(iter([*by_name, *by_feature, *alike, *(texts if len(texts) == 1 else [])]), "")


def _best(known: Mapping[str, str], fits: Any) -> str:
    """The column of a fitting type whose name is the most telling; empty where no type fits."""
    fitting = [name for name, kind in known.items() if fits(kind)]
    ranks = {name: place for place, name in enumerate(_PICTURES)}
    return min(fitting, key=lambda name: ranks.get(name.lower(), len(ranks)), default="")


def _text(name: str, kind: str) -> str:
    """SQL for a column as text of bounded length."""
    column = named(name)
    if kind in ("FLOAT", "DOUBLE"):
        # How pandas writes whole numbers among which some are missing.
        is_whole = f"{column} = round({column}) AND abs({column}) < 2e15"
        return f"CASE WHEN {is_whole} THEN {column}::BIGINT::VARCHAR ELSE {column}::VARCHAR END"
    if kind == "BOOLEAN":
        return f"{column}::INTEGER::VARCHAR"
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"CAST(epoch_ms({column}::TIMESTAMP) // 1000 AS VARCHAR)"
    if kind == "BLOB":
        # Before it is cut, so that no letter is halved.
        return f"left(try(decode({column})), {MAX_TEXT})"
    return f"left({column}::VARCHAR, {MAX_TEXT})"


def _is_square(n: int) -> bool:
    return isqrt(n) ** 2 == n


def _features(metadata: bytes) -> Mapping[str, Any]:
    """What Hugging Face says of each column."""
    try:
        features = json.loads(metadata)["info"]["features"] if metadata else {}
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def _class_names(feature: object) -> tuple[str, ...]:
    names = feature.get("names") if isinstance(feature, dict) else None
    if isinstance(names, dict):
        names = list(names.values())
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(name[:MAX_TEXT] for name in names)
