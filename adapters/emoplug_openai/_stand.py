"""An object that stands in for another: some attributes are ours, every other one is its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Makers = Mapping[str, Callable[[], Any]]


class Stand:
    """Stands in for ``target``, which it never changes on its own.

    It passes ``isinstance`` checks as ``target`` does; what is set on it is set on ``target``.

    Args:
        target: The object that does the work.
        makers: Attributes to replace; each is made when first asked for.
    """

    # The names are long because they hide target's attributes of the same name.
    __slots__ = ("__weakref__", "_emoplug_made", "_emoplug_makers", "_emoplug_target")
    _emoplug_target: Any
    _emoplug_makers: Makers
    _emoplug_made: dict[str, Any]

    def __init__(self, target: Any, makers: Makers | None = None) -> None:
        object.__setattr__(self, "_emoplug_target", target)
        object.__setattr__(self, "_emoplug_makers", makers or {})
        object.__setattr__(self, "_emoplug_made", {})

    @property  # type: ignore[misc]  # object's can be written; ours only tells isinstance
    def __class__(self) -> type:
        return type(self._emoplug_target)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_emoplug_"):  # a slot not yet filled, as while being copied
            raise AttributeError(name)
        maker = self._emoplug_makers.get(name)
        if maker is None:
            return getattr(self._emoplug_target, name)
        if name not in self._emoplug_made:
            self._emoplug_made[name] = maker()
        return self._emoplug_made[name]

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._emoplug_target, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._emoplug_target, name)

    def __dir__(self) -> list[str]:
        return dir(self._emoplug_target)

    def __repr__(self) -> str:
        return repr(self._emoplug_target)


class ClientStand(Stand):
    """Stands in for a client, also in a ``with``."""

    __slots__ = ()

    def __enter__(self) -> ClientStand:
        self._emoplug_target.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        return self._emoplug_target.__exit__(*error)


class AsyncClientStand(Stand):
    """Stands in for an asynchronous client, also in an ``async with``."""

    __slots__ = ()

    async def __aenter__(self) -> AsyncClientStand:
        await self._emoplug_target.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._emoplug_target.__aexit__(*error)
