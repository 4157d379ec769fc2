"""What the small readers and reckoners of rules/ say, each of a table of good and bad things: it stands in `said.txt`.

.venv/bin/python -m tests.rules.said     writes said.txt anew; read the difference as a rule author would
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import rules
from rules import Catalogue, channels, desk, expected, groups, messages, previews, source, templates
from rules.cases import Case, Cases, run
from rules.forbidden import prohibitions
from rules.ladder import rung_days, useful_until
from rules.offices import predecessors, units
from rules.offices.agencies import agency_of, dossier_code
from rules.offices.resolving import resolve
from rules.procedures import rows
from rules.texts import size

TOLD = Path(__file__).with_name("said.txt")
HERE = Path(rules.__file__).parent
SCAMS = Path(__file__).with_name("scams.txt").read_text(encoding="utf-8").splitlines()


@cache
def book() -> Catalogue:
    return rules.load()


def expectations() -> Iterator[object]:
    """What is expected of each register, in words, and what makes no sense in it."""
    for schema in book().registers.values():
        for one in expected.expectations(schema, book().registers, schema.columns):
            yield f"{schema.name}: {one}"
    licences = book().registers["driver_licences"]
    names = {
        "agrees_with": [
            {"column": "name", "register": "residents", "with": "full_name"},
            {"column": "full_name", "register": "driver_licences", "with": "full_name"},
            {"column": "full_name", "register": "people", "with": "full_name"},
            {"column": "full_name", "register": "residents", "with": "name"},
            {"column": "full_name", "register": "residents", "with": "date_of_birth"},
            {"column": "full_name", "register": "residents", "with": "full_name"},
        ],
        "past": ["issued_by", "issued_on", "nothing", "updated_at"],
        "units": ["issued_by", "class", "nothing"],
        "filled": {"issuer": {}, "issued_by": {"unless": [{"law": ["2008"]}]}},
        "known_in": ["driver_licences", "transport_badges", "people", "residents"],
        "once": ["person", "class"],
    }
    spoilt = licences.model_copy(update={"expects": expected.Expects.model_validate(names)})
    yield from expected.flaws(spoilt, book().registers)


def readers() -> Iterator[object]:
    """Files of channels, groups, parameters and registers that cannot be used."""
    written = {
        "single": "title: {vi: Tin, en: Message}\neither: {sms: 1}\n",
        "pigeons": "title: {vi: Tin, en: Message}\neither: {sms: 1, pigeon: 1, dove: 2}\n",
        "unlike": "title: {vi: Tin, en: Message}\neither: {sms: 1, email: 1}\n",
        "sms": "title: {vi: Tin, en: Message}\neither: {sms: 1, viettel_sms: 1}\n",
        "twice": "title: {vi: A, en: B}\ntitle: {vi: A, en: B}\neither: {sms: 1, viettel_sms: 1, sms: 2}\n",
        "broken": "title: {vi: Tin\n",
        "list": "- one\n",
        "sound": "title: {vi: Tin, en: Message}\neither: {sms: 3, viettel_sms: 1}\n",
    }
    with TemporaryDirectory() as name:
        folder = Path(name)
        for word, text in written.items():
            (folder / f"{word}.yaml").write_text(text, encoding="utf-8")
            yield groups.read(folder / f"{word}.yaml")
        sound = (HERE / "channels" / "zalo.yaml").read_text(encoding="utf-8")
        for number, text in enumerate(
            [sound, sound.replace("forbids:", "forbids:\n  gifts: {confidence: K}"), "title: {vi: Tin}\n"]
        ):
            (folder / f"channel{number}.yaml").write_text(text, encoding="utf-8")
            yield channels.read(folder / f"channel{number}.yaml")
        yield from parameters(folder)


def parameters(folder: Path) -> Iterator[object]:
    zalo, values = channels.channels()["zalo"], {"expires_on": "29/02/2028", "long": "x" * 300, "key": "4567"}
    yield sorted(zalo.parameters.items())
    yield from templates.faults(folder, channels.channels()["sms"], values)
    yield from templates.faults(folder, zalo, values)
    some = next(iter(zalo.parameters))
    for text in (
        "parameters: [",
        "parameters: {day: {value: expires_on}}\n",
        f"parameters: {{day: {{value: expires_on, kind: nothing}}, a: {{value: nobody, kind: {some}}}, "
        f"b: {{value: long, kind: {some}}}, c: {{value: key, kind: {some}}}}}\n",
    ):
        place = folder / str(len(text))
        place.mkdir()
        (place / "zalo.yaml").write_text(text, encoding="utf-8")
        for language in ("vi", "en"):
            chosen = "{% if days_late %}x{% endif %}{% if variant == 'a' %}y{% endif %}"
            said = "{{ " + language + "_day }} {{ key }}" + chosen
            (place / f"zalo.{language}.j2").write_text(said, encoding="utf-8")
        yield from templates.faults(place, zalo, values)


def texts() -> Iterator[object]:
    """How long texts are, and why they may not go out."""
    for text in ("", "a" * 160, "a" * 161, "€" * 80, "€" * 81, "a" * 306, "a" * 307, "ữ" * 70, "ữ" * 71, "😀" * 36):
        yield len(text), size(text)
    for scam in SCAMS:
        for name, one in prohibitions().items():
            for why, mend in one.check(scam):
                yield name, why, mend
    for channel in channels.channels().values():
        for text in (
            "",
            "Giấy phép",
            "x" * 307,
            "x" * 3000,
            "Tiêu đề\n\nNội dung\n\nx",
            "so 048090000001 goi 0236 3881 888",
        ):
            yield channel.name, list(channel.faults(text))


def procedure_rows() -> Iterator[object]:
    """Rows of the catalogue of procedures, good ones as they are written again, and bad ones."""
    yield rows.columns(["Mã thủ tục", "code", "NAME_VI", "Tên thủ tục", None, "Phi địa giới", "x"])
    with (HERE / "procedures" / "catalogue.csv").open(encoding="utf-8-sig", newline="") as file:
        heading, *lines = csv.reader(file)
    places = rows.columns(heading)
    read = [rows.read({name: line[place] for place, name in places.items()}) for line in lines]
    known = [one for one, _ in read if one is not None]
    yield len(known), len(lines)
    for one in known:
        yield rows.write(one), rows.read(rows.write(one))[0] == one, one.step(None), one.after(None)
    good = rows.write(next(one for one in known if one.fees and one.components and one.process))
    for changes in (
        {"sample": "perhaps"}, {"boundary_free": "maybe"}, {"boundary_free": "Có", "sample": "X"}, {"name_vi": ""},
        {"name_en": ""}, {"code": "3"}, {"working_days": "2,5"}, {"working_days": "many"}, {"proactive": "much"},
        {"proactive": "9"}, {"fees": "2026-01-01"}, {"fees": "a|b|c|d|e|f|g"}, {"process": "a | b | c"}, {"field": ""},
        {"components": "Đơn"}, {"components": "a|b|c|d|e"}, {"received_at": "nowhere, 20242"}, {"process": ""},
        {"process": "a | receiving | 4 | clerk | Nhận"}, {"level": "none"}, {"confidence": "sure"},
    ):  # fmt: skip
        made, problems = rows.read({**good, **changes})
        yield changes, None if made is None else rows.write(made), [str(one) for one in problems]
    yield dossier_code(agency_of("csgt-da-nang"), date(2026, 3, 4), 7), agency_of("nobody")
    yield (
        dossier_code("H17.1", date(2026, 3, 4), 12345, owner="09"),
        sorted({agency_of(f"centre-{one}") for one in units()}),
    )
    for number, owner in ((0, None), (1, "1"), (1, "a1"), (1, "٠٩")):
        try:
            yield dossier_code("H17", date(2026, 3, 4), number, owner=owner)
        except ValueError as error:
            yield error


def days() -> Iterator[object]:
    """What the desk and the rungs of each ladder say around Tet."""
    for day in (date(2026, 2, 9) + timedelta(days=n) for n in range(24)):
        yield day, desk.on(day), desk.on(day).late_before(day).isoformat()
    for name, service in {**book().services, **book().drafts}.items():
        for anchor in (date(2026, 2, 14) + timedelta(days=n) for n in range(0, 40, 5)):
            opened = [(f"{one:%m-%d}", f"{useful_until(service.ladder, n, anchor):%y-%m-%d}")
                      for n, one in enumerate(rung_days(service.ladder, anchor))]  # fmt: skip
            yield name, f"{anchor:%m-%d}", *opened


def addresses() -> Iterator[object]:
    """Where addresses lead: each unit of today and a tenth of those before, and what is written otherwise."""
    asked = [
        f"{one.kind.vi} {one.name}, {one.district}" for lines in list(predecessors().values())[::14] for one in lines
    ]
    asked += [one.full_name for one in units().values()][::6]
    asked += [
        "thị trấn Nam Phước, Duy Xuyên", "TT. Nam Phước", "P.Hải Châu", "X Hòa Vang - H Hòa Vang", "Q3, P5", "20194",
        "99999", "centre-20242", "csgt-da-nang", "Hải Châu I", "phường 1", "Tam Kỳ", "tp Hội An; P Minh An", "", "xã",
        "Phường Thạnh Mỹ", "thị trấn Thạnh Mỹ, huyện Nam Giang", "Hòa Khánh Bắc\nLiên Chiểu", "Hai Chau, Da Nang",
    ]  # fmt: skip
    for address in asked:
        found = resolve(address)
        matches = [(m.unit.code, m.was.code if m.was else None, m.share and str(m.share)) for m in found.matches]
        yield address, found.by, found.certain, found.office.id if found.office else None, matches


def services() -> Iterator[object]:
    """Texts, examples, columns and filled forms of services, and what is said of cases that expect something else."""
    for name, service in book().services.items():
        judged = {".".join(one) for one in service.columns_judged()}
        yield name, sorted(judged), sorted({".".join(one) for one in service.columns()} - judged)
        for fact in service.text.letters.values():
            yield name, fact.field, messages.sample(fact, service.form, service.judged)
        for day in (date(1990, 1, 1), date(2027, 2, 1)):
            yield name, service.least(day)
        for case in some_cases(service.folder):
            given = {r: some if isinstance(some, tuple) else (some,) for r, some in case.records.items()}
            records = {r: [service.judged[r].take(row) for row in some] for r, some in given.items()}
            empty = {r: dict.fromkeys(book().registers[r].columns) for r in records}
            whole = {r: [{**empty[r], **row} for row in some] for r, some in records.items()}
            form = [(f.field.name, f.value, f.register_name, f.column, [o.code for o in f.options])
                    for f in service.fill(whole[service.register][0], whole, case.on)]  # fmt: skip
            yield name, case.name, service.deciding_office(whole), form
            spoilt = case.expect.model_copy(
                update={
                    "due": not case.expect.due,
                    "variant": "none",
                    "cycle": "none",
                    "needs": ("none",),
                    "sms": "none",
                }
            )
            yield list(run(case.model_copy(update={"expect": spoilt}), service))
            yield list(run(case.model_copy(update={"expect": case.expect.model_copy(update={"sms": "none"})}), service))
            yield list(run(case.model_copy(update={"records": {"weather": {}}}), service))
        for channel, language in (("sms", "vi"), ("email", "en")) if name == "driver_licence_renewal" else ():
            yield from (
                replace(one, text=repr(one.text))
                for one in previews.previews(service, channel=channel, language=language)
            )


def some_cases(folder: Path) -> list[Case]:
    text, _ = source.read(folder / "cases.yaml", "cases.yaml")
    assert text is not None
    return list(Cases.model_validate({"cases": text.data}).cases)[1::5]


SAYING: dict[str, Callable[[], Iterator[object]]] = {
    one.__name__: one for one in (expectations, readers, texts, procedure_rows, days, addresses, services)
}


def said(name: str) -> list[str]:
    """What it says now, a line each."""
    return [str(one).replace("\n", " ⏎ ") for one in SAYING[name]()]


def told() -> dict[str, list[str]]:
    """What said.txt says of each."""
    parts = TOLD.read_text(encoding="utf-8").split("\n== ")[1:]
    return {part.split("\n", 1)[0]: part.rstrip("\n").split("\n")[1:] for part in parts}


def main() -> None:
    parts = ["What rules/ says of the things in said.py.\n"]
    parts += ["\n".join([f"\n== {name}", *said(name), ""]) for name in SAYING]
    TOLD.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
