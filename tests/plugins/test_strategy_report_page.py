from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emoplug import STRATEGIES
from emoplug_strategy._html import write_page
from emoplug_strategy._log import Choice
from emoplug_strategy._report import report_of
from tests.adapters.cli_browser import BROWSER, DRIVER, Browser, browser

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="needs a browser: apt-get install chromium chromium-driver",
)
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BARS = "[...document.querySelectorAll('.track i')].map(e => e.getBoundingClientRect().width)"

SCROLLED = "document.querySelector('.scroll')"
STRONGEST = """[...document.querySelectorAll('tbody tr')].map(row => [
  parseFloat(row.cells[1].textContent), row.querySelector('i').getBoundingClientRect().width
]).sort((a, b) => b[0] - a[0])[0]"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log in which advice is given for everything, now and then for what needs it."""
    advice = STRATEGIES.index("Providing Suggestions")
    choices = [Choice(advice if n % 3 else n % 8, (n * 5) % 8, str(n // 8)) for n in range(160)]
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(report_of(choices, "</title><img src=x onerror=alert(1)>", "", ""), path)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_the_bars_and_asks_for_nothing(
    chromium: Browser, report: Path, scheme: str
) -> None:
    chromium.show(report, scheme=scheme)
    bars = dict(zip(STRATEGIES, chromium.ask(BARS), strict=True))
    assert max(bars, key=bars.__getitem__) == "Providing Suggestions"
    assert chromium.complaints() == []
    assert [url for url in chromium.requests() if not url.startswith(("file:", "data:"))] == []
    assert {text: c for text, c in chromium.contrasts().items() if c < 4.5} == {}
    assert chromium.ask("document.querySelectorAll('img, script').length") == 0


def test_a_phone_scrolls_the_table_and_not_the_page(chromium: Browser, report: Path) -> None:
    chromium.show(report, width=360)
    assert chromium.ask(SIDEWAYS) == 0


@pytest.mark.parametrize("width", [360, 1000])
def test_all_columns_are_in_sight_and_the_mark_lies_over_the_bars(
    chromium: Browser, report: Path, width: int
) -> None:
    chromium.show(report, width=width)
    assert chromium.ask(f"(e => e.scrollWidth - e.clientWidth)({SCROLLED})") == 0
    track = "document.querySelector('.track')"
    none = chromium.ask(f"parseFloat(getComputedStyle({track}, '::after').left)")
    wide = chromium.ask(f"{track}.getBoundingClientRect().width")
    strongest, longest = chromium.ask(STRONGEST)
    assert none / wide == pytest.approx(1 / strongest, abs=0.02)
    assert longest == pytest.approx(wide, abs=1)


def test_a_screen_reader_is_told_what_the_page_and_its_table_are(
    chromium: Browser, report: Path
) -> None:
    chromium.show(report)
    assert chromium.ask("document.documentElement.lang") == "en"
    assert chromium.ask("document.title").startswith("Preference bias of </title><img")
    assert chromium.ask("document.querySelectorAll('main h1').length") == 1
    assert "1 is no preference" in chromium.ask("document.querySelector('caption').textContent")
    scopes = chromium.ask("[...document.querySelectorAll('th')].map(e => e.scope)")
    assert scopes == ["col"] * 6 + ["row"] * len(STRATEGIES)
