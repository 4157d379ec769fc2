"""The grammar of `service.yaml` (when, for whom, on what law, on what ladder, who decides) and of `form.yaml`."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Literal

from pydantic import Field

from rules.base import Confidence, Name, Rule, Text, Words
from rules.dated import Dated, InForce
from rules.expected import Dimension
from rules.vocabulary import AnyClause, AnyWindow


class Status(StrEnum):
    """A draft is read and checked, but nobody is told anything by it."""

    PUBLISHED = "published"
    DRAFT = "draft"


class Opens(StrEnum):
    """What opens a dossier of this service: the check code with a one-time code, or an electronic identity too; or
    the electronic identity alone, for matters in which a phone in the wrong hands would do harm."""

    CODE = "code"
    IDENTITY = "identity"


class Procedure(Rule):
    """The administrative procedure this service prepares. Its code changes with the national list: configure it.

    It is empty while nobody knows it; such a service only reminds (level 1), or is a draft.
    """

    code: str = ""
    name: Words
    confidence: Confidence


class Office(Rule):
    """A body of the state, by the code that the intake knows."""

    code: Text
    title: Words
    confidence: Confidence


class Basis(Rule):
    """One article the service stands on. Every `reference` in a service must be one of these."""

    reference: Text
    title: Text
    confidence: Confidence
    url: Text | None = None
    note: Text | None = None


class Registers(Rule):
    """The register whose records fall due, and the others that are looked into; all of them are watched."""

    main: Name
    others: tuple[Name, ...] = ()


class Choice(Rule):
    """A variant, and when it is the one; without `when` it is what remains."""

    variant: Name
    says: Words
    when: AnyClause | None = None


class Regime(InForce):
    """How the variant is chosen while this law is in force: the first choice that holds."""

    variants: tuple[Choice, ...] = Field(min_length=1)


class Variant(Rule):
    """A way the service can go, as it is called, and what it means for the citizen, said with due care."""

    title: Words
    advice: Words


class Block(Rule):
    """What must be settled first; the citizen is then told that (by this variant) and nothing else."""

    name: Name
    variant: Name
    when: AnyClause


class NeedKind(StrEnum):
    """A paper, a choice only the citizen can make, or their presence."""

    DOCUMENT = "document"
    CHOICE = "choice"
    PRESENCE = "presence"


class Need(Rule):
    """Something only the citizen can give. Needed always, or where `when` holds."""

    name: Name
    kind: NeedKind
    title: Words
    reference: Text
    when: AnyClause | None = None


class Fact(Rule):
    """A value that a message may name: a field of the form, or the record's key (`key`); never free text."""

    field: Name
    shown: Literal["plain", "date", "last4"] = "plain"


class Contact(Rule):
    """The register column in which the citizen's phone number stands."""

    register_name: Name = Field(alias="register")
    column: Name


class FallBack(Rule):
    """After how many hours the next channel of the rung is used: where the provider has not said that the message was
    delivered (`no_delivery`), and where the citizen has not answered although it was (`no_reaction`)."""

    no_delivery: int | None = Field(default=None, ge=1, le=720)
    no_reaction: int | None = Field(default=None, ge=1, le=720)


class Rung(Rule):
    """One step of the ladder: so many days after the anchor (before it, if negative), on these channels in turn.

    The next channel is used when one surely did not reach the citizen; with `fall_back_after_hours` also when nothing
    is known after so long. Any answer of the citizen ends the ladder.
    """

    name: Name
    offset_days: int
    channels: tuple[Name, ...] = Field(min_length=1)
    fall_back_after_hours: FallBack | None = None


class Budget(Rule):
    """What the service's messages may use a day, where that is less than the city's manners allow each service."""

    messages_a_day: int | None = Field(default=None, ge=0)
    vnd_a_day: int | None = Field(default=None, ge=0)


class Fee(Rule):
    """What the procedure costs: a dated value, and the only words a citizen is told of it."""

    value: Name
    says: Words


class Origin(Rule):
    """The register column a value comes from."""

    register_name: str
    column: str


