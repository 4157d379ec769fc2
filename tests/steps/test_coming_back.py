"""A register takes something back and gives it again: the dossier goes on from what its citizen had said of it."""

from collections.abc import Sequence
from datetime import date, timedelta

from notifiers.memory import Trouble
from proactive.domain.dossier import ANSWERED, Answer, Decision, Dossier, State
from tests.steps.people import Person, driver
from tests.steps.town import ABSENT_AFTER, Town

ANH = driver(1)
B = {"new_class": "B"}


def later(person: Person, minutes: int, **licence: object) -> Person:
    """The same person with their licence changed, so long after it last was."""
    return person.with_licence(updated_at=person.licences[0].updated_at + timedelta(minutes=minutes), **licence)


async def taken_back_and_given_again(town: Town, people: Sequence[Person], dossiers: Sequence[Dossier]) -> None:
    for minutes, licence in ((1, {"expires_on": date(2026, 12, 7)}), (2, {})):
        await town.told_by_sources([change for one in people for change in town.says(later(one, minutes, **licence))])
        if minutes == 1:
            assert {(await town.again(one)).state for one in dossiers} == {State.MOOT}
    await town.draft()


async def test_each_answer_still_stands(town: Town) -> None:
    people = [driver(n) for n in range(1, len(Answer) + 1)]
    dossiers = [await town.told(person) for person in people]
    for dossier, answer in zip(dossiers, Answer, strict=True):
        await town.answer(dossier, answer, choices=B, note="sai")

    await taken_back_and_given_again(town, people, dossiers)

    back = [await town.again(dossier) for dossier in dossiers]
    assert [(one.state, one.answer) for one in back] == [(ANSWERED[answer], answer) for answer in Answer]
    assert back[0].choices == B


async def test_an_officer_decides_anew_of_what_was_approved(town: Town) -> None:
    dossier = await town.approved(ANH)

    await taken_back_and_given_again(town, [ANH], [dossier])
    await town.forward()

    assert (await town.again(dossier)).state is State.CONFIRMED
    assert (await town.decide(await town.again(dossier), Decision.APPROVE)).reference == dossier.reference


async def test_who_has_answered_is_not_told_by_a_text_that_had_not_come(town: Town) -> None:
    town.sms.troubles.append(Trouble.TIMES_OUT)
    dossier = await town.told(ANH)
    await town.answer(dossier, Answer.CONFIRM, choices=B)

    await taken_back_and_given_again(town, [ANH], [dossier])
    for _ in range(3):
        await town.reconcile()
        await town.offer()
        town.clock.forward(seconds=ABSENT_AFTER.total_seconds())

    spelt = f"{dossier.code[:4]} {dossier.code[4:]}"
    assert [message for _, message in town.sms.taken if spelt in message.body] == []
