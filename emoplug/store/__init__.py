"""Keeps what was said in conversations, behind a protocol that any database can implement.

    store = SqliteStore("memories.sqlite")
    store.append("ann", [Memory(role="user", text="My cat died.", ...)])
    store.forget("ann")

Importing ``emoplug`` does not import this.
"""

from emoplug.store._memory import Memory
from emoplug.store._protocol import Store
from emoplug.store._sqlite import SqliteStore

__all__ = ["Memory", "SqliteStore", "Store"]
