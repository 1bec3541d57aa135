"""How we write an instant and a bundle of plain values into a column, the same on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from tortoise.fields.base import Field
from tortoise.models import Model

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(instant: datetime) -> int:
    """Microseconds since 1970 in UTC: how every instant is stored and compared."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant(stored: int) -> datetime:
    """The aware UTC instant of a stored number of microseconds."""
    return _EPOCH + timedelta(microseconds=stored)


def packed(values: Any) -> str:
    """Plain values as the JSON text that is stored; the order of keys is kept."""
    return orjson.dumps(values).decode()


def unpacked(stored: str) -> Any:
    """The plain values of a stored JSON text."""
    return orjson.loads(stored)


class Instant(Field[datetime], datetime):
    """An aware UTC instant, stored as microseconds so that SQL written by hand compares plain integers."""

    SQL_TYPE = "BIGINT"

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        """Stored form."""
        return micros(value) if isinstance(value, datetime) else value

    def to_python_value(self, value: Any) -> Any:
        """The aware instant."""
        return instant(value) if isinstance(value, int) else value


class Json(Field[Any], dict):  # type: ignore[type-arg]  # Tortoise wants the Python type as a base
    """Plain values as JSON text. Text and not JSONB: a draft's keys stand in the order they were answered."""

    SQL_TYPE = "TEXT"

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        """Stored form."""
        return None if value is None else packed(value)

    def to_python_value(self, value: Any) -> Any:
        """Plain values."""
        return unpacked(value) if isinstance(value, str) else value
