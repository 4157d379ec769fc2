"""docs/performance.md and its picture, made from the results that are kept in docs/performance."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from proactive.foresight.chart import Bar, svg

DOCS = Path(__file__).parents[2] / "docs"
KEPT = DOCS / "performance"

RUNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "recognise": {
        "small": ("--n", "20000", "--rounds", "2", "--only", "ours", "confluent_loop", "consume_only", "write_only"),
        "large": ("--n", "1000000", "--rounds", "1"),
    },
    "due_day": {
        "small": ("--sizes", "20000", "100000", "--due", "1000"),
        "large": ("--sizes", "100000", "1000000", "10000000", "--due", "5000"),
    },
    "latency": {
        "small": ("--rates", "10", "50", "--seconds", "6", "--due", "5"),
        "large": ("--rates", "10", "100", "1000", "--seconds", "30", "--due", "10"),
    },
    "surge": {
        "small": ("--people", "1000", "--seconds", "12"),
        "large": ("--people", "50000", "--rate", "100", "--seconds", "60"),
    },
    "growth": {"small": ("--n", "50000", "--steps", "5"), "large": ("--n", "10000000", "--steps", "10")},
    "workers": {"small": ("--people", "250"), "large": ("--people", "3000")},
    "dashboards": {
        "small": ("--n", "50000", "--piloted", "2000", "--requests", "20"),
        "large": (
            "--n",
            "1000000",
        ),
    },
}
"""Script -> size -> its arguments. A large run takes one to four minutes on two calm cores; dashboards, which write a
city first, twice that, and recognise, which reads a million changes in each way, a quarter of an hour."""

HEAD = """# How fast it is

This page is written by `make bench` from the results kept in `docs/performance/`; nobody edits it by hand. A figure is
worth what the machine was doing: the load before and after stands beside each. On two cores, a load above 2 means that
others were working too, and then rates are too low by a factor that nobody knows; ratios of one run are fairer.

    make bench                                        # small sizes, to see that the scripts work
    make bench ARGS="--size large --only NAME"        # as they are meant, up to half an hour each, on a calm machine
    make bench-recognise N=1000000                    # recognition beside Quix Streams, Bytewax and Faust as well
