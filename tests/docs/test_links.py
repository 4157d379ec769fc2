"""Nothing in the documents leads nowhere."""

import re

import pytest

from tests.docs.reading import DECISIONS, ROOT, anchors, documents, quoted, targets, text

FOLDERS = ("connectors/", "docs/", "notifiers/", "proactive/", "rules/", "scripts/", "tests/", "triggers/")


@pytest.mark.parametrize("name", documents())
def test_every_link_and_picture_is_there(name: str) -> None:
    missing = []
    for target in targets(name):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        path = ((ROOT / name).parent / place).resolve() if place else ROOT / name
        if not path.exists() or (anchor and anchor not in anchors(path.relative_to(ROOT).as_posix())):
            missing.append(target)

    assert missing == []


@pytest.mark.parametrize("name", documents())
def test_every_file_and_folder_that_is_named_is_there(name: str) -> None:
    named = {words for words in quoted(name) if words.startswith(FOLDERS) and not re.search(r"[<>{}* ]", words)}
    files = {words.partition("::")[0] for words in named}  # a test is named by its file and itself: test_threats.py

    assert sorted(words for words in files if not (ROOT / words).exists()) == []


@pytest.mark.parametrize("name", documents())
def test_every_make_command_is_in_the_makefile(name: str) -> None:
    there = set(re.findall(r"^([a-z-]+):", text("Makefile"), flags=re.MULTILINE))
    code = [*re.findall(r"^ {4}(make [a-z-]+)", text(name), flags=re.MULTILINE), *quoted(name)]
    asked = {match[1] for line in code if (match := re.match(r"make ([a-z-]+)", line))}

    assert asked - there == set()


def test_the_first_screen_of_the_readme_shows_the_journey_and_its_two_commands() -> None:
    first = "\n".join(text("README.md").splitlines()[:25])

    assert "docs/journey.svg" in first
    assert "make demo" in first
    assert "make test" in first
    assert "proactive/journey.py" in first


def test_every_decision_is_listed_under_its_own_title() -> None:
    listed = dict(re.findall(r"^\| \[\d{4}\]\(([^)]+)\) \| (.+?) \|", text("docs/adr/README.md"), flags=re.MULTILINE))

    there = {
        path.name: path.read_text(encoding="utf-8").splitlines()[0].removeprefix(f"# {path.name[:4]}. ")
        for path in DECISIONS.glob("[0-9]*.md")
    }
    assert listed == there


@pytest.mark.parametrize("name", sorted(path.name for path in DECISIONS.glob("[0-9]*.md")))
def test_every_decision_says_when_why_what_and_what_follows(name: str) -> None:
    decision = text(f"docs/adr/{name}")

    assert re.search(r"^20\d\d-\d\d-\d\d · (accepted|superseded)", decision, flags=re.MULTILINE)
    for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
        assert part in decision


def test_the_changelog_has_its_two_parts() -> None:
    headings = re.findall(r"^### (.+)$", text("CHANGELOG.md"), flags=re.MULTILINE)

    assert headings
    assert set(headings) == {"Law", "Machine"}
