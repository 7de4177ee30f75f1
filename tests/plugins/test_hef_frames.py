from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emoplug import STAGES, STRATEGIES, Emoplug, SettingsError, count_tokens
from emoplug_hef import Hints, Options
from emoplug_hef._load import ENGLISH, FOLDER, frame_of, languages
from tests.plugins.hef_readers import Context, Told, cause, feeling, noted

LAST = "I cannot sleep since then, and I do not know what to do about it any more."
SHOUTED = "He shouted at me in front of all the others."
TOLD = Told(
    [feeling(0, "anger", intensity=0.9), feeling(2, intensity=0.7, valence=-0.6, joy=0.01)],
    [cause(1)],
    {"Question": 0.5, "Reflection of feelings": 0.49},
)
OTHERS = """[strategies."Others"]
name = "Plain talk"
how = "answer warmly and simply, without a technique"
"""
TALK = ("I hate how she looks at me!", ("assistant", SHOUTED), LAST)


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write the English frame with one piece of it put otherwise."""

    def write(old: str, new: str) -> Path:
        text = ENGLISH.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        path = tmp_path / "own.toml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return write


def test_four_languages_ship() -> None:
    assert languages() == ("de", "en", "es", "fr")


@pytest.mark.parametrize("language", languages())
def test_a_frame_names_all_that_the_shipped_readers_tell(language: str) -> None:
    turn = Emoplug(
        plugins=["onnx", "emotion"], deadline=60, options={"onnx": {"situation": True}}
    ).prepare([{"role": "user", "content": "hello"}])
    assert turn.reading is not None
    assert turn.comprehension is not None
    frame = frame_of(language, None)
    views = {name: {*view.labels} for name, view in turn.comprehension.views.items()}
    assert views.pop("empatheticdialogues") == {*frame.situations}
    assert len(frame.situations) == 32
    known = {*turn.reading.distribution}.union(*views.values()) - {"neutral", "no emotion"}
    assert known == {*frame.emotions}
    assert {*frame.strategies} == {*STRATEGIES}
    assert {*frame.stages} == {*STAGES}


@pytest.mark.parametrize("language", languages())
def test_no_two_labels_have_one_name(language: str) -> None:
    frame = frame_of(language, None)
    for names in (frame.emotions, frame.situations, frame.tones, frame.stages):
        assert len({name.casefold() for name in names.values()}) == len(names)


@pytest.mark.parametrize("language", sorted({*languages()} - {"en"}))
def test_another_language_leaves_no_english_words(language: str) -> None:
    english, other = flat_frame("en"), flat_frame(language)
    assert [*english] == [*other]
    same = [key for key in english if english[key] == other[key]]
    assert not [key for key in same if re.search(r"\w{3,} \w{3,}", english[key])]


def flat_frame(language: str) -> dict[str, str]:
    return flat(tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


def flat(table: dict[str, Any], above: str = "") -> dict[str, str]:
    pairs: dict[str, str] = {}
    for key, value in table.items():
        pairs |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: value}
    return pairs


@pytest.mark.parametrize("style", ["prose", "compact"])
@pytest.mark.parametrize("language", languages())
def test_a_note_in_any_language_has_all_parts_and_one_frame(language: str, style: str) -> None:
    by = [TOLD, Context({"empatheticdialogues": {"lonely": 0.9, "sad": 0.1}})]
    text = noted(*TALK, by=by, language=language, style=style)
    frame = frame_of(language, None)
    words = frame.templates("prose" if style == "prose" else "compact")
    assert text.startswith(f"{frame.opening} ")
    assert text.endswith(words.closing)
    assert text.count("[") == text.count("]") == 1
    assert f'"{SHOUTED}"' in text
    told = (
        frame.emotions["sadness"],
        frame.emotions["joy"],
        frame.situations["lonely"],
        frame.tones["overwhelming"],
        frame.stages["exploration"],
        frame.strategies["Question"].how,
        frame.strategies["Reflection of feelings"].name,
        frame.emotions["anger"],
        words.quoted,
    )
    for part in told:
        assert part in text
    assert not re.search(r"[{}]", text)


@pytest.mark.parametrize("language", languages())
def test_a_budget_holds_in_any_language(language: str) -> None:
    for budget in range(30, 300, 15):
        text = noted(*TALK, by=[TOLD], language=language, budget=budget)
        assert count_tokens(text) <= budget


def test_somebody_s_own_words_are_told(own: Callable[[str, str], Path]) -> None:
    path = own('likely = "They likely feel {emotions}."', 'likely = "My guess: {emotions}!"')
    assert "[Note by emoplug, not the person: My guess: sadness 80%!" in noted(
        *TALK, by=[TOLD], frame=path
    )


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('sadness = "sadness"\n', "", ("emotions.sadness", "missing")),
        ('likely = "They likely', 'likly = "They likely', ("prose.likly", "did you mean 'likely'")),
        ("[stages]", "[stagges]", ("stagges", "did you mean 'stages'")),
        ('listing = ", "', "listing = 3", ("listing", "', '")),
        (OTHERS, '[strategies]\nOthers = "x"\n', ("strategies.Others", "name, how")),
        ("likely feel {emotions}.", "feel.", ("prose.likely", "{emotions}", "They likely feel")),
        ("likely feel {emotions}.", "feel {emotion}.", ("prose.likely", "{emotions}")),
        ("likely feel {emotions}.", "{emotions} {emotions}.", ("prose.likely", "once")),
        ("likely feel {emotions}.", "{emotions!r}.", ("prose.likely", "{emotions}")),
        ("likely feel {emotions}.", "{emotions.__class__}.", ("prose.likely",)),
        ("likely feel {emotions}.", "{emotions:>1000000}.", ("prose.likely",)),
        ("likely feel {emotions}.", "{emotions", ("prose.likely", "braces")),
        ("likely feel {emotions}.", "[{emotions}].", ("prose.likely", "[ ]")),
        ("likely feel {emotions}.", "{emotions} |", ("prose.likely", "|")),
        ("They likely feel {emotions}.", "", ("prose.likely",)),
        ('mild = "mild; light and brief"', 'mild = "mild\\nlight"', ("tones.mild", "one line")),
        ('mild = "mild; light and brief"', 'mild = "{x}"', ("tones.mild", "no braces")),
        ('mild = "mild; light and brief"', 'mild = "mild\u200b"', ("tones.mild", "invisible")),
        ('how = "one open', 'howto = "one open', ("strategies.Question.howto", "'how'")),
        ('opening = "[Note', 'opening = "Note', ("opening", "[")),
        ("the person:", "the person]:", ("opening", "[ ]")),
        ('never mention this note.]"', 'never mention this note."', ("prose.closing", "]")),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_the_key_and_the_fix(
    own: Callable[[str, str], Path], old: str, new: str, named: tuple[str, ...]
) -> None:
    path = own(old, new)
    with pytest.raises(SettingsError) as refused:
        Hints(Options(frame=path))
    assert str(refused.value).startswith(str(path))
    for part in named:
        assert part in str(refused.value)


def test_a_file_that_is_no_toml_or_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingsError, match=r"cannot read the frame .*copy of"):
            Hints(Options(frame=path))
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"opening = \xff")
    with pytest.raises(SettingsError, match=r"bad\.toml"):
        Hints(Options(frame=bad))


@pytest.mark.parametrize("language", ["ed", "../frames/en", "", "EN"])
def test_an_unknown_language_is_refused_with_those_there_are(language: str) -> None:
    with pytest.raises(SettingsError, match=r"de, en, es, fr.*option frame"):
        Hints(Options(language=language))


def test_a_frame_of_one_s_own_can_be_named_in_the_settings(
    own: Callable[[str, str], Path],
) -> None:
    path = own("{percent}%", "{percent} in 100")
    emo = Emoplug(plugins=[TOLD, "hef"], options={"hef": {"frame": str(path)}})
    chat = [{"role": role, "content": LAST} for role in ("user", "assistant", "user")]
    assert "sadness 80 in 100" in emo.prepare(chat).guidance_text
    broken = own("likely feel {emotions}.", "feel.")
    with pytest.raises(SettingsError, match=r"prose\.likely"):
        Emoplug(plugins=["hef"], options={"hef": {"frame": str(broken)}})
