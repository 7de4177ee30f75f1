"""What emoplug raises on purpose.

EmoplugError
├── SettingsError          a setting is unknown or has a wrong value
├── MessageError           the messages are not in a shape emoplug understands
├── InputError             a file or line given to a command cannot be read
├── PluginError            something about one plugin
│   ├── UnknownPluginError nothing installed answers to that name
│   ├── PluginLoadError    it is installed, importing it failed
│   ├── PluginFailedError  it raised or answered nonsense, under on_error="raise"
│   └── DeadlineError      it overran the deadline, under on_error="raise"
├── WeightsError           a weights file is missing, corrupt or of another kind
├── StoreError             what was kept on disk is missing, corrupt or cannot be written
│   └── StoreBusyError     another process is writing it
└── DeviceError            the device asked for is not the one in use
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class EmoplugError(Exception):
    """Base of every error emoplug raises on purpose."""


class SettingsError(EmoplugError):
    """A setting is unknown or has a wrong value."""


class MessageError(EmoplugError):
    """The messages are not in a shape emoplug understands."""


class InputError(EmoplugError):
    """A file or line given to a command cannot be read."""


class PluginError(EmoplugError):
    """Something about one plugin; ``plugin`` names it."""

    def __init__(self, plugin: str, message: str) -> None:
        super().__init__(message)
        self.plugin = plugin


class UnknownPluginError(PluginError):
    """Nothing installed answers to that name."""

    def __init__(self, plugin: str, installed: Iterable[str]) -> None:
        self.installed = tuple(sorted(installed))
        super().__init__(
            plugin,
            f"no installed plugin is called {plugin!r}{did_you_mean(plugin, self.installed)}; "
            f"installed: {', '.join(self.installed) or 'none'}",
        )


class PluginLoadError(PluginError):
    """A plugin is installed but could not be imported or built.

    Attributes:
        missing: The module that was not found, or ``None`` when the failure was another.
        fix: What to do about it, a pip line where one helps.
    """

    def __init__(self, plugin: str, problem: str, fix: str, missing: str | None = None) -> None:
        super().__init__(plugin, f"plugin {plugin!r} {problem}; {fix}")
        self.missing = missing
        self.fix = fix


class PluginFailedError(PluginError):
    """A plugin raised or answered nonsense, and ``on_error="raise"`` asked to hear of it."""

    def __init__(self, plugin: str, hook: str, reason: str) -> None:
        super().__init__(
            plugin,
            f"plugin {plugin!r} failed in {hook}: {reason}; mend or remove it, "
            'or set on_error="degrade" to go on without it',
        )
        self.hook = hook
        self.reason = reason


class DeadlineError(PluginError):
    """A plugin overran the deadline, and ``on_error="raise"`` asked to hear of it."""

    def __init__(self, plugin: str, hook: str, deadline: float) -> None:
        super().__init__(
            plugin,
            f"plugin {plugin!r} was still in {hook} at the deadline of {deadline:g} s; raise the "
            'deadline, call warm_up() first, or set on_error="degrade" to go on without it',
        )
        self.hook = hook
        self.deadline = deadline


class WeightsError(EmoplugError):
    """A weights file is missing, corrupt or of another kind."""


class StoreError(EmoplugError):
    """What was kept on disk is missing, corrupt or cannot be written; the message names it."""


class StoreBusyError(StoreError):
    """Another process is writing it."""


class DeviceError(EmoplugError):
    """The device asked for is not the one in use."""


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """Suggest the nearest valid name as the tail of a message, or nothing."""
    nearest = get_close_matches(name, list(valid), n=1, cutoff=0.5)
    return f" (did you mean {nearest[0]!r}?)" if nearest else ""
