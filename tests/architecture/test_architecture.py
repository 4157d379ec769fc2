"""What holds for the whole code and no single module can show: who may import whom, and what is nowhere written."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proactive.brokers import Brokers
from proactive.domain.keys import Keys
from proactive.topics import Topics
from triggers.publisher import Publisher

ROOT = Path(__file__).parents[2]
PACKAGES = ("connectors", "notifiers", "proactive", "rules", "triggers")


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    """(path, text) of every module in these folders, or of the one module that is named."""
    for folder in folders:
        place = ROOT / folder
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


# -- Who imports whom

MAY_IMPORT = {
    "rules": {"rules"},
    "proactive": {"proactive", "rules"},
    "notifiers": {
        "notifiers",
        "proactive.domain",
        "proactive.errors",
        "proactive.ports",
        "proactive.settings.from_environment",
        "rules",
    },
    "connectors": {
        "connectors",
        "proactive.brokers",
        "proactive.domain",
        "proactive.errors",
        "proactive.logs",
        "proactive.ports",
        "proactive.settings.from_environment",
        "proactive.settings.read",
        "proactive.sheets",
        "proactive.sources",
        "rules",
    },
    "triggers": {"triggers", "connectors", "notifiers", "proactive", "rules"},
    "proactive/errors.py": set(),
    "proactive/domain": {
        "proactive.domain",
        "proactive.errors",
        "rules.calendar",
        "rules.checks",
        "rules.forbidden",
        "rules.kinds",
        "rules.manners",
    },
    "proactive/ports": {"proactive.ports", "proactive.domain", "proactive.errors"},
    "proactive/sources": {"proactive.sources", "proactive.ports", "proactive.domain", "proactive.errors", "rules"},
    "proactive/store": {
        "proactive.store",
        "proactive.ports",
        "proactive.domain",
        "proactive.errors",
        "proactive.tracing",
        "rules.manners",
        "rules.texts",
    },
    "proactive/embedded": {"proactive.embedded", "proactive.errors"},
}
"""Folder -> what of this repository its modules may import."""

NEVER_IMPORTS = {
    "proactive/steps": {"proactive.cli", "proactive.demo", "proactive.web", "proactive.embedded"},
    "proactive/web": {"proactive.cli", "proactive.demo", "proactive.embedded"},
    "proactive/demo": {"proactive.cli"},
}
"""Folder -> what its modules never import: pages know no demo, steps know no pages."""


def imported(text: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything of this repository that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from ((node.lineno, name) for name in names if name.partition(".")[0] in (*PACKAGES, "tests"))  # type: ignore[attr-defined]  # both kinds of import have a line


def inside(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_go_one_way(folder: str) -> None:
    wrong = [
        f"{path}:{line} imports {name}"
        for path, text in sources(folder)
        for line, name in imported(text)
        if not inside(name, MAY_IMPORT[folder])
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", NEVER_IMPORTS)
def test_nothing_imports_what_stands_above_it(folder: str) -> None:
    wrong = [
        f"{path}:{line} imports {name}"
        for path, text in sources(folder)
        for line, name in imported(text)
        if inside(name, NEVER_IMPORTS[folder])
    ]
    assert wrong == []


# -- What the processors may do


def agents() -> Iterator[tuple[str, ast.Call, str]]:
    """(path and line, the call of `agent`, the text of the function) of every Faust agent."""
    for path, text in sources("triggers"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
                for decorator in node.decorator_list:
                    call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
                    if isinstance(call.func, ast.Attribute) and call.func.attr == "agent":
                        yield f"{path}:{node.lineno}", call, ast.get_source_segment(text, node) or ""


def test_every_agent_works_alone_and_takes_messages_one_by_one() -> None:
    found = list(agents())
    assert found, "no agent was found: has the way to write them changed?"
    for place, call, body in found:
        given_ = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert given_.get("concurrency") == "1", f"{place}: say concurrency=1, or messages overtake each other"
        assert not re.search(r"\.(take|noack\w*|group_by|through)\(", body), f"{place}: acknowledged before it is done"


def test_nothing_in_triggers_is_acknowledged_before_it_is_done() -> None:
    assert [path for path, text in sources("triggers") if "noack" in text] == []
    auto = [path for path, text in sources("triggers") if re.search(r"enable\.auto\.commit\W+(?!False)\w", text)]
    assert auto == []


# -- Time

MACHINE_CLOCK = {
    "proactive/ports/clock.py": "it is the clock",
    "notifiers/zalo.py": "compared with the provider's clock, which no rehearsal moves",
    "notifiers/sms.py": "compared with the provider's clock, which no rehearsal moves",
    "connectors/intakes/http.py": "a signature is checked against the receiver's clock",
    "connectors/registers/_sql_doctor.py": "compares the machine's clock with the source's",
    "proactive/cli/_demo.py": "names a demo's topics after the moment it began",
    "proactive/demo/intake.py": "signs as another system, by that system's clock",
    "proactive/demo/receiver.py": "stands for another system, which has a clock of its own",
    "proactive/demo/network.py": "stands for another system, which has a clock of its own",
}
"""Module -> why it looks at the machine's clock although steps are given theirs."""


