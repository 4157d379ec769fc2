"""Made-up people with driving licences, drafted and told as the journey would have done it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import text

from connectors.registers.memory import MemoryRegister
from proactive.domain.dossier import Dossier, State, move
from proactive.domain.keys import new_code
from proactive.domain.notice import Notice, Sending, notice_id
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.prefill import prefill, reasons
from proactive.store.dossiers import add
from proactive.store.keeping import Move
from proactive.store.store import Store
from rules import Catalogue
from tests.conftest import PSEUDONYMS

SERVICE = "driver_licence_renewal"
OFFICE = "csgt-da-nang"
UNIT = "20242"
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


OCCASION = """
INSERT INTO occasion
  (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version, changed_at)
VALUES
  (gen_random_uuid(), 'driver_licence_renewal', :subject, :subject, :subject, :due, :ends, :ends, 'owed', 'v', now())
"""


def person_of(dossier: Dossier) -> str:
    """Whose it is, as they know it themselves."""
    return PSEUDONYMS.open(dossier.subject)


@dataclass
class People:
    """Puts people into the registers and their dossiers into the store."""

    store: Store
    catalogue: Catalogue
    clock: SetClock
    registers: dict[str, MemoryRegister]
    count: int = field(default=0)

    async def dossier(
        self,
        *,
        name: str = "NGUYỄN THỊ HOÀNG ANH",
        licence_class: str = "B2",
        scheme: str = "2008",
        expires: date = date(2026, 12, 20),
        violation: bool = False,
        phone: str | None = "0901234567",
        office: str = OFFICE,
        told: bool = True,
    ) -> Dossier:
        """A dossier whose citizen was told this morning (`told`) or that was only drafted."""
        self.count += 1
        person = f"048190{self.count:06d}"
        licence = {
            "licence_no": f"4801{self.count:08d}",
            "personal_id": person,
            "full_name": name,
            "date_of_birth": "1968-03-04",
            "class": licence_class,
            "scheme": scheme,
            "issued_on": "2016-12-20",
            "expires_on": expires.isoformat(),
            "issued_by": "Sở Giao thông vận tải Đà Nẵng",
            "status": "valid",
            "updated_at": "2026-11-20T08:00:00+07:00",
        }
        resident = {
            "personal_id": person,
            "full_name": name,
            "date_of_birth": "1968-03-04",
            "sex": "F",
            "unit_code": UNIT,
            "address": "12 Bạch Đằng, phường Hải Châu, thành phố Đà Nẵng",
            "phone": phone,
            "updated_at": "2026-11-18T08:00:00+07:00",
        }
        rows = {"driver_licences": [licence], "residents": [resident], "violations": [], "health_certificates": []}
        if violation:
            rows["violations"].append(
                {
                    "violation_no": f"VP{self.count:06d}",
                    "personal_id": person,
                    "occurred_on": "2026-10-02",
                    "resolved_on": None,
                    "updated_at": "2026-10-02T08:00:00+07:00",
                }
            )
        known, facts = {}, Facts(self.catalogue, self.store.pseudonyms)
        for register, found in rows.items():
            schema = self.catalogue.registers[register]
            known[register] = [facts.hide(register, schema.take(row)) for row in found]
            for row in found:
                self.registers[register].put(str(row[schema.key]), person, row, version=1)
        return await self._drafted(known, person, office=office, phone=phone, told=told)

    async def _drafted(
        self, known: dict[str, list[dict[str, object]]], person: str, *, office: str, phone: str | None, told: bool
    ) -> Dossier:
        service, record = self.catalogue.services[SERVICE], known["driver_licences"][0]
        now, today = self.clock.now(), self.clock.today()
        verdict = service.evaluate(record, known, today)
        assert verdict.due and verdict.cycle and verdict.anchor and verdict.ends_on and verdict.due_on, verdict
        occasion = uuid5(NAMESPACE_URL, f"{person}|{verdict.cycle}")
        dossier = Dossier(
            id=uuid4(),
            occasion_id=occasion,
            service=SERVICE,
            service_version=service.version,
            subject=self.store.pseudonyms.of(person),
            record_key=str(record["licence_no"]),
            cycle=verdict.cycle,
            anchor=verdict.anchor,
            ends_on=verdict.ends_on,
            state=State.DRAFTED,
            variant=verdict.variant,
            blocked_by=verdict.blocked_by,
            needs=tuple(verdict.needs),
            because=reasons(verdict),
            fields=prefill(service, record, known, today, as_of=now, pseudonyms=self.store.pseudonyms),
            code=new_code(),
            phone=phone,
            office=office,
            return_to=f"centre-{UNIT}",
            created_at=now,
            updated_at=now,
        )
        async with self.store.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO occasion (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, "
                    "service_version, changed_at) VALUES (:id, :service, :subject, :cycle, :key, :due, :ends, :anchor, "
                    "'drafted', :version, :now)"
                ),
                {
                    "id": occasion, "service": SERVICE, "subject": dossier.subject, "cycle": verdict.cycle,
                    "key": dossier.record_key, "due": verdict.due_on, "ends": verdict.ends_on,
                    "anchor": verdict.anchor, "version": service.version, "now": now,
                },
            )  # fmt: skip
            await add(connection, [dossier], now=now)
        return await self._told(dossier) if told else dossier

    async def _told(self, dossier: Dossier) -> Dossier:
        sent = self.clock.now() - timedelta(minutes=30)
        notice = Notice(
            id=notice_id(dossier.id, "first", "sms"),
            dossier_id=dossier.id,
            rung="first",
            channel="sms",
            to="+84901234567",
            body=f"TP Da Nang, dich vu cong chu dong: GPLX hang B2 so ***{dossier.record_key[-4:]} het han 20/12/2026. "
            f"Ho so doi da duoc chuan bi. Khong thu tien, khong hoi OTP qua dien thoai. Hoi 1022. "
            f"Ma kiem tra: {dossier.code[:4]} {dossier.code[4:]}",
            state=Sending.DELIVERED,
            created_at=sent,
            sent_at=sent,
            settled_at=sent,
        )
        return await self.moved(dossier, State.OFFERED, verb="offer", notices=(notice,))

    async def moved(
        self,
        dossier: Dossier,
        to: State | None = None,
        *,
        verb: str = "decide",
        actor: str = "system",
        note: str | None = None,
        notices: tuple[Notice, ...] = (),
        **update: object,
    ) -> Dossier:
        """The dossier as it is when somebody else has moved it on (or only changed it)."""
        after = move(dossier, to, **update) if to else dossier.model_copy(update=update)
        kept = await self.store.dossiers.keep(
            [Move(before=dossier, after=after, actor=actor, verb=verb, note=note, notices=notices)],
            now=self.clock.now(),
        )
        assert kept == {dossier.id}
        return await self.again(dossier.id)

    async def again(self, dossier_id: UUID) -> Dossier:
        found = await self.store.dossiers.get(dossier_id)
        assert found is not None
        return found

    async def owed(self, days: Sequence[date]) -> None:
        """Somebody's licence falls due on each of these days, and is not drafted yet."""
        async with self.store.engine.begin() as connection:
            for number, due in enumerate(days):
                values = {"subject": f"04809{number:07}", "due": due, "ends": due + timedelta(days=60)}
                await connection.execute(text(OCCASION), values)