class Decision(Rule):
    """Which office decides, and whether the one who approves must be someone else than the one who prepared.

    Where each commune decides for itself, `of_unit` names the column ('residents.unit_code') in which the unit's code
    stands; `office` then sees to those whose unit nobody knows.
    """

    office: Text
    of_unit: Text | None = None
    two_people: bool

    @cached_property
    def unit(self) -> Origin | None:
        """The register and column of `of_unit`."""
        if self.of_unit is None:
            return None
        register, _, column = self.of_unit.partition(".")
        return Origin(register_name=register, column=column)


class Least(Rule):
    """The least that the service accepts of a register in one dimension: a dated value, in percent of its rows.

    Below it nobody new is told: occasions wait, and go on by themselves when the register has recovered.
    """

    register_name: Name = Field(alias="register")
    dimension: Dimension
    least: Name


class Closing(Rule):
    """When a dossier is over: the intake status that ends it, and after how many days unanswered drafts are dropped."""

    intake_status: int = Field(ge=1, le=10)
    drop_unanswered_after_days: int = Field(ge=1)


class ServiceText(Rule):
    """A proactive service, as a jurist writes it. `short` is its name in a message that speaks of several matters."""

    name: Name
    title: Words
    short: Words | None = None
    status: Status
    draft_because: Text | None = None
    level: Literal[1, 2, 3]
    procedure: Procedure
    offices: tuple[Office, ...] = Field(min_length=1)
    competent_office: Text
    legal_basis: tuple[Basis, ...] = Field(min_length=1)
    registers: Registers
    quality: tuple[Least, ...] = ()
    subject: Name
    cycle: tuple[Name, ...] = Field(min_length=1)
    values: dict[Name, Dated] = Field(default_factory=dict)
    window: AnyWindow
    owed: tuple[AnyClause, ...] = ()
    blocked_by: tuple[Block, ...] = ()
    variants: dict[Name, Variant] = Field(min_length=1)
    regimes: tuple[Regime, ...] = Field(min_length=1)
    needs: tuple[Need, ...] = ()
    contact: Contact
    opens_by: Opens = Opens.CODE
    letters: dict[Name, Fact] = Field(default_factory=dict)
    ladder: tuple[Rung, ...] = Field(min_length=1)
    budget: Budget | None = None
    fee: Fee | None = None
    decision: Decision
    closing: Closing


class Option(Rule):
    """One answer the citizen may choose."""

    code: Text
    label: Words


class Lookup(Rule):
    """A dated table that says, by columns of the asked record, what may stand here: one value fills the field, of
    several the citizen chooses."""

    table: Name
    by: tuple[Name, ...] = Field(min_length=1)


class FormField(Rule):
    """A field of the application and the one thing that fills it.

    `from` names register columns ('residents.full_name'), of which the first with a value fills it; `fixed` is a
    text; `lookup` a table (with `choose` for the words of its options); `choose` options; `choose_from` a list kept
    elsewhere (`or_posted: true` where the result may be posted instead); `asked: true` leaves it empty, for the citizen
    alone knows it.
    """

    name: Name
    label: Words
    section: Name
    required: bool = True
    hint: Words | None = None
    columns: tuple[Text, ...] | Text | None = Field(default=None, alias="from")
    fixed: Text | None = None
    lookup: Lookup | None = None
    choose: tuple[Option, ...] | None = None
    choose_from: Literal["commune_centres"] | None = None
    or_posted: bool = False
    asked: Literal[True] | None = None
    when: AnyClause | None = None

    @cached_property
    def sources(self) -> tuple[Origin, ...]:
        """The register columns that may fill it, in order."""
        written = (self.columns,) if isinstance(self.columns, str) else self.columns or ()
        parts = (text.partition(".") for text in written)
        return tuple(Origin(register_name=register, column=column) for register, _, column in parts)

    @property
    def source(self) -> Origin | None:
        """The first of them."""
        return self.sources[0] if self.sources else None


class Form(Rule):
    """The application: what it is called, its sections and fields in order, and what the citizen declares."""

    title: Words
    sections: dict[Name, Words]
    fields: tuple[FormField, ...] = Field(min_length=1)
    declaration: Words
