"""A database full of rows in every table and column, made up from the shape of the tables, so that a new column is in it by itself."""

import importlib
import random
import sqlite3
from contextlib import closing
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from tortoise.fields import BooleanField
from tortoise.models import Model

from models.database import RECORDS

OFTEN = {"delivery": 8, "entry": 10, "inbound": 10, "line": 4, "message": 2, "personal": 10}  # rows for each booking
SELDOM = {"catalog_version": 3, "counter": 3, "kept": 20, "rate": 3, "resource": 40, "staff": 5}
WORDS = ("Señora Åsa", "ビーチ 🚐", "a\nb\t'c' \"d\" \\", "", "0", "null")


def truths() -> set[tuple[str, str]]:
    """Every table and column that says yes or no."""
    return {
        (record._meta.db_table, name)
        for module in map(importlib.import_module, RECORDS)
        for record in vars(module).values()
        if isinstance(record, type) and issubclass(record, Model) and record is not Model
        for name, field in record._meta.fields_map.items()
        if isinstance(field, BooleanField)
    }


def fill(path: Path, bookings: int, document: int = 300) -> None:
    """Fill a migrated SQLite file as if there had been so many bookings; a document has so many bytes."""
    chance, known = random.Random(7), truths()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        parents = {table: _parents(connection, table) for table in _tables(connection)}
        for table in TopologicalSorter({table: set(of.values()) for table, of in parents.items()}).static_order():
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            for number in range(1, _rows(table, bookings) + 1):
                row = [
                    number % _rows(parents[table][column], bookings) + 1 if column in parents[table]
                    else None if number % 5 == 2 and not (obligatory or key)
                    else number % 2 if (table, column) in known
                    else _value(kind, column, number, document, chance)
                    for _, column, kind, obligatory, _, key in columns
                ]  # fmt: skip
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        for _, made in guards:
            connection.execute(made)
        assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
        connection.execute("COMMIT")


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in found if not name.startswith(("sqlite_", "tortoise_"))]


def _parents(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    return {column: of for _, _, of, column, *_ in connection.execute(f"PRAGMA foreign_key_list({table})")}


def _rows(table: str, bookings: int) -> int:
    return SELDOM.get(table) or bookings * OFTEN.get(table, 1)


def _value(kind: str, column: str, number: int, document: int, chance: random.Random) -> Any:
    if kind == "BLOB":
        return chance.randbytes(document)
    if kind == "TEXT":
        return WORDS[number % len(WORDS)] + "x" * (number % 200)
    if kind.startswith("VARCHAR("):
        return f"{number:03}"[-int(kind[8:-1]) :]
    return number if column in ("id", "position") else number * 10**11 if kind == "BIGINT" else number % 1000
