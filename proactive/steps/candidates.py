"""Which procedures should become proactive next: the list, what is known of each line, and who proposed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from uuid import uuid4

from proactive.domain.proposal import LIVING, Proposal, Standing, Step, moved, proposed
from proactive.errors import Overtaken, Permanent
from proactive.ports.clock import Clock
from proactive.sheets import Unreadable
from proactive.sheets.naming import named_rows
from proactive.steps.indicators import FRESH
from proactive.steps.overview import Standing as RegisterStanding
from proactive.steps.overview import overview
from proactive.store.store import Store
from rules import Catalogue, Dimension, Service
from rules.base import Words
from rules.candidates import SAMPLE, Candidate, criteria
from rules.candidates.rows import HEADINGS, NEEDED, columns
from rules.candidates.rows import read as read_row
from rules.candidates.scoring import Known, Ranked, ranked
from rules.problem import Problem
from rules.procedures import OF_THE_UNIT

VOLUMES = "volumes"
YEAR = timedelta(days=365)

DIMENSIONS = {
    Dimension.CORRECT: Words(vi="đúng", en="correct"),
    Dimension.COMPLETE: Words(vi="đủ", en="complete"),
    Dimension.CLEAN: Words(vi="sạch", en="clean"),
    Dimension.ALIVE: Words(vi="sống", en="alive"),
}


@dataclass(frozen=True)
class Line:
    """A line of a file: the candidate in it, or what is wrong with it."""

    number: int
    id: str
    candidate: Candidate | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Department:
    """An office that is asked, with what it proposed."""

    office: str
    asked: int
    """How many at least; 0 where nobody asks this one."""
    proposals: tuple[Proposal, ...] = ()

    def number(self, *states: Standing) -> int:
        return sum(one.state in states for one in self.proposals)

    @property
    def missing(self) -> int:
        """How many more it is asked for."""
        return max(0, self.asked - self.number(*LIVING))


@dataclass(frozen=True)
class Ranking:
    """All of it at one moment. `sample`: no real list was imported yet."""

    ranked: Sequence[Ranked]
    departments: Sequence[Department]
    living: Mapping[str, Proposal] = field(default_factory=dict)
    """Proposals that live, by candidate."""
    sample: bool = False


def read(content: bytes) -> list[Line]:
    """Every line of a CSV or XLSX file. Raises `Unreadable` where it is no list of candidates."""
    titles = ", ".join(HEADINGS.values())
    rows = named_rows(
        content,
        columns=columns,
        known_by=["name_vi", "department"],
        needed={name: HEADINGS[name] for name in NEEDED},
        mend="Add them.",
        otherwise=Unreadable("No line has the headings of candidates.", f"Begin with: {titles}."),
    )
    found: list[Line] = []
    seen: set[str] = set()
    for number, row in rows:
        candidate, problems = read_row(row)
        if candidate is not None and candidate.id in seen:
            again = Problem("id", f"{candidate.id} stands in several lines.", "Keep one.")
            found.append(Line(number, candidate.id, None, (again,)))
            continue
        seen |= {candidate.id} if candidate else set()
        found.append(Line(number, candidate.id if candidate else row.get("id", ""), candidate, tuple(problems)))
    return found


@lru_cache(maxsize=1)
def sample() -> tuple[Candidate, ...]:
    """What stands in until the city gives its lists."""
    return tuple(line.candidate for line in read(SAMPLE.read_bytes()) if line.candidate is not None)


async def keep(lines: Sequence[Line], *, by: str, document: str, store: Store, clock: Clock) -> int:
    """Keep the lines that can be used; gives how many are new or say something else."""
    bodies = {
        line.candidate.id: line.candidate.model_dump(mode="json", by_alias=True)
        for line in lines
        if line.candidate is not None
    }
    return await store.steering.import_candidates(bodies, by=by, document=document, now=clock.now()) if bodies else 0


async def candidates(store: Store) -> tuple[list[Candidate], bool]:
    """The imported list, or the sample and True."""
    bodies = await store.steering.candidates()
    return ([Candidate.model_validate(body) for body in bodies], False) if bodies else (list(sample()), True)


async def volumes(*, store: Store, clock: Clock) -> dict[str, dict[str, int]]:
    """Cases of a year by procedure, and occasions of a year by service: both go over very many rows."""
    now, today = clock.now(), clock.today()
    return {
        "cases": await store.steering.volumes(since=now - YEAR, until=now + timedelta(microseconds=1)),
        "due": await store.steering.due(first=today, last=today + YEAR),
    }


async def volumes_kept(*, store: Store, clock: Clock) -> dict[str, dict[str, int]]:
    """The same as it was last kept, if that was not long ago."""
    kept = (await store.kept.get(VOLUMES, [""])).get("")
    if kept is not None and kept[1] > clock.now() - FRESH:
        return kept[0]  # type: ignore[no-any-return]  # as it was kept by the same function
    return await volumes(store=store, clock=clock)


async def ranking(
    *, catalogue: Catalogue, store: Store, clock: Clock, listed: Sequence[Candidate] | None = None
) -> Ranking:
    """Everything, the best candidate first. `listed`: of this list instead of the kept one; nothing is kept of it."""
    numbers = await volumes_kept(store=store, clock=clock)
    made_up = False
    if listed is None:
        listed, made_up = await candidates(store)
    listed = known_here(listed, catalogue)
    facts = _Facts(
        cases=numbers["cases"],
        due=numbers["due"],
        connected=await store.positions.caught_up(),
        registers={
            one.register.name: one for one in (await overview(catalogue=catalogue, store=store, clock=clock)).registers
        },
        catalogue=catalogue,
    )
    proposals = await store.steering.proposals()
    return Ranking(
        ranked([(one, facts.of(one)) for one in listed], criteria()),
        _departments(listed, proposals),
        {one.candidate: one for one in proposals if one.state in LIVING},
        made_up,
    )


def known_here(listed: Sequence[Candidate], catalogue: Catalogue) -> list[Candidate]:
    """The same, where a line names a procedure for which there is a service and not the service: with that, and with
    the register that it goes by. So a list of codes and names says what we know of them."""
    by_code: dict[str, Service] = {}
    for service in [*catalogue.services.values(), *catalogue.drafts.values()]:
        if service.text.procedure.code:
            by_code.setdefault(_national(service.text.procedure.code), service)
    return [
        one.model_copy(update={"service": found.name, "register_name": one.register_name or found.text.registers.main})
        if one.service is None and one.procedure is not None and (found := by_code.get(_national(one.procedure)))
        else one
        for one in listed
    ]


def _national(code: str) -> str:
    """Without the city's own part: `1.014027.H17` is `1.014027`."""
    return code.partition(".H")[0]