"""


def table(names: list[str], rows: list[list[object]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def recognise(found: dict[str, Any]) -> str:
    rows: list[list[object]] = [
        [name, f"{rate:,}", " to ".join(f"{one:,}" for one in found["spread"][name])]
        for name, rate in found["rates"].items()
    ]
    memory = found["rss_mb"]["at_end"]
    return (
        f"{found['n']:,} licence changes from Kafka into records and occasions, rounds: {found['rounds']}; all but the "
        f"two ceilings keep the same rows. **Ours to the plain loop: {found['ratio']}** (bar: 0.85). Resident memory "
        f"at the end: {memory:.0f} MB (bar: 300).\n\n" + table(["way", "changes a second", "spread"], rows)
        + "\n\n![Changes a second by way](performance/recognise.svg)"
    )  # fmt: skip


def due_day(found: dict[str, Any]) -> str:
    rows: list[list[object]] = [
        [f"{one['stored']:,}", f"{one['due']:,}", one["draft_s"], one["nothing_due_ms"], one["office_scan_ms"]]
        for one in found["sizes"]
    ]
    return (
        f"The same number falls due among ever more stored occasions. **The largest costs {found['growth']} times the "
        f"smallest** (bar: 1.3). The office's scan only finds the licences; it drafts nothing.\n\n"
        + table(["stored", "due", "all drafted, s", "nothing due, ms", "office's nightly scan, ms"], rows)
    )  # fmt: skip


def latency(found: dict[str, Any]) -> str:
    rows: list[list[object]] = [
        [
            one["rate"], one["due_a_second"], one["told"], one["p50_ms"], one["p95_ms"], one["p99_ms"],
            one["not_told_within_a_minute"],
        ]
        for one in found["rates"]
    ]  # fmt: skip
    return (
        f"From just before the commit in the source to the text at the provider, on {found['kafka']} Kafka, polling "
        f"each {found['poll_s']} s (bar: p99 under 2,000 ms at 100 a second).\n\n"
        + table(
            ["changes a second", "of them due", "told", "p50 ms", "p95 ms", "p99 ms", "not told in a minute"], rows
        )
    )  # fmt: skip


def surge(found: dict[str, Any]) -> str:
    curve: list[list[object]] = [[at, left] for at, left in found["backlog"]]
    return (
        f"{found['people']:,} dossiers fall due at once. **All drafted in {found['draft_s']} s** (bar: "
        f"{found['bar_s']:g} s), {found['draft_cpu_ms_each']} ms of processor time each without the database, at most "
        f"{found['rss_mb']} MB. Then at an agreed rate of {found['agreed_rate']} a second, {found['sent_a_second']} "
        f"were sent a second:\n\n" + table(["seconds", "still to be sent"], curve)
    )  # fmt: skip


def growth(found: dict[str, Any]) -> str:
    million, assumed = found["a_million"], found["assumed"]
    last = found["parts"][-1]["seconds"] / found["parts"][0]["seconds"]
    rows: list[list[object]] = [
        [
            name.replace("_", " "), f"{one['records']:,}", one["disk_gb"], one["first_load_hours_one_lane"],
            one["daily_changes_minutes_one_lane"],
        ]
        for name, one in found["needs"].items()
    ]  # fmt: skip
    return (
        f"{found['n']:,} changes in {len(found['parts'])} parts, one lane. A million cost {million['seconds']} s "
        f"(the last part took {last:.1f} times the first), {million['disk_mb']} MB of disk, "
        f"and {million['rss_mb']} MB of memory. Computed from that, with {assumed['records_a_person']} records "
        f"a person of which {assumed['changed_a_day']:.1%} change a day (both assumed):\n\n"
        + table(["for", "records", "disk, GB", "first load, h", "a day's changes, min"], rows)
    )  # fmt: skip


def workers(found: dict[str, Any]) -> str:
    rows: list[list[object]] = [[name, took] for name, took in found["seconds"].items()]
    verdict = "nothing lost, nothing doubled" if found["as_it_should_be"] else "NOT as it should be"
    return (
        f"{found['people']:,} people in {len(rows)} waves, {found['partitions']} partitions of {found['kafka']} Kafka: "
        f"**{verdict}** ({found['found']['records']:,} records, {found['found']['dossiers']:,} dossiers, "
        f"{found['texts_at_the_provider']:,} texts, {found['doubled']} twice; {found['claimed_when_killed']} notices "
        f"were with the provider when a worker was killed). A worker holds at most {max(found['rss_mb']):.0f} MB (bar: "
        "300).\n\n" + table(["wave", "seconds until all are told"], rows)
    )  # fmt: skip


def dashboards(found: dict[str, Any]) -> str:
    rows: list[list[object]] = [
        [f"`{path}`", one["first"], one["p50"], one["p95"], one["cpu"]] for path, one in found["pages_ms"].items()
    ]
    worst = max(one["p95"] for one in found["pages_ms"].values())
    return (
        f"The control room over {found['dossiers']:,} dossiers and as many cases, with {found['piloted']:,} people in "
        f"a pilot. **The slowest page's p95 is {worst} ms** (bar: 300). The worker counts what pages show: thirteen "
        f"months the first time in {found['first_count_s']} s, and in {found['next_count_s']} s every ten minutes.\n\n"
        + table(["page", "first ms", "p50 ms", "p95 ms", "processor ms"], rows)
    )  # fmt: skip


SECTIONS: Mapping[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "recognise": ("Recognise", recognise),
    "due_day": ("A day on which licences fall due", due_day),
    "latency": ("From commit to text", latency),
    "surge": ("A morning on which many fall due", surge),
    "growth": ("Growth", growth),
    "workers": ("Workers that come, go and are killed", workers),
    "dashboards": ("The control room", dashboards),
}


def pages(kept: Mapping[str, dict[str, Any]]) -> tuple[str, str | None]:
    """The page, and the picture of recognition where there is one."""
    parts = [HEAD]
    for name, (title, section) in SECTIONS.items():
        if name not in kept:
            parts.append(f"## {title}\n\nNot measured yet.\n")
            continue
        run = kept[name]
        machine = run["machine"]
        how = (
            f"*{run['at']}, {run['size']} run of {run['took_s']} s, {machine['cores']} cores, "
            f"{machine['memory_gb']} GB, load {run['load_before']} before and {run['load_after']} after:* "
            f"`{run['command']}`"
        )
        parts.append(f"## {title}\n\n{section(run['measured'])}\n\n{how}\n")
    return "\n".join(parts), picture(kept["recognise"]) if "recognise" in kept else None


def picture(run: dict[str, Any]) -> str:
    rates = {name: rate for name, rate in run["measured"]["rates"].items() if name != "consume_only"}
    bars = [Bar(name.replace("_", " "), {"rate": rate}) for name, rate in rates.items()]
    subtitle = f"{run['measured']['n']:,} changes, {run['at']}, load {run['load_before']} (consuming alone left out)"
    return svg("Changes a second", subtitle, bars, {"rate": "changes a second"}, others="others")


def write() -> None:
    """Both files, from what is kept."""
    page, drawn = pages({file.stem: json.loads(file.read_text()) for file in sorted(KEPT.glob("*.json"))})
    (DOCS / "performance.md").write_text(page, encoding="utf-8")
    if drawn is not None:
        (KEPT / "recognise.svg").write_text(drawn, encoding="utf-8")
