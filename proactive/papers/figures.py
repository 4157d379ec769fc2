"""Figures as what leaves the office says them, on paper or in a table: in its language, small ones left out."""

from rules.base import Words

FEW = Words(vi="dưới 5", en="under 5")
LEFT_OUT = "–"


def worded(words: Words, language: str) -> str:
    return words.vi if language == "vi" else words.en


def grouped(value: int, language: str) -> str:
    return f"{value:,}".replace(",", "." if language == "vi" else ",")
