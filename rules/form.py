"""Whether a form makes sense: every field has one source that exists, and every choice has its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules.condition import Scope
from rules.dated import Flaw
from rules.grammar import Form, ServiceText
from rules.register import RegisterSchema
from rules.source import Loc


def form_flaws(form: Form, text: ServiceText, registers: Mapping[str, RegisterSchema]) -> Iterator[Flaw]:
    """What is wrong with a form."""
    scope = Scope(registers, text.registers.main, text.registers.main, text.values)
    watched = {text.registers.main, *text.registers.others}
    names: set[str] = set()
    for index, field in enumerate(form.fields):
        loc: Loc = ("fields", index)
        if field.name in names:
            yield (*loc, "name"), f"'{field.name}' is used twice.", "Give each field its own name."
        names.add(field.name)
        if field.section not in form.sections:
            yield (
                (*loc, "section"),
                f"There is no section '{field.section}'.",
                f"Use one of {', '.join(form.sections)}.",
            )
        sources: list[object] = [field.columns, field.fixed, field.lookup, field.choose_from, field.asked]
        if field.lookup is None:
            sources.append(field.choose)
        if sum(source is not None for source in sources) != 1:
            yield (
                loc,
                "Not exactly one thing fills it.",
                "Write one of from, fixed, lookup, choose, choose_from, asked.",
            )
        if field.or_posted and field.choose_from is None:
            why = "Only the result, for which an office is chosen, may be posted instead."
            yield (*loc, "or_posted"), why, "Write it beside `choose_from`, or take it out."
        for origin in field.sources:
            register = registers.get(origin.register_name)
            if register is None or origin.column not in register.columns or origin.register_name not in watched:
                where = f"{origin.register_name}.{origin.column}"
                yield (*loc, "from"), f"'{where}' is no column of a watched register.", "Write register.column."
        if field.lookup is not None:
            wrong = [
                ((*loc, "lookup", *i), why, mend)
                for i, why, mend in scope.value_flaws(field.lookup.table, "table", dict)
            ]
            for column in field.lookup.by:
                wrong += [((*loc, "lookup", *i), why, mend) for i, why, mend in scope.column_flaws(column, "by")]
            yield from wrong
            options = {option.code for option in field.choose or ()}
            for period in () if wrong else text.values[field.lookup.table].periods:
                table = period.value if isinstance(period.value, dict) else {}
                for key, listed in table.items():
                    if len(listed) > 1 and not options.issuperset(listed):
                        yield loc, f"'{key}' leaves a choice whose words are not written.", "Add them under `choose`."
        if field.when is not None:
            yield from (((*loc, "when", *inner), why, mend) for inner, why, mend in field.when.flaws(scope))
    for name, fact in text.letters.items():
        if fact.field != "key" and fact.field not in names:
            yield (
                ("fields",),
                f"The letters name '{fact.field}' ({name}), which is no field.",
                "Add it, or correct them.",
            )
