"""Cuts a text into plain words that rules can match, and knows where each one was.

Undone on the way: case, Unicode look-alikes and invisible characters, apostrophes, letters drawn
out or spaced out, digits and marks in place of letters, common misspellings and slang.
"""

# ruff: noqa: RUF001  # look-alikes are what this is about

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MOST = 20_000
"""Characters of a text that are looked at: as many of its beginning as of its end."""
SENTENCE = 60
"""Most words matched at once; longer sentences are looked at in overlapping windows."""
_OVERLAP = 15
_ENDS = frozenset(".!?;\n…")
QUOTE = '"'
_OPEN, _CLOSE = "\u2018", "\u2019"
_MARKS = str.maketrans(
    {
        **dict.fromkeys("“”„«»‟＂", QUOTE),
        **dict.fromkeys("‛`´ʼ＇", "'"),
        **dict(zip("аеорсухіѕјԁһ", "aeopcyxisjdh", strict=True)),  # Cyrillic
        **dict(zip("αειοκνρτυ", "aeioknptu", strict=True)),  # Greek
    }
)
_TOKEN = re.compile(
    r"(?P<spaced>(?<![^\W_])(?:[^\W_][ .\-_*]){2,}[^\W_](?![^\W_]))"
    r"|(?P<word>[$@]?[^\W_](?:[\w'’@$*+!|]*[\w*])?)"
    r"|(?P<quote>\"|(?<!\w)['‘’](?=\w)|(?<=[\w.!?,])['’](?!\w))"
    r"|(?P<end>[.!?;…\n]+)|(?P<other>[,♪♫🎵🎶😂🤣💀])"
)
_LEET = str.maketrans("013457@$!|+", "oieastasilt")
_LEET_L = str.maketrans("013457@$!|+", "oleastaslit")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_VOWELS = frozenset("aeiouy")


@dataclass(frozen=True)
class Word:
    """One plain word or mark, and the range of the text that it stands for."""

    text: str
    start: int
    end: int
    quoted: bool = False


@dataclass(frozen=True)
class Sentence:
    """Some words in a row, joined by single spaces.

    Attributes:
        text: What rules match.
        words: Which word each character of ``text`` belongs to.
    """

    text: str
    words: Sequence[Word]
    places: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Answer where in the message the characters ``start`` to ``end`` come from."""
        first, last = self.places[start], self.places[max(start, end - 1)]
        return self.words[first].start, self.words[last].end

    def quoted(self, start: int, end: int) -> bool:
        """Tell whether all of these characters were in quotation marks."""
        inner = self.words[self.places[start] : self.places[max(start, end - 1)] + 1]
        return all(word.quoted for word in inner)


@dataclass(frozen=True)
class Spelling:
    """How words may be written.

    Attributes:
        plain: Misspelling or slang to plain words.
        disguised: Words to look for behind digits and marks.
    """

    plain: Mapping[str, str]
    disguised: frozenset[str]


def sentences(text: str, spelling: Spelling) -> list[Sentence]:
    """Answer the sentences of ``text``; of a very long one only beginning and end are read."""
    found = list[Sentence]()
    for start, part in _parts(text):
        words = _quoted(list(_words(part, start, spelling)))
        for row in _rows(words):
            found.extend(_sentence(window) for window in _windows(row))
    return found


def _parts(text: str) -> list[tuple[int, str]]:
    if len(text) <= MOST:
        return [(0, text)]
    half = MOST // 2
    return [(0, text[:half]), (len(text) - half, text[-half:])]


def _words(text: str, offset: int, spelling: Spelling) -> Iterator[Word]:
    plain, places = _plain(text)
    for match in _TOKEN.finditer(plain):
        start, end = places[match.start()], places[match.end() - 1] + 1
        while end < len(text) and _clings(text[end]):
            end += 1
        for word in _spelled(match, spelling):
            yield Word(word, offset + start, offset + end)


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """Lower case, compatible characters, look-alikes of Latin letters; and where each was."""
    if text.isascii():
        return text.lower(), range(len(text))
    kept, places = list[str](), list[int]()
    for place, character in enumerate(text):
        if _clings(character):
            continue
        for plain in unicodedata.normalize("NFKC", character).lower():
            if not _clings(plain):
                kept.append(plain)
                places.append(place)
    return "".join(kept).translate(_MARKS), places


def _clings(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character) in ("Mn", "Me", "Cf")


def _spelled(match: re.Match[str], spelling: Spelling) -> Sequence[str]:
    token, kind = match.group(), match.lastgroup
    if kind == "end":
        return ["?" if "?" in token else "."]
    if kind == "quote":
        return [QUOTE if token == QUOTE else _CLOSE]
    if kind == "spaced":
        token = re.sub(r"[\W_]", "", token)
    word = _undisguised(token, spelling)
    word = spelling.plain.get(word, word).replace("'", "").replace("’", "")
    return spelling.plain.get(word, word).split()


def _undisguised(token: str, spelling: Spelling) -> str:
    word = _DRAWN_OUT.sub(lambda m: m[1] if m[1] in _VOWELS else m[1] * 2, token)
    if word.isalpha() or word.replace("'", "").isalpha():
        return word
    for table in (_LEET, _LEET_L):
        if (decoded := word.translate(table)) in spelling.disguised or decoded in spelling.plain:
            return decoded
    if "*" in word.strip("*"):
        hidden = re.compile(re.sub(r"\\\*", ".", re.escape(word)))
        return next((w for w in sorted(spelling.disguised) if hidden.fullmatch(w)), word)
    return word.strip("*")


def _quoted(words: list[Word]) -> list[Word]:
    """Mark what stands between quotation marks, and leave the marks out."""
    pairs = {**_pairs(words, QUOTE), **_pairs(words, _CLOSE)}
    inside, until = list[Word](), -1
    for place, word in enumerate(words):
        until = max(until, pairs.get(place, -1))
        if word.text not in (QUOTE, _CLOSE):
            inside.append(Word(word.text, word.start, word.end, place < until))
    return inside


def _pairs(words: Sequence[Word], mark: str) -> dict[int, int]:
    places = [place for place, word in enumerate(words) if word.text == mark]
    return dict(zip(places[::2], places[1::2], strict=False))


def _rows(words: Sequence[Word]) -> Iterator[list[Word]]:
    row = list[Word]()
    for word in words:
        row.append(word)
        if word.text in (".", "?"):
            yield row
            row = []
    if row:
        yield row


def _windows(row: list[Word]) -> Iterator[list[Word]]:
    for start in range(0, max(1, len(row) - _OVERLAP), SENTENCE - _OVERLAP):
        yield row[start : start + SENTENCE]


def _sentence(words: Sequence[Word]) -> Sentence:
    places = [place for place, word in enumerate(words) for _ in range(len(word.text) + 1)]
    return Sentence(" ".join(word.text for word in words), words, places)
