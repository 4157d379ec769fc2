"""A chart as PNG, for whoever cannot place an SVG: drawn by Typst, with the letters that it brings along."""

from pathlib import Path
from tempfile import TemporaryDirectory

import typst

DENSITY = 144
"""Pixels an inch: twice what a screen needs, so that it prints well."""

_PAGE = '#set page(width: auto, height: auto, margin: 0pt)\n#image("chart.svg", width: 1080pt)\n'


def png(svg: str) -> bytes:
    """The same picture in pixels. What it says in words to a screen reader is in the SVG only."""
    with TemporaryDirectory(prefix="chart-") as name:
        folder = Path(name)
        (folder / "chart.svg").write_text(svg, encoding="utf-8")
        page = folder / "page.typ"
        page.write_text(_PAGE, encoding="utf-8")
        drawn: bytes = typst.compile(str(page), format="png", ppi=DENSITY, ignore_system_fonts=True)
    return drawn
