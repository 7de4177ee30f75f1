"""Holds the hook reference to the contract. Run this file to write the reference anew."""

from __future__ import annotations

import inspect
from pathlib import Path

from emoplug import hookspecs

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "plugins" / "README.md"
START, END = "<!-- hooks: written by tests/test_docs.py -->\n", "<!-- hooks end -->"


def reference() -> str:
    parts = []
    for name, spec in vars(hookspecs).items():
        if hasattr(spec, "emoplug_spec"):
            signature = str(inspect.signature(spec)).replace("'", "")
            parts.append(f"### `{name}{signature}`\n\n{inspect.getdoc(spec)}\n")
    return "\n".join(parts)


def split_page() -> tuple[str, str, str]:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    shown, _, after = rest.partition(END)
    return before, shown, after


def test_the_hook_reference_is_that_of_the_contract() -> None:
    assert split_page()[1] == reference()


def test_every_plugin_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for folder in (ROOT / "plugins").glob("emoplug_*/__init__.py"):
        assert f"`{folder.parent.name.removeprefix('emoplug_')}`" in page


def test_the_page_of_adapters_shows_the_adapter_that_was_run() -> None:
    page = (ROOT / "adapters" / "README.md").read_text(encoding="utf-8")
    shown = page.split("```python\n")[1].split("```")[0]
    assert shown in (ROOT / "examples" / "own_adapter.py").read_text(encoding="utf-8")


def test_every_adapter_is_on_the_page_of_adapters() -> None:
    page = (ROOT / "adapters" / "README.md").read_text(encoding="utf-8")
    for folder in (ROOT / "adapters").glob("*/"):
        assert f"[`{folder.name}`]({folder.name}/README.md)" in page


def test_every_public_name_has_a_docstring() -> None:
    import emoplug

    for name in emoplug.__all__:
        value = getattr(emoplug, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name


if __name__ == "__main__":
    before, _, after = split_page()
    PAGE.write_text(before + START + reference() + END + after, encoding="utf-8")
