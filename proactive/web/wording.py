"""A dossier in the words of its service: titles, labels, sources and choices come from `rules/`, never from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby

from proactive.domain.dossier import Dossier, Field
from proactive.domain.pseudonym import PLAIN, Pseudonyms
from proactive.prefill import Why, why
from proactive.web.formats import last4, written
from rules import Catalogue, Service
from rules.base import Words
from rules.grammar import FormField, Need, Option, Variant
from rules.offices import OfficeKind, UnitKind, offices, units
from rules.register import RegisterSchema
from rules.texts import plain

MASKED = {"personal_id", "phone"}
"""Types of columns of which only the last four digits are shown until somebody asks, which is written down."""

UNREAD = Words(vi="(không còn trong quy định hiện hành)", en="(no longer in the present rules)")


@dataclass(frozen=True)
class Line:
    """One value of the form, as it is shown."""

    name: str
    label: Words
    hint: Words | None
    value: Words | None
    source: RegisterSchema | None
    as_of: datetime | None
    claim: str | None
    masked: bool


@dataclass(frozen=True)
class Section:
    title: Words | None
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Choosing:
    """Something that the law leaves to the citizen."""

    name: str
    label: Words
    hint: Words | None
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Centres:
    """The commune centres of one kind, in the order of their names."""

    kind: UnitKind
    offices: tuple[tuple[str, str], ...]


class Wording:
    def __init__(self, catalogue: Catalogue, pseudonyms: Pseudonyms = PLAIN) -> None:
        self._catalogue, self._pseudonyms = catalogue, pseudonyms

    def personal_id(self, dossier: Dossier) -> str:
        """Whose it is."""
        return self._pseudonyms.open(dossier.subject)

    def registers(self) -> Mapping[str, RegisterSchema]:
        """The registers that are connected here, by name."""
        return self._catalogue.registers

    @property
    def services(self) -> Sequence[Service]:
        """The published services, by their titles."""
        return sorted(self._catalogue.services.values(), key=lambda service: service.title.vi)

    def service(self, name: str) -> Service | None:
        """The service, also one that is no longer published but still has dossiers."""
        return self._catalogue.services.get(name) or self._catalogue.drafts.get(name)

    def of(self, dossier: Dossier) -> Service | None:
        """The service in the version under which the dossier was made."""
        return self._catalogue.under(dossier.service, dossier.service_version) or self.service(dossier.service)

    def why(self, dossier: Dossier) -> tuple[Why, ...]:
        """Why the citizen is told, as far as that is sure."""
        return why(dossier.because, self.of(dossier))

    def variant(self, dossier: Dossier) -> Variant | None:
        return self.variant_named(dossier.service, dossier.service_version, dossier.variant)

    def variant_named(self, service: str, version: str, variant: str | None) -> Variant | None:
        """The way a service goes, in the version that is meant."""
        found = self._catalogue.under(service, version) or self.service(service)
        return found.variants.get(variant or "") if found else None

    def needs(self, dossier: Dossier) -> list[Need]:
        """What is still needed from the citizen, apart from the choices that are made on the page itself."""
        service = self.of(dossier)
        known = service.needs if service else {}
        return [known[name] for name in dossier.needs if name in known and known[name].kind != "choice"]

    def sections(self, dossier: Dossier, *, reveal: bool = False) -> list[Section]:
        """The form as it stands, part by part. What the citizen still has to choose is not in it."""
        form = {field.name: field for field in self._form(dossier)}
        titles: Mapping[str, Words] = service.form.sections if (service := self.of(dossier)) else {}
        shown = [field for field in dossier.fields if not _left_open(form.get(field.name), field, dossier)]
        parts = groupby(shown, key=lambda field: form[field.name].section if field.name in form else "")
        return [
            Section(titles.get(part), tuple(self._line(form.get(f.name), f, dossier, reveal) for f in fields))
            for part, fields in parts
        ]

    def _form(self, dossier: Dossier) -> Sequence[FormField]:
        service = self.of(dossier)
        return service.form.fields if service else ()

    def _line(self, text: FormField | None, field: Field, dossier: Dossier, reveal: bool) -> Line:
        schema = self._catalogue.registers.get(field.register_name or "")
        column = schema.columns.get(field.column or "") if schema else None
        value = field.value if field.value is not None else dossier.choices.get(field.name)
        masked = bool(value) and column is not None and column.type in MASKED
        label = text.label if text else column.title if column else UNREAD
        return Line(
            name=field.name,
            label=label,
            hint=text.hint if text else None,
            value=_same(last4(value)) if masked and value and not reveal else self._shown(text, field, value),
            source=schema,
            as_of=field.as_of,
            claim=field.claim,
            masked=masked and not reveal,
        )

    def _shown(self, text: FormField | None, field: Field, value: str | None) -> Words | None:
        """A value in words: an answer by its label, a unit by its name, a day as it is written here."""
        if value is None:
            return None
        for option in text.choose or () if text else ():
            if option.code == value:
                return option.label
        if field.column == "unit_code" and (unit := units().get(value)):
            return Words(vi=unit.full_name, en=f"{unit.name} {unit.kind.en}")
        return _same(written(value))

    def masked(self, dossier: Dossier) -> bool:
        return any(line.masked for section in self.sections(dossier) for line in section.lines)

    def choosing(self, dossier: Dossier) -> list[Choosing]:
        """What the citizen must choose, with the answers that the law leaves open for this dossier."""
        form = {field.name: field for field in self._form(dossier)}
        return [
            Choosing(field.name, text.label, text.hint, _open_options(text, field))
            for field in dossier.fields
            if field.options and (text := form.get(field.name)) is not None
        ]

    def applicant(self, dossier: Dossier) -> str | None:
        """The citizen's name, as the form has it."""
        return next((field.value for field in dossier.fields if field.column == "full_name" and field.value), None)

    def returns(self, dossier: Dossier) -> FormField | None:
        """The field in which the citizen chooses the centre that gives back the result, if the form has one."""
        return next((field for field in self._form(dossier) if field.choose_from is not None), None)

    def returned(self, dossier: Dossier) -> str | None:
        """Where the result goes, as a paper says it; None where that is not settled."""
        if dossier.post_to is not None:
            return f"Qua bưu chính công ích, tới: {dossier.post_to}"
        return self.office(dossier.return_to) if dossier.return_to else None

    def address(self, dossier: Dossier) -> str | None:
        """The citizen's address, as the form has it."""
        return next((field.value for field in dossier.fields if field.column == "address" and field.value), None)

    def confidence(self, dossier: Dossier, reference: str | None) -> str | None:
        """How sure the rule's authors are of an article that a dossier stands on; for officers."""
        service = self.of(dossier)
        for basis in service.text.legal_basis if service and reference else ():
            if basis.reference == reference:
                return str(basis.confidence)
        return None

    def office(self, code: str | None) -> str:
        """The name of an office; its code where it is not listed (any more)."""
        found = offices().get(code or "")
        return found.name if found else code or "–"


def _same(text: str) -> Words:
    return Words(vi=text, en=text)


def _left_open(text: FormField | None, field: Field, dossier: Dossier) -> bool:
    """Is this asked of the citizen on the page, instead of being shown?"""
    if text is not None and text.choose_from is not None:
        return True
    return bool(field.options) and field.name not in dossier.choices


def _open_options(text: FormField, field: Field) -> tuple[Option, ...]:
    return tuple(option for option in text.choose or () if option.code in field.options)


@lru_cache(maxsize=4)
def centres(today: date) -> tuple[Centres, ...]:
    """The commune centres that are open on this day, by kind of unit."""
    found: dict[UnitKind, list[tuple[str, str]]] = {kind: [] for kind in UnitKind}
    for office in offices().values():
        unit = units().get(office.unit or "")
        if office.kind is OfficeKind.COMMUNE_CENTRE and unit and (unit.valid_to is None or unit.valid_to >= today):
            found[unit.kind].append((office.id, unit.name))
    return tuple(
        Centres(kind, tuple(sorted(pairs, key=lambda pair: plain(pair[1])))) for kind, pairs in found.items() if pairs
    )