def ranking_by_rules(listed: Sequence[Candidate], *, catalogue: Catalogue) -> Ranking:
    """The same where there is no store: nothing is connected, measured or counted, and nobody has proposed anything."""
    facts = _Facts(cases={}, due={}, connected=set(), registers={}, catalogue=catalogue)
    listed = known_here(listed, catalogue)
    return Ranking(ranked([(one, facts.of(one)) for one in listed], criteria()), _departments(listed, ()))


@dataclass(frozen=True)
class _Facts:
    cases: Mapping[str, int]
    due: Mapping[str, int]
    connected: set[str]
    registers: Mapping[str, RegisterStanding]
    catalogue: Catalogue

    def of(self, one: Candidate) -> Known:
        volume, source = self._volume(one)
        register, catalogue = one.register_name or "", self.catalogue
        schema = catalogue.registers.get(register)
        scores = dict(self.registers[register].scores) if register in self.registers else {}
        worst = min(scores, key=lambda dimension: scores[dimension].score) if scores else None
        service = catalogue.services.get(one.service or "") or catalogue.drafts.get(one.service or "")
        fields = service.form.fields if service is not None else ()
        filled = sum(bool(each.sources) for each in fields)
        stated = one.prefill / 100 if one.prefill is not None else None
        return Known(
            level="connected" if register in self.connected else "described" if schema else "none",
            register_title=schema.title if schema else None,
            volume=volume,
            volume_source=source,
            quality=scores[worst].score if worst is not None else None,
            quality_of=DIMENSIONS[worst] if worst is not None else None,
            prefill=filled / len(fields) if fields else stated,
            prefill_of=(filled, len(fields)) if fields else None,
        )

    def _volume(self, one: Candidate) -> tuple[int | None, Words | None]:
        """What the list says; else what was received here in a year; else what falls due here within a year."""
        if one.volume is not None and one.volume_source is not None:
            return one.volume, Words(vi=f"nguồn: {one.volume_source}", en=f"source: {one.volume_source}")
        code = one.procedure or ""
        if cases := self.cases.get(code) or self.cases.get(_national(code)):
            return cases, Words(vi="hồ sơ đã tiếp nhận trong 365 ngày qua", en="cases received in the last 365 days")
        if one.service is not None and (due := self.due.get(one.service)):
            return due, Words(vi="việc sẽ đến hạn trong 365 ngày tới", en="occasions due in the next 365 days")
        return None, None


def _departments(listed: Sequence[Candidate], proposals: Sequence[Proposal]) -> list[Department]:
    """Those that are asked, those that have a candidate, and those that proposed one; the communes as one."""
    least = criteria().least_a_department
    asked = least.departments()
    also = {one.department for one in listed if one.department != OF_THE_UNIT} | {one.department for one in proposals}
    return [
        Department(
            office, least.number if office in asked else 0, tuple(one for one in proposals if one.department == office)
        )
        for office in [*asked, *sorted(also - set(asked))]
    ]


async def propose(candidate: str, step: Step, *, store: Store) -> Proposal:
    """An officer proposes a candidate for their office. Raises `Permanent`, or `Overtaken` where one lives."""
    listed, _ = await candidates(store)
    if candidate not in {one.id for one in listed}:
        raise Permanent(f"There is no candidate {candidate}. See `proactive candidates`.")
    made = proposed(uuid4(), candidate, step)
    if not await store.steering.propose(made, step):
        raise Overtaken(f"{candidate} is proposed already. Look again.")
    return made


async def decide(before: Proposal, to: Standing, step: Step, *, store: Store) -> Proposal:
    """Accept, decline or withdraw. Raises `OutOfTurn`, `Permanent`, or `Overtaken` where somebody was faster."""
    after = moved(before, to, step, decides=criteria().decided_by.office)
    if not await store.steering.move(before, after, step):
        raise Overtaken("Somebody else took a step with this proposal meanwhile. Look again.")
    return after


__all__ = [
    "Department",
    "Line",
    "Ranking",
    "Unreadable",
    "candidates",
    "decide",
    "keep",
    "propose",
    "ranking",
    "ranking_by_rules",
    "read",
]
