"""Finding by a few letters: how well a text answers what was typed. No Qt."""

from __future__ import annotations

from collections.abc import Iterator

_WORD_START = 8
_NEXT_LETTER = 5
_WHOLE_WORD = 12


def score(wanted: str, text: str) -> int | None:
    """Return how well ``text`` answers ``wanted`` (higher is better); None when it does not.

    Every word of ``wanted`` must be in ``text`` as letters in their order. Letters at the start of a word and
    letters that follow one another count more; a short text is better than a long one.
    """
    folded = text.casefold()
    total = 0
    for word in wanted.casefold().split():
        one = _word(word, folded)
        if one is None:
            return None
        total += one
    return total - len(text) // 8


def _word(word: str, text: str) -> int | None:
    whole = text.find(word)
    if whole >= 0:
        starts = whole == 0 or not text[whole - 1].isalnum()
        return _NEXT_LETTER * len(word) + (_WORD_START + _WHOLE_WORD if starts else 0)
    found = _places(word, text, by_words=True) or _places(word, text, by_words=False)
    if found is None or not _starts_word(text, found[0]):
        # Scattered letters that do not even begin a word are an accident, not an answer.
        return None
    total = 0
    for before, place in zip([-2, *found], found, strict=False):
        if place == before + 1:
            total += _NEXT_LETTER
        elif _starts_word(text, place):
            total += _WORD_START
        else:
            total -= 1
    return total if total > 0 else None


def _places(word: str, text: str, *, by_words: bool) -> list[int] | None:
    """Return where the letters of ``word`` are, in order; ``by_words`` prefers the starts of later words."""
    places: list[int] = []
    at = -1
    for letter in word:
        following = text[at + 1 : at + 2] == letter and at >= 0
        place = at + 1 if following else -1
        if place < 0 and (by_words or at < 0):
            place = next((p for p in _all(letter, text, at + 1) if _starts_word(text, p)), -1)
        if place < 0:
            place = text.find(letter, at + 1)
        if place < 0:
            return None
        places.append(place)
        at = place
    return places


def _all(letter: str, text: str, begin: int) -> Iterator[int]:
    at = text.find(letter, begin)
    while at >= 0:
        yield at
        at = text.find(letter, at + 1)


def _starts_word(text: str, place: int) -> bool:
    return place == 0 or not text[place - 1].isalnum()
