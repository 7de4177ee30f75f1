"""Cuts the tokenizer down to the words that dialogues use: half the word embeddings are never met.

A word that is left out is spelled by its pieces, as any unknown word is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PIECE = "##"
OFTEN = 3
"""Occurrences in the training texts from which on a whole word keeps its own token."""
_LATIN = 0x250
_PUNCTUATION = range(0x2000, 0x2100)


def cut(tokenizer: Path, texts: Iterable[str]) -> tuple[str, list[int]]:
    """Answer a smaller tokenizer in its library's JSON, and which old ids its ids were, in order.

    Kept are special tokens, single characters, pieces in Latin script, and words seen often.
    """
    whole = Tokenizer.from_file(str(tokenizer))
    whole.no_padding()
    whole.no_truncation()
    seen: Counter[int] = Counter()
    for encoded in whole.encode_batch_fast(list(texts), add_special_tokens=False):
        seen.update(encoded.ids)
    words = {index: word for word, index in whole.get_vocab().items()}
    kept = [i for i in sorted(words) if seen[i] >= OFTEN or _needed(words[i])]
    listing = json.loads(whole.to_str())
    listing["model"]["vocab"] = {words[old]: new for new, old in enumerate(kept)}
    for added in listing["added_tokens"]:
        added["id"] = listing["model"]["vocab"][added["content"]]
    processor = listing.get("post_processor") or {}
    for name, special in (processor.get("special_tokens") or {}).items():
        special["ids"] = [listing["model"]["vocab"][name]]
    return json.dumps(listing, ensure_ascii=False), kept


def _needed(word: str) -> bool:
    bare = word.removeprefix(PIECE)
    if word in SPECIAL or len(word) == 1:
        return True
    return word.startswith(PIECE) and all(ord(c) < _LATIN or ord(c) in _PUNCTUATION for c in bare)
