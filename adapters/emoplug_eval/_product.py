"""Builds the product as its users do, and tells which weights it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emoplug import Emoplug

Options = Mapping[str, Mapping[str, Any]]
_PATIENCE = 600.0
"""Seconds a conversation may take: nobody waits for a reply."""
_HASH = "sha256 "


@dataclass(frozen=True)
class Product:
    """Plugins that are on, and their options.

    Attributes:
        plugins: Names or plugin objects; only a plugin given by name takes options.
        options: Per plugin name, its options.
        permissive_only: Whether weights from restricted data are left out.
    """

    plugins: tuple[str | object, ...]
    options: Options = field(default_factory=dict)
    permissive_only: bool = False

    def has(self, plugin: str) -> bool:
        """Tell whether ``plugin`` is on by name, so that options and settings reach it."""
        return plugin in [entry for entry in self.plugins if isinstance(entry, str)]

    def set(self, plugin: str, name: str, value: Any) -> Product:
        """Answer a product with one option of ``plugin`` changed."""
        own = {**self.options.get(plugin, {}), name: value}
        return Product(self.plugins, {**self.options, plugin: own}, self.permissive_only)

    def build(self) -> Emoplug:
        """Build it; whatever fails raises, as a skipped plugin would change the numbers.

        Raises:
            PluginError, SettingsError: it cannot be built.
        """
        options = {name: own for name, own in self.options.items() if self.has(name)}
        return Emoplug(
            plugins=self.plugins,
            options=options,
            deadline=_PATIENCE,
            on_error="raise",
            permissive_only=self.permissive_only,
        )


def hashes(emo: Emoplug) -> dict[str, str]:
    """Answer the SHA-256 of each weights file in use, as the plugins that are on tell."""
    found: dict[str, str] = {}
    for plugin in emo.plugins.values():
        facts: Mapping[str, str] = getattr(plugin, "diagnose", dict)()
        found |= {k.removeprefix(_HASH): v for k, v in facts.items() if k.startswith(_HASH)}
    return found
