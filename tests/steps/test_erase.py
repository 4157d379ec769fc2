"""What is over is forgotten when its time has come, what is under way is not, and the audit log stays whole."""

from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from proactive import verifier
from proactive.domain.audit import Signer
from proactive.domain.dossier import Dossier, State, move
from proactive.domain.rights import Asked, Right
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.erase import erase
from proactive.steps.rights import answer_right, ask_right, put_off
from proactive.steps.seal import seal
from proactive.store.engine import libpq
from proactive.store.keeping import Move
from proactive.store.store import Store
from rules import Catalogue, Unpublishable, privacy
from tests.steps.people import driver
from tests.steps.town import Town

ANH = driver(1)
WORDS = (ANH.personal_id, ANH.full_name, "12 Bạch Đằng", ANH.licences[0].number, str(ANH.phone)[1:])


@pytest.fixture
async def town(store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock) -> Town:
    made = Town(store=store, database_url=database_url, catalogue=catalogue, facts=facts, clock=clock)
    await made.ready()
    return made


async def moot(town: Town, dossier: Dossier, **more: object) -> None:
    after = move(dossier, State.MOOT, answer_note=f"Tôi là {ANH.full_name}", **more)
    step = Move(before=dossier, after=after, actor="system", verb="recognise", note=f"{ANH.full_name} đã đổi.")
    assert await town.store.dossiers.keep([step], now=town.clock.now())


async def erased(town: Town, rules: privacy.Privacy | None = None) -> dict[str, int]:
    return dict(await erase(privacy=rules or privacy.load(), store=town.store, clock=town.clock, limit=100))


async def written(store: Store, *but: str) -> dict[str, str]:
    """Every row of every table as text, by table."""
    async with store.engine.connect() as connection:
        tables = (await connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).all()
        found = {}
        for table in sorted(set(tables) - set(but)):
            rows = await connection.scalars(text(f'SELECT t::text FROM "{table}" t'))
            found[table] = "\n".join(map(str, rows))
        return found


async def test_a_dossier_that_is_over_says_nothing_of_anybody_after_its_time(town: Town) -> None:
    dossier = await town.told(ANH)
    await moot(town, dossier, post_to=f"{ANH.full_name}, 12 Bạch Đằng")
    town.clock.forward(days=89)
    assert await erased(town) == {}

    town.clock.forward(days=2)
    assert await erased(town) == {"dossiers": 1}

    kept = await town.store.dossiers.get(dossier.id)
    assert kept is not None and (kept.fields, kept.phone, kept.answer_note) == ((), None, None)
    assert kept.subject == ANH.personal_id, "the occasion is what keeps anyone from being told twice"
    assert await erased(town) == {}, "and that is done once"
    town.clock.at = town.clock.now() + timedelta(days=800)
    assert await erased(town) == {"dossiers": 1, "occasions": 1}
    # What the registers say of a person is theirs, and what is still to come stays owed.
    rows = await written(town.store, "record", "addressee", "opt_out", "occasion")
    assert {t: w for t, row in rows.items() for w in WORDS if w in row} == {}
    async with town.store.engine.connect() as connection:
        owed = text("SELECT count(*) FROM occasion WHERE subject = :subject AND service = :service")
        assert await connection.scalar(owed, {"subject": ANH.personal_id, "service": dossier.service}) == 0


async def test_nobody_is_told_again_by_what_was_erased(town: Town) -> None:
    dossier = await town.told(ANH)
    await moot(town, dossier)
    town.clock.at = town.clock.now() + timedelta(days=900)
    assert (await erased(town))["dossiers"] == 1

    await town.arrives(ANH)
    assert await town.draft() == 0


async def test_a_dossier_that_is_true_again_is_filled_in_again(town: Town) -> None:
    dossier = await town.told(ANH)
    renewed = ANH.with_licence(expires_on=date(2036, 12, 23), updated_at=town.clock.now())
    await town.arrives(renewed)
    town.clock.forward(days=91)
    assert await erased(town) == {"dossiers": 1}

    await town.arrives(ANH.with_licence(updated_at=town.clock.now()))
    await town.draft()

    again = await town.store.dossiers.get(dossier.id)
    assert again is not None and again.state is State.DRAFTED
    assert ANH.full_name in {field.value for field in again.fields}


