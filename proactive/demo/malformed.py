"""Rows that a database takes and nobody can use: they must be refused one by one, with a reason."""

from datetime import date

from proactive.demo.licences import POLICE
from proactive.demo.moments import Moments, day, plus_years
from proactive.demo.rows import HealthCertificate, Licence, Resident, Violation


def malformed(today: date) -> dict[str, list[tuple[object, ...]]]:
    """The same few rows whatever the size of the population, by table."""
    moments = Moments(today)
    at = moments.before
    issued, soon = date(2016, 6, 1), day(today, 30)
    good = Licence(
        licence_no="990160000001", personal_id="099080000001", full_name="Nguyễn Văn Thử",
        date_of_birth=date(1980, 1, 1), class_="B2", scheme="2008", issued_on=issued, expires_on=soon,
        issued_by=POLICE, status="valid", updated_at=at(3600),
    )  # fmt: skip
    resident = Resident(
        personal_id="099080000002", full_name="Trần Thị Thử", date_of_birth=date(1980, 1, 1), sex="F",
        unit_code="20242", address="Số 1 Bạch Đằng, phường Hải Châu, thành phố Đà Nẵng", phone=None,
        died_on=None, updated_at=at(3500),
    )  # fmt: skip
    return {
        "residents": [
            resident._replace(personal_id="09908000000"),  # 11 digits
            resident._replace(personal_id="099O80000003"),  # the letter O
            resident._replace(personal_id="099080000004", died_on=date(1979, 12, 31)),  # died before birth
        ],
        "driver_licences": [
            good._replace(licence_no="990160000002", personal_id="099080123"),  # not 12 digits
            good._replace(licence_no=""),  # no key
            good._replace(licence_no="990160000003", class_="X9"),  # no such class
            good._replace(licence_no="990160000004", expires_on=date(2015, 6, 1)),  # expired before issued
            good._replace(licence_no="990160000005", expires_on="infinity"),
            good._replace(licence_no="990160000006", scheme="2024"),  # B2 is a class of 2008
            good._replace(licence_no="990160000007", status="expired"),  # no such status
            good._replace(licence_no="990160000008", updated_at=None),
        ],
        "violations": [
            Violation(
                "VP-0000001", "099080000001", day(today, -90), day(today, -120), at(3400)
            ),  # settled before it was
        ],
        "health_certificates": [
            HealthCertificate(
                "KSK-0000001", "099080000001", "4", day(today, -9), plus_years(day(today, -9), 1), at(3300)
            ),
        ],
    }
