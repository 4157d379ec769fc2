"""Rule books that are spoilt in many ways at once: what is wrong in each is written in `spoilt.txt`, word for word.

.venv/bin/python -m tests.rules.spoilt     writes spoilt.txt anew; read the difference as a rule author would
"""

from pathlib import Path
from shutil import copy, copytree
from tempfile import TemporaryDirectory

import rules

ROOT = Path(rules.__file__).parent
TOLD = Path(__file__).with_name("spoilt.txt")
SERVICE = "driver_licence_renewal/service.yaml"
FORM = "driver_licence_renewal/form.yaml"
LICENCES = "registers/driver_licences.yaml"
REGISTERS = ("driver_licences", "residents", "violations", "health_certificates")
"""Those that the service looks into: what is told must not change because another register is described."""

Change = tuple[str, str, str]

SPOILT: dict[str, list[Change]] = {
    "names": [
        (SERVICE, "name: driver_licence_renewal", "name: licence"),
        (SERVICE, "status: published", "status: published\ndraft_because: Nobody knows"),
        (SERVICE, 'code: "3.000347"', 'code: ""'),
        (SERVICE, "competent_office: csgt-da-nang", "competent_office: csgt"),
        (SERVICE, "office: csgt-da-nang,", "office: police,"),
        (SERVICE, "subject: personal_id", "subject: licence_no"),
        (SERVICE, "cycle: [licence_no, expires_on]", "cycle: [expires, class]"),
        (SERVICE, "column: phone}", "column: fax}"),
        (SERVICE, "value: fee_vnd", "value: fee"),
        (SERVICE, "two_people: true}", "of_unit: residents.unit, two_people: true}"),
        (SERVICE, "title: {vi: Đổi giấy phép lái xe khi đến hạn", "title: {vi: 'Đổi {lead_days} giấy phép'"),
        (SERVICE, "title: {vi: Đổi giấy phép trước khi hết hạn", "title: {vi: 'Đổi } giấy phép'"),
        (SERVICE, "en: The licence is still valid. File", "en: The licence is {still} valid. File"),
    ],
    "citations": [
        (SERVICE, "  - reference: Thông tư 36/2024/TT-BYT\n", "  - reference: Thông tư 154/2025/TT-BTC\n"),
        (SERVICE, "    reference: Luật 36/2024/QH15, Điều 62.2\n  - none_of", "  - none_of"),
        (SERVICE,
         "    says:\n      vi: Hạng của giấy phép là hạng có thời hạn\n      en: The class is one that expires\n", ""),
        (SERVICE, "    reference: Thông tư 12/2025/TT-BCA, Điều 19.2\n    confidence: V\n    variants",
         "    reference: Thông tư 1\n    confidence: V\n    variants"),
        (SERVICE, "value: 730, reference: Chính sách nhắc của thành phố", "value: 730, reference: Luật X"),
        (SERVICE, "stop_after_days} days past\n  reference: Chính sách nhắc của thành phố",
         "stop_after_days} days past\n  reference: Luật Y"),
    ],
    "periods": [
        (SERVICE, "to: 2026-06-30\n", "to: 2026-06-20\n"),
        (SERVICE, "- {from: 2025-03-01, value: 60,", "- {from: 2026-03-01, to: 2027-12-31, value: 60,"),
        (SERVICE, "value: 730, reference: Chính sách nhắc của thành phố, confidence: K",
         "value: 730, reference: Chính sách nhắc của thành phố, confidence: CONFLICT"),
        (SERVICE, "to: 2025-12-31, value: [\"135000\"]", "to: 2026-12-31, value: [\"135000\"]"),
        (SERVICE, "value: 85,", "value: 185,"),
        (SERVICE, "value: 80,", "value: many,"),
    ],
    "ends": [
        (SERVICE, "- {from: 2025-03-01, value: 730,", "- {from: 2025-03-01, to: 2027-12-31, value: 730,"),
    ],
    "ways": [
        (SERVICE, "      - variant: full_test\n", "      - variant: whole_test\n"),
        (SERVICE, "        when:\n          late: {column: expires_on, at_most_days: 0}\n", ""),
        (SERVICE, "    variant: settle_violation_first", "    variant: settle"),
        (SERVICE, "        says: {vi: Quá hạn từ một năm trở lên, en: One year or more past expiry}\n  - from",
         "        says: {vi: Quá hạn từ một năm trở lên, en: One year or more past expiry}\n"
         "        when:\n          late: {column: expires_on, under_years: 3}\n  - from"),
        (SERVICE, "value: 60, reference", "value: 40, reference"),
        (SERVICE, "offset_days: -30", "offset_days: -61"),
        (SERVICE, "{register: residents, dimension: correct, least: least_correct}",
         "{register: driver_licences, dimension: correct, least: least_corect}"),
        (SERVICE, "{register: driver_licences, dimension: complete, least: least_complete}",
         "{register: weather, dimension: complete, least: least_complete}"),
    ],
    "rungs": [
        (SERVICE, "{name: first, offset_days: -60, channels: [sms, zalo, email, call_list]}",
         "{name: first, offset_days: -60, channels: [sms, zalo], fall_back_after_hours: {no_delivery: 720}}"),
        (SERVICE, "{name: second, offset_days: -30, channels: [sms, zalo, email, call_list]}",
         "{name: first, offset_days: -30, channels: [sms, zalo, sms]}"),
        (SERVICE, "{name: third, offset_days: -15, channels: [sms, zalo, email, call_list]}",
         "{name: third, offset_days: -15, channels: [sms, zalo], "
         "fall_back_after_hours: {no_delivery: 48, no_reaction: 24}}"),
        (SERVICE, "{name: last_day, offset_days: -1, channels: [sms, zalo, email, call_list]}",
         "{name: last_day, offset_days: -1, channels: [sms], fall_back_after_hours: {no_delivery: 24}}"),
        (SERVICE, "{name: expired, offset_days: 1, channels: [sms, zalo, email, call_list]}",
         "{name: expired, offset_days: 1, channels: [sms, zalo], fall_back_after_hours: {}}"),
    ],
    "conditions": [
        (SERVICE, "  - equals: {column: status, value: valid}\n    says",
         "  - equals: {column: state, value: valid}\n    says"),
        (SERVICE, "anchor: expires_on, lead_days: lead_days, stop_after_days: stop_after_days",
         "anchor: class, lead_days: leed_days, stop_after_days: taken_over_by"),
        (SERVICE, "one_of: {columns: [scheme, class], listed_in: classes_without_expiry}",
         "one_of: {columns: [scheme, clas], listed_in: classes_with_no_expiry}"),
        (SERVICE, "2008 A4]", "2024 A4]"),
        (SERVICE, "present: {column: died_on}", "present: {column: dead_on}"),
        (SERVICE, "later: {columns: [issued_on, expires_on]}", "later: {columns: [issued_on, class]}"),
        (SERVICE, "listed: {columns: [scheme, class], table: taken_over_by, by: [scheme, class]}",
         "listed: {columns: [scheme, class], table: taken_over, by: [scheme, letter]}"),
        (SERVICE, "exists:\n        register: violations", "exists:\n        register: fines"),
        (SERVICE, "late: {column: expires_on, at_most_days: 0}", "late: {column: status, at_most_days: 0}"),
        (SERVICE, "vi: Ngày hết hạn in trên giấy phép còn không quá {lead_days} ngày",
         "vi: Ngày hết hạn in trên giấy phép còn không quá {lead} ngày"),
    ],
    "not watched": [
        (SERVICE, "others: [residents, violations, health_certificates]", "others: [residents]"),
    ],
    "no register": [
        (SERVICE, "others: [residents, ", "others: [people, residents, "),
    ],
    "form": [
        (FORM, "residents.address", "residents.street"),
        (FORM, "section: addressee", "section: top"),
        (FORM, "    fixed: Theo", "    asked: true\n    fixed: Theo"),
        (FORM, "table: exchanged_for", "table: exchanged"),
        (FORM, "name: licence_class", "name: class_of_licence"),
        (FORM, "name: unit_code", "name: phone"),
    ],
    "register": [
        (LICENCES, "key: licence_no", "key: number"),
        (LICENCES, "updated: updated_at", "updated: expires_on"),
        (LICENCES, "codes_by: {class: scheme}", "codes_by: {status: scheme}"),
        (LICENCES, "not_before: {expires_on: issued_on", "not_before: {expires_on: status"),
    ],
    "codes": [
        (LICENCES, '"2008": [A1, A2, A3', '"2007": [A1, A2, A3'),
    ],
}  # fmt: skip


def problems(name: str, folder: Path) -> list[str]:
    """All that is wrong in this rule book, as its author is told."""
    root = folder / "rules"
    (root / "registers").mkdir(parents=True)
    for register in REGISTERS:
        copy(ROOT / "registers" / f"{register}.yaml", root / "registers")
    copytree(ROOT / "driver_licence_renewal", root / "driver_licence_renewal")
    for file, old, new in SPOILT[name]:
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [str(one) for one in rules.check(root)]


def told() -> dict[str, list[str]]:
    """What spoilt.txt says of each."""
    parts = TOLD.read_text(encoding="utf-8").split("\n== ")[1:]
    return {part.splitlines()[0]: [line for line in part.splitlines()[1:] if line] for part in parts}


def main() -> None:
    parts = ["What is wrong with each rule book of spoilt.py, as its author is told.\n"]
    for name in SPOILT:
        with TemporaryDirectory() as folder:
            parts.append("\n".join([f"\n== {name}", *problems(name, Path(folder)), ""]))
    TOLD.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
