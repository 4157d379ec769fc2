"""What to send: one matter in its service's own words, or several matters of one person in one message."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from proactive import letters
from proactive.domain.addressee import Addressee
from proactive.domain.dossier import Dossier, look_again
from proactive.domain.notice import Notice, Sending, notice_id
from proactive.domain.pseudonym import Pseudonyms
from proactive.errors import Permanent
from proactive.letters import Letter
from proactive.ports.notifier import Content
from proactive.steps.telling.hearing import Manners
from proactive.steps.telling.rungs import Try, falls_back_at
from proactive.store.claiming import Matter, Message
from rules import Service, merged, templates
from rules.channels import Script, channels
from rules.grammar import Rung
from rules.prices import cost
from rules.texts import plain

CALL_LEASE = timedelta(seconds=45)
"""Longer than any provider call may take; after it a claim without an outcome is asked about."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A dossier to be told on a channel, with the text it would have alone."""

    before: Dossier
    dossier: Dossier
    service: Service
    rung: Rung
    chosen: Try
    addressee: Addressee
    letter: Letter
    content: Content

    @property
    def language(self) -> str:
        return self.addressee.language

    @property
    def together(self) -> tuple[str, str, str]:
        """Matters that are alike in this may share a message."""
        return self.dossier.subject, self.chosen.channel, self.chosen.address


def said(
    service: Service, dossier: Dossier, channel: str, language: str, today: date, *, pseudonyms: Pseudonyms
) -> tuple[Letter, Content]:
    """The letter of one matter, and what it says in names and values. Raises `Permanent`."""
    key = pseudonyms.open(dossier.record_key)
    values: dict[str, object] = dict(service.letter_values(key, {f.name: f.value for f in dossier.fields}))
    values |= {
        "variant": dossier.variant,
        "expires_on": letters.day(dossier.anchor),
        "days_late": max(0, (today - dossier.anchor).days),
        "code": letters.spaced(dossier.code),
        "rung": dossier.rung,
    }
    letter = letters.write(service.messages_dir, channel=channel, language=language, values=values)
    named = {name: str(value) for name, value in values.items() if value is not None}
    template = templates.read(service.messages_dir, channel)
    return letter, Content(service.name, dossier.variant, language, named, template.given(values) if template else {})


def together(drafts: Sequence[Draft], *, manners: Manners) -> Iterator[Message]:
    """Messages for these: the matters of one person share one, the most urgent first, at most so many in each."""
    people: dict[tuple[str, str, str], list[Draft]] = {}
    for draft in drafts:
        people.setdefault(draft.together, []).append(draft)
    for own in people.values():
        left = sorted(own, key=lambda draft: (draft.dossier.anchor, draft.dossier.id))
        while left:
            letter, some = _written(left[: manners.policy.merged_at_most])
            yield _message(some, letter, manners)
            left = left[len(some) :]


def _written(drafts: Sequence[Draft]) -> tuple[Letter, Sequence[Draft]]:
    """One text for as many of them as fit into it; alone a matter has its service's own text."""
    channel, language = drafts[0].chosen.channel, drafts[0].language
    for count in range(len(drafts), 1, -1):
        some = drafts[:count]
        values = [{"short": _short(one), "code": letters.spaced(one.dossier.code)} for one in some]
        try:
            return letters.write(merged.MESSAGES, channel=channel, language=language, values={"matters": values}), some
        except Permanent:  # too long, or the channel has no such template: fewer at once
            continue
    return drafts[0].letter, drafts[:1]


def _short(draft: Draft) -> str:
    """What the matter is called in a message that names several, in the letters of the channel."""
    words = str(getattr(draft.service.short, draft.language))
    return plain(words) if channels()[draft.chosen.channel].script is Script.PLAIN else words


def _message(drafts: Sequence[Draft], letter: Letter, manners: Manners) -> Message:
    first = drafts[0]
    carrier = notice_id(first.dossier.id, first.rung.name, first.chosen.channel)
    vnd = cost(channels()[first.chosen.channel], letter.text, manners.today) or 0
    matters = []
    for draft in drafts:
        carries = draft is first
        asked = replace(
            manners.asked(draft.dossier, draft.service, draft.rung, draft.chosen.channel, to=draft.chosen.address),
            carries=carries,
            vnd=vnd if carries else 0,
        )
        claimed = _claim(draft, letter.text, manners.now, carried_by=None if carries else carrier, vnd=asked.vnd)
        matters.append(
            Matter(
                before=draft.before,
                after=_told(draft, claimed, manners),
                notice=claimed,
                asked=asked,
                guest=manners.numbers.guest(draft.addressee),
                simulated=manners.numbers.rehearses(draft.addressee),
            )
        )
    return Message(tuple(matters), first.content if len(drafts) == 1 else None)


def _claim(draft: Draft, body: str, now: datetime, *, carried_by: UUID | None, vnd: int) -> Notice:
    known, chosen = draft.chosen.notice, draft.chosen
    return Notice(
        id=notice_id(draft.dossier.id, draft.rung.name, chosen.channel),
        dossier_id=draft.dossier.id,
        rung=draft.rung.name,
        channel=chosen.channel,
        to=chosen.address,
        body=body,
        state=Sending.CLAIMED,
        fence=known.fence + 1 if known else 1,
        resent=known.resent if known else 0,
        lease_until=now + CALL_LEASE,
        carried_by=carried_by,
        vnd=vnd,
        created_at=known.created_at if known else now,
        sent_at=now,
    )


def _told(draft: Draft, claimed: Notice, manners: Manners) -> Dossier:
    """The dossier once it has been told: looked at again on the next rung's day, or when the next channel is due."""
    falls_back = falls_back_at(draft.rung, claimed)
    return draft.dossier if falls_back is None else look_again(draft.dossier, today=manners.today, at=falls_back)
