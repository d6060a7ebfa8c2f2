"""DuckDB, which reads and writes Parquet, shut off from everything but the one file."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_GLOB: Final = frozenset("*?[")
_MAX_REASON: Final = 200


@contextlib.contextmanager
def connected(path: Path, *, memory: str, threads: int) -> "Iterator[DuckDBPyConnection]":
    """A database in memory that may read and write `path` alone; it loads no extensions and reaches no network.

    Args:
        path: The file.
        memory: How much it may take, such as `100MB`; nothing is ever moved to the disk.
        threads: How many threads it uses.
    """
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
            "enable_external_file_cache": False,
        },
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET max_streaming_buffer_size = '4MB'")
        # A pattern is refused before it is found to mean the one file; such names are rare.
        if literal(path) == str(path.absolute()):
            connection.execute(f"SET allowed_paths = [{quoted(str(path.absolute()))}]")
            connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def literal(path: Path) -> str:
    """A pattern that means `path` and nothing else."""
    return "".join(f"[{sign}]" if sign in _GLOB else sign for sign in str(path.absolute()))


def quoted(text: str) -> str:
    """Text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def named(column: str) -> str:
    """The name of a column in SQL."""
    return '"' + column.replace('"', '""') + '"'


def reason_of(error: BaseException) -> str:
    """The first line of what the database says, without the class of the error."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line.split("Error: ", 1)[-1][:_MAX_REASON]
