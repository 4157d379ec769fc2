"""The documents as text, and what they name."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPERATIONS = "docs/operations.md"
ADDING_A_SERVICE = "docs/adding-a-service.md"
DECISIONS = ROOT / "docs" / "adr"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def documents() -> list[str]:
    """Every Markdown document of ours, from the root of the repository."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def targets(name: str) -> Iterator[str]:
    """What a document links to or shows, outside of code."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`|^ {4}[^\n]*$", "", text(name), flags=re.MULTILINE | re.DOTALL)
    for pattern in (r"\]\(([^)\s]+)\)", r"<img[^>]*?src=\"([^\"]+)\"", r"<a[^>]*?href=\"([^\"]+)\""):
        yield from re.findall(pattern, prose)


def anchors(name: str) -> set[str]:
    """The anchors that a reader of Markdown makes from a document's headings."""
    headings = re.findall(r"^#+ (.+)$", text(name), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def quoted(name: str) -> set[str]:
    """Everything that stands between two backquotes."""
    return set(re.findall(r"`([^`\n]+)`", text(name)))
