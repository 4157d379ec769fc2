"""The texts of a service as citizens would get them: a variant each, told to the people of the service's own cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules import messages, source
from rules.cases import CODE, Case, Cases, told
from rules.channels import channels
from rules.kinds import Row
from rules.service import Service
from rules.texts import Size, size


@dataclass(frozen=True)
class Preview:
    """One text. `case` names the case whose person it is written to; none has this variant: the longest values."""

    variant: str
    text: str
    size: Size
    faults: tuple[str, ...]
    case: str | None


def previews(service: Service, *, channel: str, language: str) -> Iterator[Preview]:
    """A text for each variant, in the order of the service. Raises `LookupError` where it has none for this channel."""
    name = channels()[channel].template(language)
    if not (service.messages_dir / name).is_file():
        raise LookupError(f"{service.name} has no text messages/{name}")
    cases = _cases(service)
    for variant in service.variants:
        text, case = _text(service, variant, cases, channel, language)
        faults = tuple(why for why, _ in channels()[channel].faults(text))
        yield Preview(variant, text, size(text), faults, case)


def _text(
    service: Service, variant: str, cases: tuple[Case, ...], channel: str, language: str
) -> tuple[str, str | None]:
    for case in cases:
        if case.expect.due and case.expect.variant == variant:
            records = {name: _rows(service, name, given) for name, given in case.records.items()}
            record = records[service.register][0]
            verdict = service.evaluate(record, records, case.on)
            return told(service, verdict, record, records, case.on, channel=channel, language=language), case.name
    letters = {name: messages.sample(fact, service.form, service.judged) for name, fact in service.text.letters.items()}
    values = {**letters, "variant": variant, "rung": service.ladder[0].name, "days_late": 0, "code": CODE}
    said = channels()[channel]
    return messages.render(messages.template(service.messages_dir / said.template(language)), values, said), None


def _rows(service: Service, register: str, given: object) -> tuple[Row, ...]:
    rows = given if isinstance(given, tuple) else (given,)
    return tuple(service.judged[register].take(row) for row in rows)  # the loader has made sure that each is sound


def _cases(service: Service) -> tuple[Case, ...]:
    text, problems = source.read(service.folder / "cases.yaml", f"{service.name}/cases.yaml")
    if text is None:
        raise LookupError(str(problems[0]))
    return Cases.model_validate({"cases": text.data}).cases
