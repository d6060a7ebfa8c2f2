"""What is in the library's file, and how files of older versions become files of this one."""

import sqlite3
from collections.abc import Callable
from typing import Final

VERSION: Final = 1
APPLICATION: Final = 0x52434F4C
"""What SQLite calls the application id: `RCOL`."""

SAMPLE_COLUMNS: Final = (
    *("id", "dataset", "class", "split", "writer", "source", "note", "flags"),
    *("created", "deleted", "kind", "hash", "preprocessing", "predicted", "confidence", "model"),
)
"""The columns of the table `samples`; every one is a whole number.

`class` is an id of `classes` (0: nobody has said yet what it is), `writer`, `source`, `note`, `predicted` and `model`
are ids of `texts` (0: nothing), `created` and `deleted` are seconds since 1970 (0: not), `hash` the first 64 bits of
the original's SHA-256, `confidence` parts of 65,535 (0: not asked).
"""

TABLES: Final[dict[str, str]] = {
    "meta": "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "datasets": (
        "CREATE TABLE datasets (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL,"
        " created INTEGER NOT NULL, deleted INTEGER NOT NULL)"
    ),
    "classes": (
        "CREATE TABLE classes (id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL, name TEXT NOT NULL,"
        " place INTEGER NOT NULL)"
    ),
    "texts": "CREATE TABLE texts (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE)",
    "samples": (
        "CREATE TABLE samples (id INTEGER PRIMARY KEY AUTOINCREMENT, "
        + ", ".join(f'"{name}" INTEGER NOT NULL' for name in SAMPLE_COLUMNS[1:])
        + ")"
    ),
    "contents": "CREATE TABLE contents (id INTEGER PRIMARY KEY, original BLOB NOT NULL, picture BLOB)",
    "journal": (
        "CREATE TABLE journal (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, kind TEXT NOT NULL,"
        " words TEXT NOT NULL, state INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
        " changes BLOB NOT NULL)"
    ),
}
"""`contents.picture` is what a model sees, NULL where that is the original itself; `journal.first` and `last` are the
lowest and the highest id of a sample that the edit touched."""

MIGRATIONS: Final[dict[int, Callable[[sqlite3.Connection], None]]] = {}
"""By the version that it begins with, what makes a file one version newer; called in a transaction, after a backup."""


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file, in one transaction."""
    statements = "; ".join(TABLES.values())
    connection.executescript(
        f"BEGIN; {statements}; INSERT INTO meta VALUES ('revision', '0');"
        f" PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
    )


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file of `version` to this version, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in range(version, VERSION):
            MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def differences(connection: sqlite3.Connection) -> str:
    """Which table is missing or has other columns than ours; empty where all are as they should be."""
    wanted = sqlite3.connect(":memory:")
    try:
        for statement in TABLES.values():
            wanted.execute(statement)
        for table in TABLES:
            if _columns(connection, table) != _columns(wanted, table):
                return table
    finally:
        wanted.close()
    return ""


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")]
