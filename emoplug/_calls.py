"""One hook call to one plugin: isolated, timed, typed, and checked."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pluggy

from emoplug._catalogue import HOOKS
from emoplug._errors import DeadlineError, PluginFailedError
from emoplug._settings import OnError
from emoplug._telemetry import SILENCE, Call
from emoplug._types import Degraded

FIRST_RESULT = frozenset({"encode", "comprehend"})
"""Hooks whose first answer decides; pluggy answers these bare, the others in a list."""

_PLACES = {hook: place for place, hook in enumerate(HOOKS)}
log = logging.getLogger("emoplug")

BUSY_LIMIT = 4
"""A plugin this many of whose calls overran and still run is not asked again until one ends."""


class Callers:
    """Asks one plugin one hook, through pluggy, so that its argument rules hold."""

    def __init__(self, manager: pluggy.PluginManager, plugins: Mapping[str, object]) -> None:
        self._by_hook: dict[str, tuple[tuple[str, Callable[..., Any]], ...]] = {}
        everyone = list(plugins.values())
        for hook in HOOKS:
            whole = getattr(manager.hook, hook)
            names = {impl.plugin_name for impl in whole.get_hookimpls()}
            self._by_hook[hook] = tuple(
                (name, manager.subset_hook_caller(hook, [p for p in everyone if p is not plugin]))
                for name, plugin in plugins.items()
                if name in names
            )

    def of(self, hook: str) -> tuple[tuple[str, Callable[..., Any]], ...]:
        """Answer (plugin name, caller) for everyone who implements ``hook``, in order."""
        return self._by_hook[hook]

    def ask(self, hook: str, caller: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        """Call and unpack: a single plugin's list of one answer is that answer."""
        answer = caller(**arguments)
        if hook in FIRST_RESULT:
            return answer
        return answer[0] if answer else None


@dataclass
class Overruns:
    """Counts, per plugin, the abandoned calls that still run."""

    counts: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, plugin: str, change: int) -> None:
        """Note that an abandoned call began (1) or ended (-1)."""
        with self.lock:
            self.counts[plugin] = self.counts.get(plugin, 0) + change

    def too_many(self, plugin: str) -> bool:
        """Tell whether asking ``plugin`` again would only tie up one more thread."""
        return self.counts.get(plugin, 0) >= BUSY_LIMIT


@dataclass(eq=False)
class _Asked:
    """A plugin that is being asked.

    Attributes:
        started: When that began.
        abandoned: Whether nobody waits for its answer any more.
    """

    plugin: str
    hook: str
    started: float
    abandoned: bool = False


class Attempt:
    """The calls made for one ``prepare`` or ``review``: who is asked now, and who was skipped.

    Workers ask, perhaps two at a time; the caller that stops waiting calls ``abandon`` from its own
    thread.
    """

    def __init__(
        self, callers: Callers, overruns: Overruns, on_error: OnError, call: Call = SILENCE
    ) -> None:
        self._callers, self._overruns, self._on_error = callers, overruns, on_error
        self.call = call
        self._lock = threading.Lock()
        self._asked: list[_Asked] = []
        self._degraded: list[Degraded] = []
        self.over = False

    def callers(self, hook: str) -> tuple[tuple[str, Callable[..., Any]], ...]:
        """Answer (plugin name, caller) for everyone who implements ``hook``, in order."""
        return self._callers.of(hook)

    def ask(
        self, hook: str, arguments: Mapping[str, Any], check: Callable[[Any], str | None]
    ) -> list[Any]:
        """Ask everyone who implements ``hook``; answer what each said, ``None`` left out.

        ``check`` tells what is wrong with an answer, or ``None``.
        """
        answers: list[Any] = []
        for plugin, caller in self._callers.of(hook):
            answer = self.ask_one(plugin, hook, caller, arguments, check)
            if answer is not None:
                answers.append(answer)
                if hook in FIRST_RESULT:
                    break
        return answers

    def degraded(self) -> tuple[Degraded, ...]:
        """Everyone skipped so far, in the order of the hooks."""
        with self._lock:
            return tuple(sorted(self._degraded, key=lambda one: _PLACES.get(one.hook, len(HOOKS))))

    def abandon(self, deadline: float) -> None:
        """Stop waiting: blame whoever is being asked now, and ask nobody after.

        Raises:
            DeadlineError: under ``on_error="raise"``.
        """
        with self._lock:
            self.over = True
            blamed = [*self._asked] or [_Asked("emoplug", "prepare", time.perf_counter())]
            for one in self._asked:
                one.abandoned = True
                self._overruns.add(one.plugin, 1)
        if self._on_error == "raise":
            raise DeadlineError(blamed[0].plugin, blamed[0].hook, deadline)
        for one in blamed:
            self._skip(one.plugin, one.hook, f"deadline of {deadline:g} s reached", one.started)

    def ask_one(
        self,
        plugin: str,
        hook: str,
        caller: Callable[..., Any],
        arguments: Mapping[str, Any],
        check: Callable[[Any], str | None],
        lenient: bool = False,
    ) -> Any:
        """Ask one plugin; ``None`` when it has no opinion, fails, or time is up.

        ``lenient`` is for a question that is asked again if this fails: nobody is skipped then.
        """
        started = time.perf_counter()
        fail = _nobody if lenient else self._fail
        if self._overruns.too_many(plugin):
            return fail(plugin, hook, "still busy with earlier calls", started, None)
        current = _Asked(plugin, hook, started)
        with self._lock:
            if self.over:
                return None
            self._asked.append(current)
        problem: str | None
        cause: BaseException | None = None
        with self.call.plugin(plugin, hook) as asked:
            try:
                answer = self._callers.ask(hook, caller, arguments)
                problem = None if answer is None else check(answer)
            except BaseException as error:  # SystemExit in a plugin must not pass either
                answer, cause = None, error
                problem = f"{type(error).__name__}: {error}"
            finally:
                self._release(current)
            if problem is not None:
                asked.failed(problem, cause)
        return answer if problem is None else fail(plugin, hook, problem, started, cause)

    def _release(self, asked: _Asked) -> None:
        with self._lock:
            self._asked.remove(asked)
            if asked.abandoned:
                self._overruns.add(asked.plugin, -1)

    def _fail(
        self, plugin: str, hook: str, reason: str, started: float, cause: BaseException | None
    ) -> None:
        if self._on_error == "raise":
            raise PluginFailedError(plugin, hook, reason) from cause
        self._skip(plugin, hook, reason, started)

    def _skip(self, plugin: str, hook: str, reason: str, started: float) -> None:
        skipped = Degraded(
            plugin=plugin, hook=hook, reason=reason, elapsed=time.perf_counter() - started
        )
        with self._lock:
            self._degraded.append(skipped)
        # The reason can hold a plugin's own words, which can hold the user's: not for the log.
        log.warning(
            "plugin %s skipped in %s after %.3f s",
            plugin,
            hook,
            skipped.elapsed,
            extra={
                "emoplug.plugin": plugin,
                "emoplug.hook": hook,
                "emoplug.elapsed": skipped.elapsed,
            },
        )


def _nobody(*_failure: object) -> None:
    """Skip nobody for a failure."""
