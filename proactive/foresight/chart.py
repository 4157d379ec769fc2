"""A bar chart as SVG: occasions a day or month, one colour a service.

The colours are those of Okabe and Ito, which people with any kind of colour blindness tell apart; services are stacked
in the order of the legend, and every bar says its numbers in words to a screen reader and a pointer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#666666")
SERIES_SHOWN = len(COLOURS)
"""More services than this are drawn together, as the last one."""

WIDTH, HEIGHT = 1080, 520
LEFT, RIGHT, TOP, BOTTOM = 84, 24, 96, 64
LEGEND_LINE = 22
LABELS = 16
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Bar:
    """One day or month: its label, and how many of each series."""

    label: str
    numbers: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.numbers.values())


def grouped(number: int) -> str:
    """A number as it is written here: 1.234.567."""
    return f"{number:,}".replace(",", ".")


def svg(title: str, subtitle: str, bars: Sequence[Bar], names: Mapping[str, str], *, others: str) -> str:
    """The whole picture. `names` are the series in the order of drawing, with the words that people read."""
    shown, bars = _few(bars, names, others)
    top = _ceiling(max((bar.total for bar in bars), default=0))
    legend = LEGEND_LINE * ((len(shown) + 1) // 2)
    height = HEIGHT + legend
    base, space = TOP + legend + (HEIGHT - TOP - BOTTOM), WIDTH - LEFT - RIGHT
    tall = base - TOP - legend
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" lang="vi" '
        f"aria-labelledby=\"title desc\" font-family=\"system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif\">",
        f'<title id="title">{escape(title)}</title><desc id="desc">{escape(subtitle)}</desc>',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="34" font-size="22" font-weight="700" fill="#0b0c0c">{escape(title)}</text>',
        f'<text x="{LEFT}" y="60" font-size="15" fill="#505a5f">{escape(subtitle)}</text>',
        *_legend(shown),
        *_axis(top, base, tall),
        *_bars(bars, shown, top=top, base=base, tall=tall, space=space),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _few(bars: Sequence[Bar], names: Mapping[str, str], others: str) -> tuple[dict[str, str], Sequence[Bar]]:
    """The largest series, and the rest of them as one."""
    totals = {name: sum(bar.numbers.get(name, 0) for bar in bars) for name in names}
    ranked = sorted((name for name in names if totals[name]), key=lambda name: -totals[name])
    if len(ranked) <= SERIES_SHOWN:
        return {name: names[name] for name in ranked}, bars
    kept = ranked[: SERIES_SHOWN - 1]
    rest = [
        Bar(
            bar.label,
            {name: bar.numbers.get(name, 0) for name in kept}
            | {"": sum(number for name, number in bar.numbers.items() if name not in kept)},
        )
        for bar in bars
    ]
    return {name: names[name] for name in kept} | {"": others}, rest


def _ceiling(number: int) -> int:
    """The least round number with at most two digits that is not below this one, for the axis."""
    size = 1
    while True:
        for step in STEPS:
            if step * size * 4 >= number:
                return step * size * 4
        size *= 10


def _legend(shown: Mapping[str, str]) -> list[str]:
    found = []
    for index, words in enumerate(shown.values()):
        x, y = LEFT + (index % 2) * (WIDTH - LEFT - RIGHT) // 2, 78 + (index // 2) * LEGEND_LINE
        found.append(
            f'<rect x="{x}" y="{y}" width="16" height="16" fill="{COLOURS[index]}" stroke="#0b0c0c"/>'
            f'<text x="{x + 24}" y="{y + 13}" font-size="14" fill="#0b0c0c">{escape(words)}</text>'
        )
    return found


def _axis(top: int, base: float, tall: float) -> list[str]:
    found = []
    for index in range(5):
        y = base - tall * index / 4
        found.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#b1b4b6"/>'
            f'<text x="{LEFT - 10}" y="{y + 5:.1f}" font-size="14" text-anchor="end" fill="#0b0c0c">'
            f"{grouped(top * index // 4)}</text>"
        )
    return found


def _bars(
    bars: Sequence[Bar], shown: Mapping[str, str], *, top: int, base: float, tall: float, space: int
) -> list[str]:
    wide = space / max(len(bars), 1)
    every = -(-len(bars) // LABELS) or 1
    found = []
    for index, bar in enumerate(bars):
        x, y = LEFT + index * wide, base
        told = "; ".join(f"{words} {grouped(n)}" for name, words in shown.items() if (n := bar.numbers.get(name)))
        found.append(
            f"<g><title>{escape(bar.label)}: {grouped(bar.total)}{escape(f' ({told})') if told else ''}</title>"
        )
        for number, name in enumerate(shown):
            if not (size := bar.numbers.get(name, 0)):
                continue
            high = tall * size / top
            y -= high
            found.append(
                f'<rect x="{x + wide * 0.1:.2f}" y="{y:.2f}" width="{wide * 0.8:.2f}" height="{high:.2f}" '
                f'fill="{COLOURS[number]}" stroke="#fff" stroke-width="0.5"/>'
            )
        found.append("</g>")
        if index % every == 0:
            found.append(
                f'<text x="{x + wide / 2:.1f}" y="{base + 22:.0f}" font-size="13" text-anchor="middle" fill="#0b0c0c">'
                f"{escape(bar.label)}</text>"
            )
    return found