async def test_what_is_under_way_or_decided_lately_is_not_touched(town: Town) -> None:
    told = await town.told(ANH)
    town.clock.forward(days=365)

    assert "dossiers" not in await erased(town)
    async with town.store.engine.begin() as connection:
        taken = await connection.scalar(text("SELECT erase_dossiers(:ids, now(), '2100-01-01')"), {"ids": [told.id]})
    assert taken == 0, "the database itself takes only what is over"
    present = await town.store.dossiers.get(told.id)
    assert present is not None and present.fields == told.fields


async def test_the_audit_log_is_whole_after_erasing_and_its_salts_are_gone(town: Town, database_url: str) -> None:
    signer = Signer(Ed25519PrivateKey.generate())
    dossier = await town.told(ANH)
    await moot(town, dossier)
    await seal(signer=signer, witnesses=[], store=town.store, clock=town.clock)
    town.clock.at = town.clock.now() + timedelta(days=900)
    await erased(town)
    await seal(signer=signer, witnesses=[], store=town.store, clock=town.clock)

    with psycopg.connect(libpq(database_url)) as connection:
        found = [one for one in verifier.verify(connection, keys=[signer.public]) if one.kind != "late"]
        salted = connection.execute(
            "SELECT count(*) FROM audit_leaf WHERE place IN ('dossier', 'notice', 'history') AND salt IS NOT NULL"
        ).fetchone()
        rows = connection.execute(
            "SELECT (SELECT count(*) FROM dossier) + (SELECT count(*) FROM notice) + (SELECT count(*) FROM history)"
        ).fetchone()
    assert found == []
    assert salted == rows, "one salt a row: that of what it holds now, which is nothing of anybody"


async def test_a_request_to_erase_takes_what_nobody_has_to_answer_for_and_says_what_is_kept(town: Town) -> None:
    dossier = await town.told(ANH)
    await moot(town, dossier)
    other = await town.told(driver(2))
    await town.store.addressees.keep_email(ANH.personal_id, "an@hopthu.example.vn")
    request = await ask_right(
        dossier, Right.ERASE, said="Xóa giúp tôi.", privacy=privacy.load(), store=town.store, clock=town.clock
    )
    assert (request.acknowledge_by, request.due_on) == (date(2026, 11, 26), date(2026, 12, 3))
    assert await erased(town) == {}, "nobody has granted it yet"

    await answer_right(request, Asked.GRANTED, by="lan", answer="", store=town.store, now=town.clock.now())
    assert await erased(town) == {"requests": 1}

    [done] = await town.store.rights.of_dossier(dossier.id)
    assert (done.state, done.subject, done.answered_by) == (Asked.DONE, "", "system")
    assert done.answer is not None and "1 hồ sơ" in done.answer
    assert await town.store.addressees.email(ANH.personal_id) is None
    emptied, untouched = await town.store.dossiers.get(dossier.id), await town.store.dossiers.get(other.id)
    assert emptied is not None and untouched is not None
    assert (emptied.fields, bool(untouched.fields)) == ((), True)


async def test_whoever_stops_is_told_nothing_more_of_anything(town: Town) -> None:
    dossier = await town.drafted(ANH)

    request = await ask_right(
        dossier, Right.STOP, said=None, privacy=privacy.load(), store=town.store, clock=town.clock
    )
    await town.offer()

    assert (request.state, town.sms.called) == (Asked.DONE, [])


async def test_an_answer_may_be_put_off_once(town: Town) -> None:
    dossier = await town.told(ANH)
    values = {"privacy": privacy.load(), "store": town.store, "clock": town.clock}
    request = await ask_right(dossier, Right.CORRECT, said="Sai tên đệm.", **values)

    later = await put_off(request, because="Chờ cơ quan quản lý.", **values)

    assert later.due_on == date(2026, 12, 18)
    assert later.late(date(2026, 11, 27)) and not later.late(date(2026, 11, 26)), "nobody has acknowledged it"
    with pytest.raises(Exception, match="only once"):
        await put_off(later, because="Thêm nữa.", **values)


def test_another_file_of_retention_is_used_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    own = privacy.OWN.read_text(encoding="utf-8")
    (tmp_path / "shorter.yaml").write_text(own.replace("value: 90", "value: 7"), encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(own.replace("value: 90", "value: sometime"), encoding="utf-8")

    assert privacy.load(tmp_path / "shorter.yaml").on(date(2026, 11, 23)).numbers["keep_moot_days"] == 7
    with pytest.raises(Unpublishable):
        privacy.load(tmp_path / "wrong.yaml").on(date(2026, 11, 23))
