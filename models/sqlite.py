"""SQLite as we need it: one fair gate for every writer, and a write lock taken at the start of a transaction."""

import sqlite3

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.exceptions import TransactionManagementError


class ImmediateTransaction(SqliteTransactionWrapper):
    """BEGIN IMMEDIATE: a plain BEGIN that reads first and writes later fails beside another process (sqlite.org, isolation)."""

    async def begin(self) -> None:
        """Take the write lock now, waiting `busy_timeout` for a command-line call beside us."""
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as refusal:
            raise TransactionManagementError(refusal) from refusal


class FairSqliteClient(SqliteClient):
    """The process's one connection. Its asyncio lock queues first come, first served: that is the fair gate."""

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(ImmediateTransaction(self), self._lock)


client_class = FairSqliteClient
