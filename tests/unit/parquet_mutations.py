"""Damages Parquet files and reads them; run as a script, so that a crash of native code is seen as such.

`python parquet_mutations.py FOLDER FIRST COUNT` prints a line for each: its number, seconds, and what came of it.
"""

import random
import struct
import sys
import time
from pathlib import Path

import duckdb

from recognizer.base.errors import RecognizerError
from recognizer.base.progress import no_progress
from recognizer.library.importing.parquet import ParquetSource
from recognizer.library.importing.reader import ImportOptions

_PNG = (
    "unhex('89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63700000004200412937f4ef0000000049454e44ae426082')"
)
_STROKES = "[{x: [i, 2.5]::FLOAT[], y: [1, i]::FLOAT[], time: [0, 1]::FLOAT[], pressure: [1, 1]::FLOAT[]}]"
TABLES = {
    "image": f"SELECT {{bytes: {_PNG}, path: i || '.png'}} AS image, i % 10 AS label FROM range(300) t(i)",
    "drawing": f"SELECT {_STROKES} AS strokes, 2.0 AS pen_width, 'l' || i % 7 AS label, 'train' AS split, "
    "make_timestamp(i * 1000000) AS created FROM range(300) t(i)",
    "list": "SELECT [i, 255, 3, i // 2]::UTINYINT[] AS pixels, i % 10 AS label FROM range(200) t(i)",
    "nested": "SELECT [[(i % 2)::FLOAT, 0.5], [0.25, 1]]::FLOAT[][] AS x, i AS y FROM range(200) t(i)",
    "table": "SELECT i % 10 AS label, i % 256 AS p0, 255 - i % 256 AS p1, 7 AS p2, 255 AS p3 FROM range(200) t(i)",
}
CODECS = ("zstd", "snappy", "gzip", "uncompressed", "brotli", "lz4_raw")


def make(folder: Path) -> list[Path]:
    """A file of each table in each packing."""
    made = []
    with duckdb.connect() as connection:
        for name, query in TABLES.items():
            for codec in CODECS:
                made.append(folder / f"{name}-{codec}.parquet")
                version = "v2" if codec in ("gzip", "lz4_raw") else "v1"
                connection.execute(
                    f"COPY ({query}) TO '{made[-1]}' (FORMAT parquet, COMPRESSION {codec}, PARQUET_VERSION {version})"
                )
    return made


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A damaged copy; its two ends stay as they are but in one of six."""
    damaged = bytearray(content)
    footer = struct.unpack("<I", content[-8:-4])[0]
    begin, end = (4, len(damaged) - 8) if chance.random() < 0.6 else (len(damaged) - 8 - footer, len(damaged) - 8)
    place = chance.randrange(begin, end)
    way = chance.randrange(6)
    if way < 2:
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            damaged[chance.randrange(begin, end)] = chance.randrange(256)
    elif way == 2:
        extreme = chance.choice((b"\xff\xff\xff\xff\x07", b"\xfe\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", bytes(8)))
        damaged[place : place + len(extreme)] = extreme
    elif way == 3:
        del damaged[place : min(place + chance.randrange(1, 200), len(damaged) - 8)]
    elif way == 4:
        damaged[place:place] = chance.randbytes(chance.randrange(1, 20))
    else:
        del damaged[place:]
        damaged += content[len(content) - 8 - footer :] if chance.random() < 0.5 else b""
    return bytes(damaged)


def read(path: Path) -> str:
    """What comes of importing a file."""
    try:
        source = ParquetSource(path, ImportOptions())
        source.preview()
        return f"read {sum(len(chunk) for chunk in source.chunks(no_progress))}"
    except RecognizerError as error:
        return f"refused {error}"


def main() -> None:
    """Damage and read."""
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    files = [path.read_bytes() for path in make(folder)]
    for number in range(first, first + count):
        chance = random.Random(number)
        path = folder / "damaged.parquet"
        path.write_bytes(mutated(chance.choice(files), chance))
        begin = time.monotonic()
        outcome = read(path)
        print(number, f"{time.monotonic() - begin:.3f}", outcome.replace("\n", " "), sep="\t", flush=True)


if __name__ == "__main__":
    main()
