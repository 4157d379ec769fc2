"""A look at a live source names everything that keeps it from being used, and shows nobody's data."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.registers import sql
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.sources import ConnectedRegister, ConnectedSource, RegisterMapping, plainly
from proactive.sources.finding import Finding, Level
from tests.connectors.registers.mariadb import MariaDb, MariaPapers
from tests.connectors.registers.table import COLUMNS, SCHEMA, Papers

CODED = {
    "no": "no", "personal_id": "personal_id", "updated_at": "updated_at",
    "class": {"from": "class", "codes": {"B2": "B2", "C": "C"}}, "issued_on": {"from": "issued_on"},
}  # fmt: skip


def source(url: str, columns: dict[str, Any] | None = None) -> ConnectedSource:
    mapping = RegisterMapping.model_validate({"columns": columns} if columns else {})
    made = plainly(url, kind="sql", schemas={"papers": SCHEMA})
    return replace(made, registers={"papers": ConnectedRegister(SCHEMA, mapping)}, place="sources/police.yaml")


def worst(findings: list[Finding]) -> list[str]:
    return [f"{one.level.value} {one.where}: {one.why}" for one in findings if one.level is not Level.FINE]


@pytest.fixture
async def papers(server: EmbeddedPostgres) -> Papers:
    made = await Papers.make(server)
    await made.do("CREATE INDEX ON papers (personal_id)")
    await made.put("P1", "now() - interval '1 hour'")
    return made


async def test_a_sound_source_has_nothing_but_fine_findings(papers: Papers) -> None:
    findings = await sql.examine(source(papers.reader, CODED))

    assert worst(findings) == []
    said = " ".join(one.why for one in findings)
    for words in ("from ours", "has all 5 columns", "may only read", "values of class are known", "All of the 1 rows"):
        assert words in said


async def test_a_sound_mariadb_has_nothing_but_fine_findings(mariadb: MariaDb) -> None:
    papers = MariaPapers.make(mariadb)
    papers.do("CREATE INDEX person ON papers (personal_id)")
    papers.put("P1", "now() - interval 1 hour")

    findings = await sql.examine(source(papers.reader, CODED))

    assert worst(findings) == []


async def test_an_account_that_may_write_is_warned_of(papers: Papers, mariadb: MariaDb) -> None:
    there = MariaPapers.make(mariadb)
    there.do("CREATE INDEX person ON papers (personal_id)")
    there.put("P1", "now() - interval 1 hour")
    there.do(f"GRANT INSERT ON {there.name}.papers TO {there.name}@'127.0.0.1'")

    ours = await sql.examine(source(papers.owner))
    theirs = await sql.examine(source(there.reader))

    assert "The account may DELETE, INSERT, TRUNCATE, UPDATE." in " ".join(worst(ours))
    assert worst(theirs) == ["warning sources/police.yaml: papers: The account may INSERT."]


async def test_codes_that_no_table_lists_are_counted(papers: Papers) -> None:
    for number in range(5):
        await papers.put(f"X{number}", "now()", **{"class": "ZZ"})

    findings = await sql.examine(source(papers.reader, CODED))

    [problem] = [one for one in findings if one.where.endswith("papers.class") and one.level is Level.PROBLEM
                 and "no table" in one.why]  # fmt: skip
    assert "1 values of class, in 5 rows, are in no table: 'ZZ'" in problem.why
    assert "`codes`" in problem.mend


async def test_rows_that_cannot_be_used_are_counted_and_not_shown(papers: Papers) -> None:
    for number in range(3):
        await papers.put(f"bad{number}", "now()", personal_id="0480800000")

    findings = await sql.examine(source(papers.reader))

    [finding] = [one for one in findings if one.where.endswith("papers.personal_id")]
    assert finding.level is Level.PROBLEM
    assert "3 of the 4 rows changed last cannot be used" in finding.why
    assert "0480800000" not in " ".join(str(one) for one in findings)


async def test_missing_indexes_and_a_key_that_may_be_there_twice_are_warned_of(server: EmbeddedPostgres) -> None:
    papers = await Papers.make(server, COLUMNS.replace(" PRIMARY KEY", ""))
    await papers.do("DROP INDEX papers_updated_at_no_idx")
    await papers.put(None, "now()")

    findings = await sql.examine(source(papers.reader))

    warned = " ".join(worst(findings))
    assert "No index begins with updated_at" in warned
    assert "No index begins with personal_id" in warned
    assert "Nothing keeps no from being there twice" in warned


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda url: url.replace(":reads@", ":wrong-word@"), "does not answer"),
        (lambda _: "postgresql://x:wrong-word@127.0.0.1:1/x", "does not answer"),
    ],
)
async def test_a_source_that_does_not_answer_is_a_problem(
    papers: Papers, change: Callable[[str], str], says: str
) -> None:
    [finding] = await sql.examine(source(change(papers.reader)))

    assert finding.level is Level.PROBLEM
    assert says in finding.why
    assert "wrong-word" not in str(finding)


async def test_missing_tables_and_columns_are_problems(papers: Papers) -> None:
    columns = {**CODED, "issued_on": "NGAY_CAP"}

    findings = await sql.examine(source(papers.reader, columns))

    assert worst(findings) == ["problem sources/police.yaml: Table papers has no column NGAY_CAP."]
