"""Personal ids of an older database become pseudonyms: in every table, once, and whatever was under way goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import text

import rules
from proactive.domain.dossier import Answer, Decision, State
from proactive.domain.pseudonym import KEY_BYTES, PLAIN, Pseudonyms
from proactive.errors import Unusable
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.hide import hide, still_plain
from proactive.store.hiding import require_one_form
from proactive.store.store import Store, opened
from rules import Catalogue
from tests.conftest import PSEUDONYMS, VAULT
from tests.databases import Databases
from tests.dumped import tables_with
from tests.steps.people import driver
from tests.steps.town import Town

APPROVED, CONFIRMED, TOLD, DRAFTED = (driver(n) for n in (1, 2, 3, 4))
IDS = [one.personal_id for one in (APPROVED, CONFIRMED, TOLD, DRAFTED)]
EMAIL = "an@example.vn"


def quiet(table: str, done: int) -> None:
    """Nobody is told how far it has come."""


@asynccontextmanager
async def town_at(
    url: str, catalogue: Catalogue, clock: SetClock, pseudonyms: Pseudonyms, *, application: str = "test"
) -> AsyncIterator[Town]:
    async with opened(url, size=4, application=application, vault=VAULT, pseudonyms=pseudonyms) as store:
        yield Town(store=store, database_url=url, catalogue=catalogue, facts=Facts(catalogue, pseudonyms), clock=clock)


async def played(town: Town) -> None:
    """Somebody at each step, one of them with all that hangs on a person."""
    await town.ready()
    await town.approved(APPROVED)
    await town.confirmed(CONFIRMED)
    told = await town.told(TOLD)
    await town.drafted(DRAFTED)
    await town.store.addressees.keep_email(told.subject, EMAIL)
    await town.answer(told, Answer.WRONG, claims={"address": "1 Lê Lợi"})
    await town.store.addressees.stop(told.subject, now=town.clock.now())


async def hidden(url: str, *, limit: int = 3) -> int:
    async with opened(url, application="proactive keys", vault=VAULT, pseudonyms=PSEUDONYMS) as store:
        return await hide(store=store, catalogue=rules.load(), limit=limit, tell=quiet)


def told_of(url: str) -> dict[str, list[object]]:
    """What is known of everybody, without what differs by chance."""
    asked = {
        "record": "SELECT register, key, subject, version, body::text FROM record ORDER BY 1, 2",
        "occasion": "SELECT service, subject, cycle, record_key, due_on, state FROM occasion ORDER BY 1, 2, 3",
        "dossier": "SELECT subject, record_key, cycle, state, ends FROM dossier ORDER BY 1, 2",
        "opt_out": "SELECT subject, service, channel FROM opt_out ORDER BY 1",
        "ticket": "SELECT register, key, subject FROM ticket ORDER BY 1, 2",
        "addressee": "SELECT subject FROM addressee ORDER BY 1",
    }
    with psycopg.connect(url) as connection:
        return {name: list(connection.execute(statement).fetchall()) for name, statement in asked.items()}


async def test_an_older_database_becomes_the_one_that_pseudonyms_were_kept_in_from_the_first_row(
    databases: Databases, catalogue: Catalogue, clock: SetClock
) -> None:
    async with databases.lent() as older, databases.lent() as new:
        async with town_at(older, catalogue, clock, PLAIN) as town:
            await played(town)
        async with town_at(new, catalogue, clock, PSEUDONYMS) as town:
            await played(town)
        before = told_of(older)

        changed = await hidden(older)

        assert told_of(older) == told_of(new) != before
        assert any(cycle.startswith("~") for _, _, cycle, *_ in told_of(new)["occasion"]), "residents' own services"
        assert changed > 20 and await hidden(older) == 0
        assert tables_with(older, IDS) == tables_with(new, IDS) == set()


async def test_whatever_was_under_way_goes_on(database_url: str, catalogue: Catalogue, clock: SetClock) -> None:
    async with town_at(database_url, catalogue, clock, PLAIN) as town:
        await played(town)
        sources, channel = town.sources, town.sms
    await hidden(database_url)

    async with town_at(database_url, catalogue, clock, PSEUDONYMS) as fresh:
        town = replace(fresh, sources=sources, sms=channel)
        await town.decide(await town.newest(CONFIRMED.personal_id), Decision.APPROVE)
        await town.forward()
        await town.offer()

        taken = town.intake.taken.values()
        assert {one.applicant.personal_id for one in taken} == {APPROVED.personal_id, CONFIRMED.personal_id}
        assert all(one.fields["personal_id"] == one.applicant.personal_id for one in taken)
        assert (await town.newest(APPROVED.personal_id)).state is State.FORWARDED
        assert (await town.newest(DRAFTED.personal_id)).state is State.OFFERED
        assert await town.store.addressees.email(PSEUDONYMS.of(TOLD.personal_id)) == EMAIL
        assert {subject for source in sources.values() for asked in source.asked for subject in asked} == set(IDS)


async def test_the_audit_log_tells_no_id_to_whoever_tries_them_all(
    database_url: str, catalogue: Catalogue, clock: SetClock
) -> None:
    async with town_at(database_url, catalogue, clock, PLAIN) as town:
        await played(town)
        for without in (["sms"], []):  # what was taken back is gone, and its leaves are not
            await town.store.addressees.wish(
                TOLD.personal_id, language="vi", service="a", without=without, channels=["sms"], now=clock.now()
            )
    before = salted(database_url)

    await hidden(database_url)

    after = salted(database_url)
    assert all(number == 1 for place, numbers in after.items() if place in NAMED for number in numbers)
    assert {place: len(after[place]) for place in NAMED} == {"dossier": 4, "opt_out": 1, "ticket": 1}
    assert (len(before["opt_out"]), sum(before["dossier"]) > 8) == (2, True)


NAMED = ("dossier", "opt_out", "ticket")


def salted(url: str) -> dict[str, list[int]]:
    """Place -> of each row, how many leaves have the salt that it takes to try what is in them."""
    asked = "SELECT place, count(*) FROM audit_leaf WHERE salt IS NOT NULL GROUP BY place, row_key"
    found: dict[str, list[int]] = {}
    with psycopg.connect(url) as connection:
        for place, number in connection.execute(asked):
            found.setdefault(place, []).append(number)
    return found


async def test_a_person_is_found_by_the_last_digits_and_by_all_of_them(
    database_url: str, catalogue: Catalogue, clock: SetClock
) -> None:
    async with town_at(database_url, catalogue, clock, PSEUDONYMS) as town:
        await town.ready()
        dossier = await town.confirmed(CONFIRMED)
        queue = town.store.queue

        for digits in (CONFIRMED.personal_id, CONFIRMED.personal_id[-4:], CONFIRMED.personal_id[-7:]):
            [found] = await queue.by_digits(digits, office=dossier.office, limit=10)
            assert found.id == dossier.id
        wrong = str((int(CONFIRMED.personal_id[0]) + 1) % 10) + CONFIRMED.personal_id[1:]
        assert await queue.by_digits(wrong, office=dossier.office, limit=10) == []


async def test_it_may_be_broken_off_and_nothing_starts_before_its_end(
    database_url: str, catalogue: Catalogue, clock: SetClock
) -> None:
    async with town_at(database_url, catalogue, clock, PLAIN) as town:
        await played(town)

    def breaks(table: str, done: int) -> None:
        if table == "dossier":
            raise KeyboardInterrupt

    async with opened(database_url, application="proactive keys", vault=VAULT, pseudonyms=PSEUDONYMS) as store:
        with pytest.raises(KeyboardInterrupt):
            await hide(store=store, catalogue=rules.load(), limit=2, tell=breaks)
        counted = await still_plain(store=store, catalogue=rules.load())
        assert counted["record"] == 0 and 0 < counted["dossier"] < len(IDS)
        with pytest.raises(Unusable, match="Run `proactive keys hide` to its end"):
            await require_one_form(store.engine)

        await hide(store=store, catalogue=rules.load(), limit=2, tell=quiet)

        await require_one_form(store.engine)
    assert tables_with(database_url, IDS) == set()


async def test_it_is_refused_while_anything_else_is_connected(
    database_url: str, catalogue: Catalogue, clock: SetClock
) -> None:
    async with town_at(database_url, catalogue, clock, PLAIN, application="proactive worker") as town:
        await played(town)

        with pytest.raises(Unusable, match=r"Still connected: .*proactive worker"):
            await hidden(database_url)

        await require_one_form(town.store.engine)  # and nothing has begun


async def test_pseudonyms_and_plain_ids_never_mix(database_url: str, catalogue: Catalogue, clock: SetClock) -> None:
    other = Pseudonyms(bytes(range(KEY_BYTES)))

    async def starts(pseudonyms: Pseudonyms) -> str:
        async with opened(database_url, pseudonyms=pseudonyms) as store:
            try:
                await require_one_form(store.engine)
            except Unusable as error:
                return str(error)
            return ""

    assert [await starts(one) for one in (PLAIN, other, PSEUDONYMS)] == ["", "", ""], "as long as it holds nobody"
    async with town_at(database_url, catalogue, clock, PSEUDONYMS) as town:
        await town.arrives(TOLD)
    assert await starts(PSEUDONYMS) == ""
    assert f"made under the look-up key {PSEUDONYMS.name}" in await starts(other)
    assert "Take PROACTIVE_PSEUDONYMS=0 away" in await starts(PLAIN)


async def test_an_older_database_says_which_command_mends_it(
    database_url: str, catalogue: Catalogue, clock: SetClock
) -> None:
    async with town_at(database_url, catalogue, clock, PLAIN) as town:
        await town.arrives(TOLD)

    async with opened(database_url, pseudonyms=PSEUDONYMS) as store:
        with pytest.raises(Unusable, match="Stop every process and run `proactive keys hide`"):
            await require_one_form(store.engine)


async def test_pages_and_worker_may_ask_and_not_change_it(store: Store) -> None:
    async with store.engine.connect() as connection:
        for role in ("proactive_web", "proactive_worker"):
            may = await connection.execute(
                text("SELECT has_function_privilege(:r, 'lookup_key_for(text)', 'EXECUTE'), "
                     "has_table_privilege(:r, 'lookup_key', 'SELECT, INSERT, UPDATE, DELETE')"), {"r": role}
            )  # fmt: skip
            assert tuple(may.one()) == (True, False)
