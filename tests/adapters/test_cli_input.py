from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

from emoplug import InputError
from emoplug_cli._input import Parsed, parse, read_text
from tests.adapters.cli_runs import CONVERSATION, TRANSCRIPT, analyze

SAD = '{"role": "user", "content": "I am so sad today."}'
GLAD = '{"role": "assistant", "content": "I am glad you came."}'


def contents(parsed: Parsed) -> list[Any]:
    """Answer what the messages of the only conversation say."""
    (conversation,) = parsed.conversations
    return [message["content"] for message in conversation]


def read(folder: Path, raw: bytes) -> Parsed:
    """Read a file of these bytes."""
    (folder / "input").write_bytes(raw)
    return parse(read_text(str(folder / "input")))


def refusal(text: str, user: str | None = None) -> str:
    """Answer why a text is refused."""
    with pytest.raises(InputError) as refused:
        parse(text, user)
    return str(refused.value)


def test_jsonl_of_messages_is_one_conversation() -> None:
    parsed = parse(read_text(str(CONVERSATION)))
    assert len(contents(parsed)) == 16
    assert not parsed.problems


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("byte order mark", codecs.BOM_UTF8 + f"{SAD}\n{GLAD}\n".encode()),
        ("CRLF", f"{SAD}\r\n{GLAD}\r\n".encode()),
        ("old Mac line ends", f"{SAD}\r{GLAD}".encode()),
        ("blank lines", f"\n\n{SAD}\n   \n\n{GLAD}\n\n".encode()),
        ("no newline at the end", f"{SAD}\n{GLAD}".encode()),
        ("UTF-16, as PowerShell writes it", f"{SAD}\r\n{GLAD}\r\n".encode("utf-16")),
        ("a comma after each line", f"{SAD},\n{GLAD},\n".encode()),
        ("one array", f"[{SAD}, {GLAD}]".encode()),
        ("a pretty array", json.dumps([json.loads(SAD), json.loads(GLAD)], indent=4).encode()),
        ("one object", f'{{"messages": [{SAD}, {GLAD}]}}'.encode()),
    ],
)
def test_every_way_to_write_the_same_messages_reads_the_same(
    tmp_path: Path, name: str, raw: bytes
) -> None:
    parsed = read(tmp_path, raw)
    assert contents(parsed) == ["I am so sad today.", "I am glad you came."], name
    assert not parsed.problems


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ('{"role": "user", "content": "half', "line 2 is not JSON: unterminated string"),
        ("nonsense", "line 2 is not JSON: expecting value at column 1"),
        ('{"content": "who?"}', "line 2 has no role"),
        ('["user", "hello"]', "line 2 is an array, not a message"),
        ("null", "line 2 is null, not a message"),
        ('{"role": "user", "content": 7}', "line 2 has content that is neither text nor a list"),
        ('{"role": "user", "content": ["x"]}', "line 2 has content that is neither text nor"),
        ("[" * 100_000, "line 2 is not JSON that can be read"),
        (f'{{"role": "user", "content": {"9" * 5000}}}', "line 2 is not JSON that can be read"),
    ],
)
def test_a_broken_line_is_named_by_number_and_the_rest_is_read(broken: str, said: str) -> None:
    parsed = parse(f"{SAD}\n{broken}\n{GLAD}\n")
    assert contents(parsed) == ["I am so sad today.", "I am glad you came."]
    assert len(parsed.problems) == 1
    assert parsed.problems[0].startswith(said)


def test_a_broken_first_line_does_not_hide_what_the_file_is() -> None:
    for first in ("oops", '{"role": ', "[1, "):
        parsed = parse(f"{first}\n{SAD}\n")
        assert contents(parsed) == ["I am so sad today."]
        assert parsed.problems[0].startswith("line 1 ")


def test_problems_come_in_the_order_of_their_lines() -> None:
    parsed = parse(f'{SAD}\n{{"content": 1}}\nx\n[]\ny\n{GLAD}')
    assert [problem.split()[1] for problem in parsed.problems] == ["2", "3", "4", "5"]


