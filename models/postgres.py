"""PostgreSQL as we need it: a connection goes back to the pool also when its transaction could not begin."""

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections


class ReturningContext(TransactionContextPooled):
    """Tortoise keeps the connection when BEGIN fails or is called off: ten such moments, and the pool is empty for good."""

    async def __aenter__(self) -> TransactionalDBClient:
        """Begin, or give back what was taken for it."""
        await self.ensure_connection()
        pool = self.client._parent._pool
        self.client._connection = taken = await pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            await pool.release(taken)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client


class ReturningClient(AsyncpgDBClient):
    """The process's pool."""

    def _in_transaction(self) -> TransactionContext:
        return ReturningContext(TransactionWrapper(self), self._pool_init_lock)


client_class = ReturningClient
