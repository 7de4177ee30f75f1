from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from emoplug import Affect, Degraded, Emoplug, InputError, Message, Reading, Risk, Turn
from emoplug_cli import _picture as picture
from emoplug_cli._files import overwrite
from emoplug_cli._html import page
from tests.adapters.cli_runs import CONVERSATION, PROGRAM, ROOT, analyze, environment

HOSTILE = [
    "</script><script>document.title = 'taken'</script>",
    "<img src=x onerror=\"document.title = 'taken'\">",
    "\u2028\u2029line ends of another kind",
    "' onmouseover='alert(1)",
    '" style="position:fixed" x="',
    "$title ${conversations} $$ %s {0}",
    "&lt;b&gt; &amp;amp; ]]> --> </title></svg></section>",
    "javascript:alert(1) http://evil.example/x.png",
    "\x1b[31m\x00\x9b\u202e",
]
VOID = {"meta", "link", "img", "input", "br", "hr"}


class Seen(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that is closed at once."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Note that the innermost tag is closed."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        if self.open and self.open[-1] != "style":
            self.said.append(data)


def seen(html: str) -> Seen:
    """Take a page apart; every tag that is opened is closed in order."""
    parser = Seen()
    parser.feed(html)
    parser.close()
    assert not parser.open
    return parser


def understood(texts: Sequence[str]) -> Turn:
    """Answer a real turn of these messages by a person and a model."""
    roles = ("user", "assistant")
    messages = [
        {"role": roles[place % 2], "name": text, "content": text}
        for place, text in enumerate(texts)
    ]
    return Emoplug(deadline=60.0, on_error="raise").prepare(messages)


@pytest.fixture(scope="module")
def example() -> str:
    """Answer the page of the example conversation."""
    lines = CONVERSATION.read_text(encoding="utf-8").splitlines()
    emo = Emoplug(deadline=60.0, on_error="raise")
    return page([emo.prepare([json.loads(line) for line in lines])], CONVERSATION.name)


def test_the_page_refers_to_nothing_outside_itself(example: str) -> None:
    assert not re.search(r"https?:|//\w|url\(|@import|srcset|<base|<iframe|<script", example)
    for tag, attributes in seen(example).tags:
        for name in ("src", "href", "action", "data", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,")), (tag, attributes)
    assert len(example) < 60_000


def test_the_page_forbids_scripts_and_requests_to_the_browser(example: str) -> None:
    policies = [a["content"] for t, a in seen(example).tags if a.get("http-equiv")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_every_link_leads_to_a_part_of_the_page(example: str) -> None:
    tags = seen(example).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"] for tag, attributes in tags if tag == "a"}
    assert len(links) >= 15
    assert links <= {f"#{one}" for one in ids}


def test_the_curve_names_itself_and_each_of_its_points(example: str) -> None:
    tags = seen(example).tags
    ids = {attributes.get("id") for _, attributes in tags}
    (chart,) = [a for tag, a in tags if tag == "svg" and a.get("class") == "chart"]
    assert chart["role"] == "group", "an img would hide its links from a screen reader"
    assert set((chart["aria-labelledby"] or "").split()) <= ids
    labels = [a["aria-label"] or "" for tag, a in tags if tag == "a" and "aria-label" in a]
    assert len(labels) == 15
    assert re.fullmatch(
        r"Message 6, user: fear 9\d%, valence -0\.\d\d, intensity 0\.\d\d", labels[4]
    )


def test_the_page_says_what_set_off_the_last_feeling(example: str) -> None:
    said = " ".join(seen(example).said)
    causes = said[said.index("What set off the last feeling") :]
    assert re.search(r"#16 user \d\d%: Thank you for listening", causes)


def test_the_page_says_who_may_be_in_danger_and_what_fits_next(example: str) -> None:
    said = " ".join(seen(example).said)
    assert re.search(r"What fits next \w[\w -]+ \d?\d%, .* \(stage of \w+\)", said)
    assert "may be in danger" not in said
    risk = Risk(index=0, kind="medical", probability=1.0, source="test")
    turn = Turn(messages=(Message(role="user", content="I can't breathe"),), risks=(risk,))
    shown = " ".join(seen(page([turn], "chat")).said)
    assert "Somebody may be in danger #1 user: possible medical 99%" in shown


def test_the_page_says_who_spoke_the_strongest_moments_and_what_is_told(example: str) -> None:
    said = " ".join(seen(example).said)
    assert "15 messages read · 2 speakers" in said
    moments = said[said.index("Strongest moments") : said.index("Messages")]
    assert "anger" in moments
    assert "And my brother hasn't even visited!" in moments
    assert "[Note by emoplug, not the person: They likely feel gratitude" in said
    assert "not facts" in said


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    usual = seen(page([understood(["I am so sad.", "I hate it"])], "x"))
    parts = seen(page([understood([f"I am so sad. {text}", f"I hate it {text}"])], text))
    assert {tag for tag, _ in parts.tags} == {tag for tag, _ in usual.tags}
    assert {name for _, a in parts.tags for name in a} == {n for _, a in usual.tags for n in a}
    clean = "".join(c for c in text if c not in "\x1b\x00\x9b\u202e\u2028\u2029")
    assert f"I am so sad. {clean}" in parts.said
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", "".join(parts.said))


def test_conversations_without_messages_or_readings_say_so() -> None:
    silent = Turn(messages=(Message(role="user", content="hi"),))
    skipped = Degraded(plugin="onnx", hook="encode", reason="<late>", elapsed=1.0)
    html = page([Turn(messages=()), silent.model_copy(update={"degraded": (skipped,)})], "x")
    parts = seen(html)
    assert html.count("No feeling was read here") == 2
    assert "3 conversations" not in html
    assert "2 conversations · 0 messages read · 0 speakers" in parts.said
    assert "degraded: onnx skipped in encode after 1000 ms: <late>" in parts.said
    assert "chart" not in [a.get("class") for _, a in parts.tags]


def test_one_message_and_values_out_of_range_are_still_drawn_inside() -> None:
    far = Affect(valence=-7.0, arousal=0.0, dominance=0.0)
    reading = Reading(index=0, emotion="fear", probability=1.0, affect=far, source="test")
    turn = Turn(messages=(Message(role="user", content="hi"),), readings=(reading,))
    tags = seen(page([turn], "x")).tags
    heights = [float(a["y"] or 0) for tag, a in tags if tag == "svg" and a.get("class") == "at"]
    (chart,) = [a for tag, a in tags if a.get("class") == "chart"]
    assert len(heights) == 1
    assert 0 < heights[0] < float(chart["height"] or 0)
    assert "fear 99%" in page([turn], "x"), "nothing is certain"


def test_speakers_have_marks_of_their_own() -> None:
    turn = understood(["I am sad", "Oh no", "I am glad", "Yes", "Hm"])
    keys = [a["class"] for tag, a in seen(page([turn], "x")).tags if tag == "path"]
    assert {f"mark s{place} neutral" for place in range(4)} <= set(keys)


def test_a_page_replaces_an_older_one_and_keeps_its_permissions(tmp_path: Path) -> None:
    target, link = tmp_path / "page.html", tmp_path / "link.html"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o600)
    link.symlink_to(target)
    done = analyze(tmp_path, CONVERSATION, "--html", link)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"wrote {link}\n"
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert target.stat().st_mode & 0o777 == 0o600
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.html", "page.html"]


def test_a_page_and_json_can_be_had_at_once(tmp_path: Path) -> None:
    done = analyze(tmp_path, CONVERSATION, "--html", "page.html", "--json")
    assert len(json.loads(done.stdout)["messages"]) == 16
    assert (tmp_path / "page.html").stat().st_size > 10_000


def test_a_page_can_be_written_to_a_pipe(tmp_path: Path) -> None:
    done = analyze(tmp_path, CONVERSATION, "--html", "/dev/stdout")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!doctype html>")


def test_a_disk_that_fills_up_leaves_the_older_page_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("old", encoding="utf-8")
    done = subprocess.run(
        [*PROGRAM, "analyze", str(CONVERSATION), "--html", "page.html"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert done.returncode == 1
    assert done.stderr == "emoplug: cannot write page.html: File too large; choose another path\n"
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize(
    ("path", "said"),
    [("no/such/folder/page.html", "No such file"), ("file/page.html", "Not a directory")],
)
def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path, path: str, said: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=rf"cannot write .*{said}.*choose another path"):
        overwrite(tmp_path / path, "x")


def test_the_picture_of_the_readme_is_made_by_its_command_and_loads_nothing(
    tmp_path: Path,
) -> None:
    out = tmp_path / "analyze.svg"
    command = [sys.executable, "-m", picture.__name__, str(out), "examples/conversation.jsonl"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=environment())
    drawn = out.read_text(encoding="utf-8")
    ElementTree.fromstring(drawn)
    assert "strongest&#160;moments" in drawn
    assert not re.search("url\\((?!#)|@import|<image|<script", drawn)