def test_a_line_of_bytes_that_are_no_utf8_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    latin = '{"role": "user", "content": "très triste"}'.encode("latin-1")
    parsed = read(tmp_path, b"\n".join([SAD.encode(), latin, GLAD.encode()]))
    assert contents(parsed) == ["I am so sad today.", "I am glad you came."]
    assert parsed.problems == ["line 2 is not UTF-8 text"]


def test_an_array_broken_in_one_line_loses_that_line_alone() -> None:
    parsed = parse(f'[\n{SAD},\n{{"role": "user",\n{GLAD}\n]')
    assert contents(parsed) == ["I am so sad today.", "I am glad you came."]
    assert [problem.split(":")[0] for problem in parsed.problems] == ["line 3 is not JSON"]


def test_a_pretty_array_that_is_broken_says_where() -> None:
    pretty = json.dumps([json.loads(SAD), json.loads(GLAD)], indent=2)
    said = refusal(pretty.replace('"user",', '"user"'))
    assert "line 4 is not JSON: expecting ',' delimiter at column 5" in said


def test_messages_of_the_openai_api_are_read_whatever_their_content() -> None:
    parts = [
        {"type": "text", "text": "Look at this."},
        {"type": "image_url", "image_url": {"url": "data:,x"}},
        {"type": "text", "text": "I love it!"},
    ]
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": parts, "name": "mara"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "42", "tool_call_id": "1"},
        {"role": "user", "name": 5, "content": "hm"},
    ]
    (conversation,) = parse(json.dumps(messages)).conversations
    assert [message["role"] for message in conversation] == [m["role"] for m in messages]
    assert [part["text"] for part in conversation[1]["content"]] == ["Look at this.", "I love it!"]
    assert conversation[1]["name"] == "mara"
    assert conversation[2]["content"] is None
    assert "name" not in conversation[4]


def test_several_conversations_stay_apart_and_loose_messages_make_one() -> None:
    text = f'{{"messages": [{SAD}]}}\n{GLAD}\n{{"messages": [{GLAD}, 5]}}\n{SAD}\n'
    parsed = parse(text)
    assert [len(messages) for messages in parsed.conversations] == [2, 1, 1]
    assert parsed.problems == ["line 3 is a number, not a message"]


def test_half_a_character_is_mended_so_that_the_rest_can_be_read() -> None:
    parsed = parse('{"role": "user", "content": "I love \\ud83d it"}')
    assert contents(parsed) == ["I love \N{REPLACEMENT CHARACTER} it"]
    assert contents(parse('{"role": "user", "content": "\\ud83d\\ude00"}')) == ["\U0001f600"]


def test_a_transcript_keeps_names_and_lines_without_one_continue() -> None:
    (conversation,) = parse(read_text(str(TRANSCRIPT))).conversations
    assert conversation[0] == {
        "role": "user",
        "name": "Mara",
        "content": "I got the letter today. They turned me down again.",
    }
    assert conversation[2]["content"].endswith("\nI really thought this one would work out.")
    assert "18:30" in conversation[3]["content"]
    assert {message["name"]: message["role"] for message in conversation} == {
        "Mara": "user",
        "Jon": "assistant",
    }


@pytest.mark.parametrize(
    "line",
    [
        "at 12:30 we left",
        "http://example.org is the place",
        "- one: two",
        "But here it is: I quit",
        "this is a line of far more than four words: really",
        "",
    ],
)
def test_a_colon_in_the_text_makes_nobody_speak(line: str) -> None:
    assert contents(parse(f"Mara: he said: no\n{line}\nJon: oh\n")) == [
        f"he said: no\n{line}".strip(),
        "oh",
    ]


@pytest.mark.parametrize(
    "name", ["Mara", "mara_92", "Dr. Smith", "Speaker 1", "Jean-Luc O'Neil", "Zoë", "李雷", "USER"]
)
def test_names_of_every_kind_are_names(name: str) -> None:
    (conversation,) = parse(f"{name}: hello\nJon : hi\n{name}:\nagain").conversations
    assert [message["name"] for message in conversation] == [name, "Jon", name]
    assert conversation[2]["content"] == "again"


