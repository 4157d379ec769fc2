"""Whether a service makes sense: everything it names exists, everything is cited, in force, and can be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from rules.base import Confidence, Words
from rules.condition import Clause, Condition, Scope
from rules.dated import Flaw, flaws, uncovered
from rules.grammar import Form, Rung, ServiceText
from rules.groups import spelt_out
from rules.register import RegisterSchema
from rules.source import Loc


def service_flaws(text: ServiceText, folder: str, registers: Mapping[str, RegisterSchema]) -> Iterator[Flaw]:
    """What is wrong with a service, but for its form, its messages and its cases."""
    yield from _identity(text, folder)
    yield from _periods(text)
    yield from _citations(text)
    yield from _variants(text)
    yield from _ladder(text)
    yield from _quality(text)
    yield from _plain_words(text)
    unknown = [name for name in (text.registers.main, *text.registers.others) if name not in registers]
    for name in unknown:
        why = f"There is no register '{name}'."
        yield ("registers",), why, f"Use one of {', '.join(registers)}, or describe it in rules/registers/{name}.yaml."
    if text.registers.main in registers:
        yield from _conditions(text, registers)


def _identity(text: ServiceText, folder: str) -> Iterator[Flaw]:
    if text.name != folder:
        yield ("name",), f"It is '{text.name}', but the folder is '{folder}'.", "Give both the same name."
    if (text.status == "draft") != (text.draft_because is not None):
        yield ("draft_because",), "A draft says why it is one, and only a draft does.", "Write or remove it."
    if not text.procedure.code and text.level > 1 and text.status == "published":
        why = "It prepares applications, but nobody knows the code of their procedure."
        yield ("procedure", "code"), why, "Write `code`, remind only (level 1), or let it be a draft."
    codes = [office.code for office in text.offices]  # in their order, so that the same is told each time
    for loc, code in ((("competent_office",), text.competent_office), (("decision", "office"), text.decision.office)):
        if code not in codes:
            yield loc, f"There is no office '{code}'.", f"Use one of {', '.join(codes)}, or add it under `offices`."


def _periods(text: ServiceText) -> Iterator[Flaw]:
    used = {name for _, condition in _all(text) for name in condition.dated()} | {one.least for one in text.quality}
    yield from flaws(text.regimes, ("regimes",))
    for name, dated in text.values.items():
        wrong = list(flaws(dated.periods, ("values", name, "periods")))
        yield from wrong
        if name in used and not wrong and (span := uncovered(dated.periods, text.regimes)):
            end = span[1] or "further notice"
            yield ("values", name), f"It is not in force from {span[0]} to {end}, but a regime is.", "Add that period."
        if name in used:
            for index, period in enumerate(dated.periods):
                if period.confidence is Confidence.CONFLICT:
                    why = "Sources disagree on it, so nothing may be decided by it."
                    yield ("values", name, "periods", index, "confidence"), why, "Settle which source is right first."


def _citations(text: ServiceText) -> Iterator[Flaw]:
    known = [basis.reference for basis in text.legal_basis]
    for index, reference in enumerate(known):
        if reference in known[:index]:
            yield ("legal_basis", index, "reference"), f"'{reference}' is listed twice.", "Keep one of them."
    cited: list[tuple[Loc, str]] = [(("window", "reference"), text.window.reference)]
    for loc, clause in _clauses(text):
        if clause.says is None:
            yield loc, "It does not say in words what it asks.", "Write `says` with vi and en: citizens are told it."
        if clause.reference is None:
            yield loc, "It cites no law.", "Write `reference`: one of the references under `legal_basis`."
        else:
            cited.append(((*loc, "reference"), clause.reference))
    cited += [(("regimes", index, "reference"), regime.reference) for index, regime in enumerate(text.regimes)]
    cited += [(("needs", index, "reference"), need.reference) for index, need in enumerate(text.needs)]
    for name, dated in text.values.items():
        cited += [
            (("values", name, "periods", index, "reference"), period.reference)
            for index, period in enumerate(dated.periods)
        ]
    for loc, reference in cited:
        if reference not in known:
            yield loc, f"'{reference}' is not in `legal_basis`.", "Add it there with its title and confidence."


def _variants(text: ServiceText) -> Iterator[Flaw]:
    known = ", ".join(text.variants)
    used: list[tuple[Loc, str]] = [
        (("blocked_by", index, "variant"), block.variant) for index, block in enumerate(text.blocked_by)
    ]
    for index, regime in enumerate(text.regimes):
        for number, choice in enumerate(regime.variants):
            loc: Loc = ("regimes", index, "variants", number)
            used.append(((*loc, "variant"), choice.variant))
            last = number == len(regime.variants) - 1
            if last and choice.when is not None:
                yield loc, "Where it does not hold nothing is left to choose.", "Let the last choice have no `when`."
            elif not last and choice.when is None:
                yield loc, "It always holds, so the choices after it never come.", "Write `when`, or put it last."
    for loc, variant in used:
        if variant not in text.variants:
            yield loc, f"There is no variant '{variant}'.", f"Use one of {known}, or describe it under `variants`."
    for variant in text.variants:
        if variant not in {name for _, name in used}:
            yield ("variants", variant), "Nothing ever chooses it.", "Choose it in a regime, or remove it."


def _ladder(text: ServiceText) -> Iterator[Flaw]:
    for index, (before, after) in enumerate(pairwise(text.ladder), start=1):
        if after.offset_days <= before.offset_days:
            yield ("ladder", index, "offset_days"), "It is not after the rung before it.", "Put the rungs in order."
    for index, rung in enumerate(text.ladder):
        if rung.name in {other.name for other in text.ladder[:index]}:
            yield ("ladder", index, "name"), f"'{rung.name}' is used twice.", "Give each rung its own name."
    for index, rung in enumerate(text.ladder):
        yield from _rung(text, index, rung)
    lead = text.values.get(text.window.window.lead_days)
    for index, period in enumerate(lead.periods if lead else ()):
        if isinstance(period.value, int) and text.ladder[0].offset_days < -period.value:
            first = -text.ladder[0].offset_days
            why = f"The first rung is {first} days ahead, but it falls due {period.value} days ahead"
            loc = ("values", text.window.window.lead_days, "periods", index, "value")
            yield loc, f"{why}.", "Change one of the two."


def _quality(text: ServiceText) -> Iterator[Flaw]:
    watched = (text.registers.main, *text.registers.others)
    seen = set()
    for index, one in enumerate(text.quality):
        if one.register_name not in watched:
            why = f"'{one.register_name}' is not watched."
            yield ("quality", index, "register"), why, f"Use one of {', '.join(watched)}."
        if (one.register_name, one.dimension) in seen:
            yield ("quality", index), "Its register and dimension are listed twice.", "Keep one of them."
        seen.add((one.register_name, one.dimension))
        dated = text.values.get(one.least)
        if dated is None:
            yield ("quality", index, "least"), f"There is no dated value '{one.least}'.", "Add it under `values`."
            continue
        for number, period in enumerate(dated.periods):
            if not isinstance(period.value, int) or not 0 <= period.value <= 100:
                loc = ("values", one.least, "periods", number, "value")
                yield loc, "It is the least quality, and no percentage.", "Write a whole number from 0 to 100."


def _plain_words(text: ServiceText) -> Iterator[Flaw]:
    """Only `says` of a condition, a window or a choice may name dated values; other words are shown as they stand."""
    words: list[tuple[Loc, Words]] = [(("title",), text.title)]
    for name, variant in text.variants.items():
        words += [(("variants", name, "title"), variant.title), (("variants", name, "advice"), variant.advice)]
    words += [(("needs", index, "title"), need.title) for index, need in enumerate(text.needs)]
    words += [(("fee", "says"), text.fee.says)] if text.fee is not None else []
    for loc, one in words:
        for language, sentence in (("vi", one.vi), ("en", one.en)):
            if "{" in sentence or "}" in sentence:
                yield (*loc, language), "Braces here would be shown as they stand.", "Write the words out."


def _rung(text: ServiceText, index: int, rung: Rung) -> Iterator[Flaw]:
    loc: Loc = ("ladder", index)
    if len(set(spelt_out(rung.channels))) < len(spelt_out(rung.channels)):
        why = "It names a channel twice, and a rung tells at most once on each."
        yield (*loc, "channels"), why, "Name each channel once."
    wait = rung.fall_back_after_hours
    if wait is None:
        return
    here: Loc = (*loc, "fall_back_after_hours")
    hours = [one for one in (wait.no_delivery, wait.no_reaction) if one is not None]
    if not hours:
        yield here, "It says neither `no_delivery` nor `no_reaction`.", "Write one of them in hours, or remove it."
    if len(rung.channels) == 1:
        yield here, "There is no other channel to fall back to.", "Add a channel to the rung, or remove it."
    if wait.no_delivery is not None and wait.no_reaction is not None and wait.no_reaction < wait.no_delivery:
        yield here, "Whoever has not got it cannot react.", "Let `no_reaction` be the longer one."
    room = 24 * (text.ladder[index + 1].offset_days - rung.offset_days) if index + 1 < len(text.ladder) else None
    if hours and room is not None and max(hours) * (len(rung.channels) - 1) >= room:
        why = f"The next rung opens after {room} hours, before the last channel would be used."
        yield here, why, "Wait less long, or name fewer channels."


def _conditions(text: ServiceText, registers: Mapping[str, RegisterSchema]) -> Iterator[Flaw]:
    main = registers[text.registers.main]
    scope = Scope(registers, text.registers.main, text.registers.main, text.values)
    watched = {text.registers.main, *text.registers.others}
    if text.subject != main.subject.column:
        yield ("subject",), f"{text.registers.main} is about '{main.subject.column}'.", "Write that column."
    for index, name in enumerate(text.cycle):
        if name != "anchor" and name not in main.columns:
            yield ("cycle", index), f"{text.registers.main} has no column '{name}'.", "Use its columns, or `anchor`."
    if main.key not in text.cycle and main.subject.column not in text.cycle:
        yield ("cycle",), "It does not tell one record from another.", f"Add {main.key}."
    contact = registers.get(text.contact.register_name)
    if contact is None or text.contact.column not in contact.columns or text.contact.register_name not in watched:
        yield ("contact",), "It names no column of a watched register.", "Name the column of the phone number."
    unit = text.decision.unit
    if unit is not None and (
        unit.register_name not in watched
        or unit.register_name not in registers
        or unit.column not in registers[unit.register_name].columns
    ):
        why = f"'{text.decision.of_unit}' is no column of a watched register."
        yield ("decision", "of_unit"), why, "Write register.column, where the unit's code stands."
    yield from scope.words_flaws(text.window.says, "window", "says")
    for index, regime in enumerate(text.regimes):
        for number, choice in enumerate(regime.variants):
            yield from scope.words_flaws(choice.says, "regimes", index, "variants", number, "says")
    window = text.window.window
    wrong = [((("window", text.window.word, *loc), why, mend)) for loc, why, mend in window.flaws(scope)]
    yield from wrong
    for loc, clause in _clauses(text, everything=True):
        found = [((*loc, *inner), why, mend) for inner, why, mend in clause.flaws(scope)]
        yield from found
        if not found:
            for register in {register for register, _ in clause.condition.columns(scope)} - watched:
                yield loc, f"It looks into '{register}', which is not watched.", "Add it to registers.others."
    if text.fee is not None and text.fee.value not in text.values:
        yield ("fee", "value"), f"There is no dated value '{text.fee.value}'.", "Add it under `values`."


def unused_values(text: ServiceText, form: Form) -> Iterator[Flaw]:
    """Dated values that nothing looks up, which is how a misspelt name goes unnoticed."""
    used = {name for _, condition in _all(text) for name in condition.dated()}
    used |= {field.lookup.table for field in form.fields if field.lookup is not None}
    used |= {name for field in form.fields if field.when is not None for name in field.when.condition.dated()}
    used |= {text.fee.value} if text.fee is not None else set()
    used |= {one.least for one in text.quality}
    for name in text.values:
        if name not in used:
            yield ("values", name), "Nothing uses it.", "Use it or remove it."


def _clauses(text: ServiceText, *, everything: bool = False) -> Iterator[tuple[Loc, Clause]]:
    """The clauses that decide and must be cited; or every clause."""
    yield from ((("owed", index), clause) for index, clause in enumerate(text.owed))
    yield from ((("blocked_by", index, "when"), block.when) for index, block in enumerate(text.blocked_by))
    if everything:
        for index, regime in enumerate(text.regimes):
            for number, choice in enumerate(regime.variants):
                if choice.when is not None:
                    yield ("regimes", index, "variants", number, "when"), choice.when
        for index, need in enumerate(text.needs):
            if need.when is not None:
                yield ("needs", index, "when"), need.when


def _all(text: ServiceText) -> Iterator[tuple[Loc, Condition]]:
    yield ("window",), text.window.window
    yield from ((loc, clause.condition) for loc, clause in _clauses(text, everything=True))
