from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from emoplug import Emoplug, Turn
from emoplug_cli._html import page
from emoplug_cli._input import parse, read_text
from tests.adapters.cli_browser import BROWSER, DRIVER, Browser, browser
from tests.adapters.cli_runs import CONVERSATION

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="needs a browser: apt-get install chromium chromium-driver",
)
HOSTILE = (
    "</script><script>document.title = 'taken'</script><img src=x onerror=\"document.title="
    "'taken'\"><svg onload=\"document.title='taken'\"><iframe src=http://evil.example></iframe>"
    '\' onmouseover=\'document.title=1\' " onfocus="document.title=1" autofocus=" \u2028 sad'
)
POINTS = "[...document.querySelectorAll('.chart .at .mark')]"
LINES = "[...document.querySelectorAll('.chart path.line')]"
BOX = "(e => (({x, y, width, height}) => ({x, y, width, height}))(e.getBoundingClientRect()))"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start one browser for all tests of this file."""
    with browser(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture(scope="module")
def turn() -> Turn:
    """Understand the example conversation."""
    (messages,) = parse(read_text(str(CONVERSATION))).conversations
    return Emoplug(deadline=60.0, on_error="raise").prepare(messages)


@pytest.fixture(scope="module")
def example(turn: Turn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of the example conversation."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page([turn], CONVERSATION.name), encoding="utf-8")
    return path


def written(folder: Path, *messages: dict[str, str]) -> Path:
    """Write the page of these messages."""
    turn = Emoplug(deadline=60.0, on_error="raise").prepare(messages)
    (folder / "page.html").write_text(page([turn], "page & more"), encoding="utf-8")
    return folder / "page.html"


def test_the_curve_is_drawn_with_a_point_for_each_message_read(
    chromium: Browser, example: Path, turn: Turn
) -> None:
    chromium.show(example)
    boxes = chromium.ask(f"{LINES}.map(l => (({{width, height}}) => [width, height])(l.getBBox()))")
    assert len(boxes) == 2, "a line for each speaker"
    assert all(width > 500 and height > 20 for width, height in boxes)
    assert all(length > 500 for length in chromium.ask(f"{LINES}.map(l => l.getTotalLength())"))
    drawn = chromium.ask(f"{LINES}.map(l => l.getAttribute('d').split(/[ML]/).length - 1)")
    assert sum(drawn) == len(turn.readings) == 15
    assert len(chromium.ask(f"{POINTS}.map({BOX}).filter(b => b.width > 5)")) == 15
    bars = chromium.ask("[...document.querySelectorAll('.bar')].map(b => b.getBBox().height)")
    assert len(bars) == 15
    assert min(bars) > 1


@pytest.mark.parametrize("width", [1000, 360])
def test_points_lie_on_the_lines_and_the_more_pleasant_the_higher(
    chromium: Browser, example: Path, turn: Turn, width: int
) -> None:
    chromium.show(example, width)
    points = chromium.ask(f"{POINTS}.map({BOX}).map(b => [b.x + b.width / 2, b.y + b.height / 2])")
    valence = [reading.affect.valence for reading in turn.readings if reading.affect]
    by_valence = sorted(zip(valence, [y for _, y in points], strict=True))
    heights = [y for _, y in by_valence]
    assert heights == pytest.approx(sorted(heights, reverse=True), abs=0.6)
    assert heights[0] - heights[-1] > 60
    ends = chromium.ask(
        f"{LINES}.map(l => l.getPointAtLength(0).matrixTransform(l.getScreenCTM()))"
        ".map(p => [p.x, p.y])"
    )
    for end, point in zip(ends, points[:2], strict=True):  # the user begins, the assistant replies
        assert end == pytest.approx(point, abs=1.5)


@pytest.mark.parametrize("width", [1000, 360])
def test_labels_are_large_enough_inside_the_picture_and_apart(
    chromium: Browser, example: Path, width: int
) -> None:
    chromium.show(example, width)
    for kind in (".scale text", ".tick", ".moment text"):
        (size,) = set(
            chromium.ask(f"[...document.querySelectorAll('{kind}')].map(t => "
                         "parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)")
        )  # fmt: skip
        assert size >= 11
        boxes = chromium.ask(f"[...document.querySelectorAll('{kind}')].map({BOX})")
        frame = chromium.ask(f"{BOX}(document.querySelector('.plot'))")
        for box in boxes:
            assert frame["x"] - 1 <= box["x"], box
            assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
        for one, other in pairwise(boxes):
            beside = (
                one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            )
            above = one["y"] + 10 <= other["y"] or other["y"] + 10 <= one["y"]
            assert beside or above, (kind, one, other)
    names = chromium.ask("[...document.querySelectorAll('.scale text')].map(t => t.textContent)")
    assert names == ["pleasant", "neutral", "unpleasant", "intensity", "message"]


def test_speakers_are_told_apart_by_shape_and_line(chromium: Browser, example: Path) -> None:
    chromium.show(example)
    shapes = chromium.ask(f"{POINTS}.map(p => p.getAttribute('d'))")
    assert len(set(shapes)) == 2
    assert shapes[0::2][:6] == [shapes[0]] * 6
    dashes = chromium.ask(f"{LINES}.map(l => getComputedStyle(l).strokeDasharray)")
    assert dashes[0] == "none"
    assert dashes[1] != "none"
    effects = chromium.ask(f"{LINES}.map(l => getComputedStyle(l).vectorEffect)")
    assert set(effects) == {"non-scaling-stroke"}, "or a narrow window would thin the lines"
    legend = chromium.ask("document.querySelector('figcaption').innerText").split()
    assert legend[:2] == ["user", "assistant"]
    assert {"positive", "negative", "ambiguous", "neutral"} <= set(legend)


def test_the_pointer_shows_what_a_message_felt_like(chromium: Browser, example: Path) -> None:
    chromium.show(example)
    point = chromium.driver.find_elements(By.CSS_SELECTOR, ".chart a")[4]
    tip = point.find_element(By.CSS_SELECTOR, ".tip")
    assert tip.value_of_css_property("visibility") == "hidden"
    ActionChains(chromium.driver).move_to_element(
        point.find_element(By.CSS_SELECTOR, ".hit")
    ).perform()
    assert tip.value_of_css_property("visibility") == "visible"
    assert tip.text.startswith("6. user: fear 9")


def test_the_keyboard_reaches_every_point_and_its_message(chromium: Browser, example: Path) -> None:
    chromium.show(example)
    keys = ActionChains(chromium.driver)
    keys.send_keys(Keys.TAB * 2).perform()
    tips = "[...document.querySelectorAll('.tip')]"
    shown = f"{tips}.filter(t => getComputedStyle(t).visibility === 'visible')"
    assert chromium.ask(f"{shown}.map(t => t.textContent)")[0].startswith("2. user: curiosity")
    assert chromium.ask("document.activeElement.getAttribute('aria-label')").startswith("Message 2")
    ActionChains(chromium.driver).send_keys(Keys.TAB * 14 + Keys.ENTER).perform()
    assert chromium.ask("location.hash") == "#m1-15"
    top = chromium.ask("document.querySelector('tr:target').getBoundingClientRect().top")
    assert 0 <= top < 900


def test_the_curve_can_be_skipped_by_keyboard(chromium: Browser, example: Path) -> None:
    chromium.show(example)
    ActionChains(chromium.driver).send_keys(Keys.TAB).perform()
    assert chromium.ask("document.activeElement.textContent") == "Skip the curve"
    assert chromium.ask(f"{BOX}(document.activeElement).x") > 0
    ActionChains(chromium.driver).send_keys(Keys.ENTER).perform()
    assert chromium.ask("location.hash") == "#messages1"


def test_a_screen_reader_hears_names_tables_and_headings(chromium: Browser, example: Path) -> None:
    chromium.show(example)
    tree = chromium.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    heard = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node.get("ignored") and "role" in node
    ]
    assert ("heading", "Strongest moments") in heard
    assert [name for role, name in heard if role == "columnheader"] == [
        "#", "Speaker", "Message", "Feeling",
    ]  # fmt: skip
    assert len([name for role, name in heard if role == "link" and "valence" in name]) == 15
    assert "Course of feeling" in " ".join(name for role, name in heard if role != "StaticText")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_readable_contrast_in_light_and_dark(
    chromium: Browser, example: Path, scheme: str
) -> None:
    chromium.show(example, scheme=scheme)
    contrasts = chromium.contrasts()
    assert len(contrasts) > 60
    assert {text: ratio for text, ratio in contrasts.items() if ratio < 4.5} == {}
    background = chromium.ask("getComputedStyle(document.body).backgroundColor")
    red = int(background.split("(")[1].split(",")[0])
    assert (red > 128) == (scheme == "light")


def test_nothing_is_asked_from_the_network_and_the_console_stays_empty(
    chromium: Browser, example: Path
) -> None:
    chromium.show(example)
    asked = [url for url in chromium.requests() if not url.startswith(("data:", "about:"))]
    assert asked == [example.as_uri()]
    assert chromium.complaints() == []


def test_hostile_text_runs_nothing_and_loads_nothing(chromium: Browser, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"role": "user", "content": f"I am so {HOSTILE}", "name": HOSTILE},
        {"role": "assistant", "content": HOSTILE},
    )
    chromium.show(path)
    for point in chromium.driver.find_elements(By.CSS_SELECTOR, ".hit, td"):
        ActionChains(chromium.driver).move_to_element(point).perform()
    assert chromium.driver.title == "page & more · emoplug"
    assert chromium.ask("document.querySelectorAll('script, iframe, img, [onload]').length") == 0
    assert chromium.ask("document.querySelector('.said').textContent") == (
        f"I am so {HOSTILE}".replace("\u2028", "")
    )
    assert [url for url in chromium.requests() if url.startswith("http")] == []
    assert chromium.complaints() == []


@pytest.mark.parametrize("width", [1000, 360])
def test_no_page_scrolls_sideways_whatever_its_words_and_length(
    chromium: Browser, example: Path, tmp_path: Path, width: int
) -> None:
    chromium.show(example, width)
    assert chromium.ask(SIDEWAYS) == 0
    long = [
        {"role": "user", "name": "Bartholomäus" * 3, "content": f"{'Oh' * 300} no {number}"}
        for number in range(300)
    ]
    chromium.show(written(tmp_path, *long), width)
    assert chromium.ask(SIDEWAYS) == 0
    assert chromium.ask("document.querySelector('.scroll').scrollWidth") == 4000
    assert len(chromium.ask(f"{POINTS}.map({BOX}).filter(b => b.width > 5)")) == 300


def test_one_message_and_none_are_pages_too(chromium: Browser, tmp_path: Path) -> None:
    chromium.show(written(tmp_path, {"role": "user", "content": "I am so happy!"}), 360)
    (box,) = chromium.ask(f"{POINTS}.map({BOX})")
    assert 0 < box["x"] < 360
    chromium.show(written(tmp_path), 360)
    assert chromium.ask(f"{POINTS}.length") == 0
    assert "No feeling was read here" in chromium.ask("document.body.innerText")
    assert chromium.complaints() == []