def test_a_name_in_small_letters_with_a_space_counts_when_it_comes_again() -> None:
    (conversation,) = parse("customer service: hi\nJon: hi\ncustomer service: so?").conversations
    assert [message["name"] for message in conversation][0::2] == ["customer service"] * 2


@pytest.mark.parametrize(
    ("text", "user", "roles"),
    [
        ("Mara: a\nJon: b\nMara: c", None, "user assistant user"),
        ("Mara: a\nJon: b\nMara: c", "jon", "assistant user assistant"),
        ("Assistant: a\nMara: b", None, "assistant user"),
        ("Bot: a\nBot: b", None, "user user"),
        ("System: a\nJon: b\nUser: c", None, "system assistant user"),
    ],
)
def test_the_user_is_who_is_named_or_called_so_or_is_no_machine(
    text: str, user: str | None, roles: str
) -> None:
    (conversation,) = parse(text, user).conversations
    assert " ".join(message["role"] for message in conversation) == roles


def test_lines_before_the_first_speaker_are_named() -> None:
    parsed = parse("[Recorded on Monday]\n\nMara: hello\x0bthere\u2028you\n")
    assert parsed.problems == ["line 1 has no speaker before it"]
    assert contents(parsed) == ["hello\x0bthere\u2028you"]


def test_asking_for_somebody_who_does_not_speak_names_those_who_do() -> None:
    assert refusal("Mara: a\nJon: b", "Eve") == "nobody is called 'Eve'; speakers: Mara, Jon"


@pytest.mark.parametrize(
    "text", ["just prose", "42", "{}", "[]", '"Mara: hi"', '{"messages": []}', "[1, 2]", "{broken"]
)
def test_what_holds_no_message_is_refused_with_the_forms_that_are_read(text: str) -> None:
    said = refusal(text)
    assert said.startswith("no message could be read")
    assert "JSONL" in said


def test_a_very_long_line_is_one_message(tmp_path: Path) -> None:
    words = "I am sad. " * 200_000
    (tmp_path / "long.txt").write_text(f"Mara: {words}\n{'a ' * 1_000_000}", encoding="utf-8")
    (content,) = contents(parse(read_text(str(tmp_path / "long.txt"))))
    assert len(content) == len(words) + 2_000_000
    line = json.dumps({"role": "user", "content": words})
    assert contents(parse(line)) == [words]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "looks like a binary file"),
        ("Mara: très triste".encode("latin-1"), "line 1 is not UTF-8 text"),
        (b"\xff\xd8\xff\xe1 no zero byte", "line 1 is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, raw: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, raw)


@pytest.mark.parametrize(
    ("path", "said"),
    [("missing.txt", "there is no file missing.txt; check the path"), (".", "Is a directory")],
)
def test_a_path_that_cannot_be_read_is_one_line_and_exit_code_one(
    tmp_path: Path, path: str, said: str
) -> None:
    done = analyze(tmp_path, path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("emoplug: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_standard_input_is_read_and_a_broken_line_ends_with_exit_code_one(tmp_path: Path) -> None:
    done = analyze(tmp_path, "-", "--json", given=f"{SAD}\noops\n{GLAD}\n".encode())
    assert done.returncode == 1
    assert done.stderr == "line 2 is not JSON: expecting value at column 1; left out\n"
    assert [m["emotion"] for m in json.loads(done.stdout)["messages"]] == ["sadness", "joy"]
    nothing = analyze(tmp_path, "-")
    assert nothing.returncode == 1
    assert "standard input is empty" in nothing.stderr


def test_thousands_of_broken_lines_are_counted_rather_than_listed(tmp_path: Path) -> None:
    done = analyze(tmp_path, "-", given=f"{SAD}\n".encode() + b"oops\n" * 3000)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("line 2 ")
    assert lines[-1] == "and 2980 more"
    assert len(lines) == 21