def looks_at_the_clock(text: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "today", "utcnow"}
        and ast.unparse(node.value).split(".")[-1] in {"datetime", "date"}
    ]


def test_only_the_clock_and_a_listed_few_ask_the_machine_what_time_it_is() -> None:
    found = {path: lines for path, text in sources(*PACKAGES) if (lines := looks_at_the_clock(text))}
    assert {path: lines for path, lines in found.items() if path not in MACHINE_CLOCK} == {}, "take a Clock instead"
    assert set(MACHINE_CLOCK) <= set(found), "a module that no longer looks at the clock is taken off the list"


# -- Digits

ANY_SCRIPT = {
    "rules/kinds.py": "codes that rule authors write; str(int(code)) == code leaves ASCII digits only",
    "rules/rows.py": "asks whether a code of a rule may have come as a number",
}
"""Module -> why digits of every script may pass there."""


def test_a_digit_of_an_id_is_one_of_ten() -> None:
    r"""`\d` and `isdigit` take Arabic and Devanagari digits too: an id in them would be another person's key."""
    wrong = [
        f"{path}:{number}: {line.strip()}"
        for path, text in sources("connectors", "rules", "proactive/web", "proactive/domain")
        for number, line in enumerate(text.splitlines(), 1)
        if "\\d" in line or (re.search(r"is(digit|decimal|numeric)\b", line) and "isascii" not in line)
        if path not in ANY_SCRIPT
    ]
    assert wrong == [], "write [0-9], or ask isascii() too"


# -- What travels and what is written down

TOPICS = Topics(changes="t.changes", dossiers="t.dossiers")


@pytest.fixture(scope="module")
def publishers() -> Iterator[tuple[Publisher, Publisher]]:
    """Two of different secrets; neither has a broker, for a key needs none."""
    nowhere = Brokers("127.0.0.1:1")
    made = Publisher(nowhere, Keys("s" * 32), TOPICS), Publisher(nowhere, Keys("t" * 32), TOPICS)
    yield made
    for publisher in made:
        publisher.close()


@settings(max_examples=100, deadline=None, database=None)
@given(subject=st.text("0123456789", min_size=12, max_size=12), other=st.text("0123456789", min_size=12, max_size=12))
def test_a_kafka_key_is_the_same_for_one_person_and_says_nothing_about_them(
    publishers: tuple[Publisher, Publisher], subject: str, other: str
) -> None:
    ours, theirs = publishers
    key = ours.key(subject)
    assert len(key) == 16
    assert key == ours.key(subject)
    assert key != theirs.key(subject), "who does not have the secret cannot work it out"
    assert (key == ours.key(other)) == (subject == other)
    parts = {subject[start : start + 4] for start in range(9)}
    assert not [part for part in parts if part.encode() in key]
    assert subject not in key.hex()


FAILS = """
import logging
import structlog
from proactive.logs import begin_logging

def step(phone):
    raise ValueError(f"cannot reach {phone}")

begin_logging()
log = structlog.get_logger()
try:
    step("0599123400")
except ValueError as error:
    log.warning("step.failed", exc_info=True)
    log.warning("step.failed_again", exc_info=error)
    log.exception("step.failed_anew")
    logging.getLogger("some.library").exception("%s does not answer", "0599123400")
"""


def test_a_logged_error_shows_its_kind_and_its_lines_and_never_what_it_says() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FAILS], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
    )
    lines = [json.loads(line) for line in ran.stderr.splitlines()]

    assert [line["event"] for line in lines] == ["step.failed", "step.failed_again", "step.failed_anew", "some.library"]
    assert {line["error"] for line in lines} == {"ValueError"}
    for line in lines[:3]:
        assert [re.sub(r":\d+ ", " ", frame) for frame in line["failed_at"]] == ["<string> <module>", "<string> step"]
    assert "0599" not in ran.stderr + ran.stdout
    assert "reach" not in ran.stderr + ran.stdout
