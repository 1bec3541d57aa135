"""SQLite as we need it: one fair gate for every writer, and a write lock taken at the start of a transaction."""

import sqlite3

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError


class ImmediateTransaction(SqliteTransactionWrapper):
    """BEGIN IMMEDIATE: a plain BEGIN that reads first and writes later fails beside another process (sqlite.org, isolation)."""

    async def begin(self) -> None:
        """Take the write lock now, waiting `busy_timeout` for a command-line call beside us."""
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as refusal:
            raise TransactionManagementError(refusal) from refusal


class FairGate(SqliteTransactionContext):
    """Tortoise leaves the gate shut when BEGIN fails or is called off: every later writer would wait for ever."""

    async def __aenter__(self) -> TransactionalDBClient:
        """Come in, or leave the gate as it was."""
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self._begin()
        except BaseException:
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        client: TransactionalDBClient = self.connection
        return client

    async def _begin(self) -> None:
        try:
            await self.connection.begin()
        except BaseException:
            await self.connection.rollback()  # called off: the connection's thread may have begun all the same
            raise


class FairSqliteClient(SqliteClient):
    """The process's one connection. Its asyncio lock queues first come, first served: that is the fair gate."""

    def _in_transaction(self) -> TransactionContext:
        return FairGate(ImmediateTransaction(self), self._lock)


client_class = FairSqliteClient
