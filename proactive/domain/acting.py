"""Who acts at a dossier, for whom, and how sure that is: written down with each answer.

Resolution 66.7/2025: who signed in by the national portal or VNeID needs no digital signature on the interactive form;
so how somebody proved who they are is part of what they said.
"""

from enum import StrEnum

from proactive.domain.base import Value


class Proof(StrEnum):
    """How it is known who this is."""

    CODE = "code"
    """The check code of the message, the last digits of the personal id and a one-time code to the registered phone."""
    IDENTITY = "identity"
    """A provider of electronic identities, such as VNeID."""
    SEEN = "seen"
    """An officer saw the identity paper of the person, who is present."""


class Relation(StrEnum):
    """For whom somebody acts who does not act for themselves."""

    PARENT = "parent"
    CHILD = "child"
    GUARDIAN = "guardian"
    AUTHORISED = "authorised"


class Acting(Value):
    """One session's answer to "who is this?"; with an answer also "for whom?". Empty `relation`: for themselves."""

    proof: Proof = Proof.CODE
    provider: str | None = None
    """The provider that said so, by the name of its file."""
    level: str | None = None
    """How sure the provider is, in its own words."""
    officer: str | None = None
    """The officer who files for the person present, and their office."""
    office: str | None = None
    relation: Relation | None = None
    """What whoever acts is to the person whose dossier it is, as they say themselves; an officer checks it."""
    name: str | None = None
    personal_id: str | None = None
