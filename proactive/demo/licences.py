"""The licences of ordinary people: two in three never expire, one in twenty of the others is due or lately overdue."""

from datetime import date
from random import Random

from proactive.demo.moments import Moments, day, plus_years
from proactive.demo.names import one
from proactive.demo.rows import Licence, Resident

NEW_LAW = date(2025, 1, 1)
"""From this day licences carry the classes of Law 36/2024/QH15, Art. 57."""

TERMS = {"B": 10, "C": 5, "D": 5, "F": 5}
"""Years a licence of a kind runs; of each kind both laws have a class (Art. 57.5; before it, Circular 12/2017)."""

_OLD = {"B": ("B2", "B2", "B2", "B1"), "C": ("C",), "D": ("D", "E"), "F": ("FC",)}
_NEW = {"B": ("B",), "C": ("C",), "D": ("D2", "D2", "D1", "D"), "F": ("CE",)}
_KINDS = ("B",) * 17 + ("C",) * 3 + ("D",) * 2 + ("F",)
_ISSUERS = {
    "048": "Sở Giao thông vận tải thành phố Đà Nẵng",
    "049": "Sở Giao thông vận tải tỉnh Quảng Nam",
}
POLICE = "Phòng Cảnh sát giao thông – Công an thành phố Đà Nẵng"


def licences_of(rng: Random, resident: Resident, index: int, *, today: date, moments: Moments) -> list[Licence]:
    """What an ordinary holder holds: a motorcycle, a car, or both."""
    born = resident.date_of_birth or day(today, -15_000)
    grown = plus_years(born, 18)
    chance = rng.random()
    held: list[Licence] = []
    if chance < 0.72:
        issued = day(today, -5 - int(rng.random() * min(9000, max(1, today.toordinal() - grown.toordinal() - 10))))
        old = issued < NEW_LAW
        class_ = ("A1" if rng.random() < 0.96 else "A2") if old else ("A1" if rng.random() < 0.8 else "A")
        held.append(licence(rng, resident, index, 0, class_, issued, None, moments))
    if chance >= 0.58:
        kind = one(rng, _KINDS)
        expires = _expiry(rng, TERMS[kind], grown, today)
        issued = plus_years(expires, -TERMS[kind])
        class_ = one(rng, (_OLD if issued < NEW_LAW else _NEW)[kind])
        held.append(licence(rng, resident, index, 1, class_, issued, expires, moments))
    return held


def licence(
    rng: Random,
    resident: Resident,
    index: int,
    nth: int,
    class_: str,
    issued: date,
    expires: date | None,
    moments: Moments,
    status: str | None = None,
) -> Licence:
    """A licence of one person; its number is made from the person's running number and `nth`, 0 to 8."""
    home = resident.personal_id[:3]
    sex = resident.personal_id[3]
    chance = rng.random()
    lost = "withdrawn" if chance < 0.008 else "suspended" if chance < 0.014 else "lost" if chance < 0.022 else "valid"
    return Licence(
        licence_no=f"{home[1:]}{sex}{issued.year % 100:02d}{(index * 271_829 + 314_159) % 10**6:06d}{nth}",
        personal_id=resident.personal_id,
        full_name=resident.full_name,
        date_of_birth=resident.date_of_birth,
        class_=class_,
        scheme="2008" if issued < NEW_LAW else "2024",
        issued_on=issued,
        expires_on=expires,
        issued_by=POLICE if issued >= date(2025, 3, 1) else _ISSUERS.get(home, _ISSUERS["048"]),
        status=status or lost,
        updated_at=moments.draw(rng, since=issued),
    )


def _expiry(rng: Random, term: int, grown: date, today: date) -> date:
    """A printed expiry date: now and then due or overdue, mostly far off."""
    chance, soonest = rng.random(), plus_years(grown, term)
    if chance < 0.048:
        late = rng.random()
        if late < 0.66:
            expires = day(today, int(rng.random() * 61))
        elif late < 0.78:
            expires = day(today, -1 - int(rng.random() * 29))
        elif late < 0.9:
            expires = day(today, -30 - int(rng.random() * 335))
        else:
            expires = day(today, -366 - int(rng.random() * 365))
    elif chance < 0.075:
        expires = day(today, -732 - int(rng.random() * 1500))
    else:
        latest = plus_years(day(today, -4), term).toordinal() - today.toordinal()
        expires = day(today, 62 + int(rng.random() * (latest - 62)))
    if expires < soonest:  # nobody got it as a child: then it was given lately
        expires = plus_years(day(today, -5 - int(rng.random() * 300)), term)
    return expires
