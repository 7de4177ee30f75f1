"""What a search may find, told by metadata or by a function."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from langchain_core.documents import Document

from emoplug import did_you_mean
from emoplug_langchain._kept import Kept, Metadata

Filter: TypeAlias = Mapping[str, Any] | Callable[[Document], bool]
"""``{"topic": "work", "year": {"$gte": 2024}}``, or a function told each document."""
Fits = Callable[[Kept], bool]
_Test = Callable[[Metadata], bool]

_MISSING = object()


def fits_of(chosen: Filter) -> Fits:
    """Make the test that ``chosen`` asks for.

    Raises:
        ValueError: it has an operator that is not known, or one without what it needs.
    """
    if isinstance(chosen, Mapping):
        test = _all_of(chosen)
        return lambda kept: test(kept.metadata)
    if callable(chosen):
        # A shallow copy: whoever filters may put keys into what they are shown.
        return lambda kept: bool(
            chosen(Document(kept.text, id=kept.id, metadata=dict(kept.metadata)))
        )
    raise ValueError(f"a filter is a mapping or a function, not a {type(chosen).__name__}")


def _all_of(conditions: Mapping[str, Any]) -> _Test:
    tests = [_condition(name, wanted) for name, wanted in conditions.items()]
    return lambda metadata: all(test(metadata) for test in tests)


def _condition(name: str, wanted: Any) -> _Test:
    if name in _TOGETHER:
        return _TOGETHER[name](_branches(name, wanted))
    if name == "$not":
        test = _branches(name, [wanted])[0]
        return lambda metadata: not test(metadata)
    if name.startswith("$"):
        raise _unknown(name, [*_TOGETHER, "$not"])
    if isinstance(wanted, Mapping) and any(str(key).startswith("$") for key in wanted):
        return _field(name, wanted)
    return _field(name, {"$eq": wanted})


def _branches(name: str, wanted: Any) -> list[_Test]:
    if not _is_list(wanted) or not all(isinstance(branch, Mapping) for branch in wanted):
        raise ValueError(f"{name} takes filters, such as {{'topic': 'work'}}")
    return [_all_of(branch) for branch in wanted]


def _field(name: str, asked: Mapping[str, Any]) -> _Test:
    for key, wanted in asked.items():
        if key not in _OPERATORS:
            raise _unknown(key, _OPERATORS)
        if key in ("$in", "$nin") and not _is_list(wanted):
            raise ValueError(f"{key} of {name!r} takes a list of values")
    tests = [(_OPERATORS[key], wanted) for key, wanted in asked.items()]

    def test(metadata: Metadata) -> bool:
        found = metadata.get(name, _MISSING)
        return all(holds(found, wanted) for holds, wanted in tests)

    return test


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes)


def _same(found: Any, wanted: Any) -> bool:
    return bool(found == (list(wanted) if isinstance(wanted, tuple) else wanted))


def _among(found: Any, wanted: Any) -> bool:
    return any(_same(found, one) for one in wanted)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(found: Any, wanted: Any) -> bool:
        try:
            return bool(compare(found, wanted))
        except TypeError:  # missing, or of another kind: neither more nor less
            return False

    return holds


def _any_of(tests: Sequence[_Test]) -> _Test:
    return lambda metadata: any(test(metadata) for test in tests)


def _every_one_of(tests: Sequence[_Test]) -> _Test:
    return lambda metadata: all(test(metadata) for test in tests)


_TOGETHER: Mapping[str, Callable[[Sequence[_Test]], _Test]] = {
    "$and": _every_one_of,
    "$or": _any_of,
}
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": _same,
    "$ne": lambda found, wanted: not _same(found, wanted),
    "$gt": _ordered(operator.gt),
    "$gte": _ordered(operator.ge),
    "$lt": _ordered(operator.lt),
    "$lte": _ordered(operator.le),
    "$in": _among,
    "$nin": lambda found, wanted: not _among(found, wanted),
    "$exists": lambda found, wanted: (found is not _MISSING) == bool(wanted),
}


def _unknown(name: object, known: Sequence[str] | Mapping[str, Any]) -> ValueError:
    hint = did_you_mean(str(name), known)
    return ValueError(f"a filter has no operator {name!r}{hint}; known: {', '.join(known)}")
