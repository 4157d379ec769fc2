"""A source that cannot be used is refused with every problem, each with its file, line, why and how to mend it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from proactive.errors import Unusable
from proactive.parts import connector
from proactive.sources import load, offered, plainly, read, require_one_each
from rules.base import Rule
from rules.problem import Problem
from tests.connectors.registers.table import SCHEMA

SOUND = """\
kind: memory
title: {vi: Công an, en: Police}
address: {env: PAPERS_URL}
registers:
  papers:
    table: police.giay_to
    columns:
      "no": SO
      personal_id: {from: SO_DDCN}
      class: {from: HANG, codes: {1: A1, 2: B2}}
      issued_on: {from: NGAY_CAP, format: dd/mm/yyyy, none_if: ["00/00/0000"]}
      updated_at: CAP_NHAT
    deletes: {seen: compared, every_minutes: 30}
    promised_hours: 24
"""
SCHEMAS = {"papers": SCHEMA}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., list[Problem]]:
    """The problems of the sound file once a piece of it is replaced; the piece must be there."""

    def write(old: str = "", new: str = "") -> list[Problem]:
        assert old in SOUND
        (tmp_path / "police.yaml").write_text(SOUND.replace(old, new, 1) if old else SOUND, encoding="utf-8")
        return read(tmp_path, SCHEMAS, adapter=connector)[1]

    return write


def test_a_sound_source_is_read(written: Callable[..., list[Problem]], tmp_path: Path) -> None:
    assert written() == []

    [source] = load(tmp_path, SCHEMAS, adapter=connector)

    assert (source.name, source.kind, offered([source])) == ("police", "memory", {"papers"})
    register = source.registers["papers"]
    assert register.table == "police.giay_to"
    assert register.mapper.reads == ("SO", "SO_DDCN", "HANG", "NGAY_CAP", "CAP_NHAT")
    assert register.mapping.promised_hours == 24


@pytest.mark.parametrize(
    ("old", "new", "line", "why", "mend"),
    [
        ("kind: memory", "kind: oracel", 1, "'oracel' is no kind of source", "connectors/registers/oracel.py"),
        ("address:", "adress:", 3, "There is no key 'adress'", "Did you mean `address`?"),
        ("address: {env: PAPERS_URL}", "address: postgresql://u:p@h/d", 3, "valid dictionary", "rules/schema"),
        ("{env: PAPERS_URL}", "{env: PAPERS_URL, file: x}", 3, "exactly one of `env` and `file`", "rules/schema"),
        ("  papers:\n", "  paper:\n", 5, "There is no register 'paper'", "Did you mean `papers`?"),
        ("class: {from", "clas: {from", 10, "has no column 'clas'", "Did you mean `class`?"),
        ("      personal_id: {from: SO_DDCN}\n", "", 7, "'personal_id' of the register papers is filled by nothing",
         "personal_id: NAME_IN_THE_SOURCE"),
        ("format: dd/mm/yyyy", "format: dd/mm/yy", 11, "has not yyyy, mm and dd once each", "adding-a-register"),
        ("format: dd/mm/yyyy", "format: dd/mon/yyyy", 11, "yyyy, mm and dd", "adding-a-register"),
        ("codes: {1: A1, 2: B2}", "format: dd/mm/yyyy", 10, "`format` is for days and moments", "adding-a-register"),
        ('"no": SO', '"no": {from: SO, codes: {1: "2"}}', 8, "Keys can be compared only", "by `from` or `join`"),
        ("seen: compared", "seen: marked", 13, "say which rows are marked as deleted", "rules/schema"),
        ("{from: SO_DDCN}", "{from: SO_DDCN, fixed: x}", 9, "exactly one of `from`, `join`", "rules/schema"),
        ("promised_hours: 24", "settings: {a: 1}", 14, "has no settings of its own", "Take them out."),
    ],
)  # fmt: skip
def test_a_problem_is_told_with_its_line_and_how_to_mend_it(
    written: Callable[..., list[Problem]], old: str, new: str, line: int, why: str, mend: str
) -> None:
    [problem] = written(old, new)

    assert problem.file is not None
    assert problem.file.endswith("/police.yaml")
    assert problem.line == line
    assert why in problem.why
    assert mend in problem.mend


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SOUND.replace("codes: {1: A1", "cods: {1: A1").replace("promised_", "promise_"))
    (tmp_path / "b.yaml").write_text("kind: [")
    (tmp_path / "c.yaml").write_text(SOUND)

    sources, problems = read(tmp_path, SCHEMAS, adapter=connector)

    assert [source.name for source in sources] == ["c"]
    assert [str(problem.file).rpartition("/")[2] for problem in problems] == ["a.yaml", "a.yaml", "b.yaml"]
    with pytest.raises(Unusable) as refused:
        load(tmp_path, SCHEMAS, adapter=connector)
    assert str(refused.value).count("\n") == 3


def test_a_folder_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="It holds no source"):
        load(tmp_path / "nowhere", SCHEMAS, adapter=connector)


def test_what_only_a_connector_understands_is_read_by_its_own_model(tmp_path: Path) -> None:
    class Own(Rule):
        sheet: str
        skip: int = Field(0, ge=0)

    class Connector:
        __name__ = "connectors.registers.sheets"
        RegisterSettings = Own

    def adapter(_kind: str) -> Connector:
        return Connector()

    (tmp_path / "police.yaml").write_text(SOUND + "    settings: {sheet: Tờ 1}\n", encoding="utf-8")
    [source] = load(tmp_path, SCHEMAS, adapter=adapter)  # type: ignore[arg-type]  # as good as a module here
    (tmp_path / "police.yaml").write_text(SOUND + "    settings: {shet: Tờ 1}\n", encoding="utf-8")
    _, problems = read(tmp_path, SCHEMAS, adapter=adapter)  # type: ignore[arg-type]  # the same
    (tmp_path / "police.yaml").write_text(SOUND, encoding="utf-8")
    _, missing = read(tmp_path, SCHEMAS, adapter=adapter)  # type: ignore[arg-type]  # the same

    own: BaseModel | None = source.registers["papers"].settings
    assert own == Own(sheet="Tờ 1")
    assert sorted(problem.where for problem in problems) == [
        "registers.papers.settings.sheet", "registers.papers.settings.shet",
    ]  # fmt: skip
    assert [problem.where for problem in missing] == ["registers.papers.settings.sheet"]


def test_the_address_is_in_the_environment_or_in_a_file_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "police.yaml").write_text(SOUND, encoding="utf-8")
    [by_env] = load(tmp_path, SCHEMAS, adapter=connector)
    (tmp_path / "police.yaml").write_text(SOUND.replace("{env: PAPERS_URL}", "{file: police.url}"), encoding="utf-8")
    [by_file] = load(tmp_path, SCHEMAS, adapter=connector)

    with pytest.raises(Unusable, match="PAPERS_URL is not set"):
        _ = by_env.url
    with pytest.raises(Unusable, match=r"police\.url can't be read"):
        _ = by_file.url
    monkeypatch.setenv("PAPERS_URL", "postgresql://u:secret@h/d")
    (tmp_path / "police.url").write_text("postgresql://u:secret@h/e\n")
    assert by_env.url == "postgresql://u:secret@h/d"
    assert by_file.url == "postgresql://u:secret@h/e"
    assert "secret" not in repr(by_env) + repr(by_file) + repr(plainly("x:secret@y", kind="memory", schemas=SCHEMAS))


def test_two_sources_of_one_register_are_refused_by_their_names() -> None:
    one, other = (plainly("", kind="memory", schemas=SCHEMAS) for _ in range(2))

    require_one_each([one])
    with pytest.raises(Unusable, match="papers is offered by two sources"):
        require_one_each([one, other])
