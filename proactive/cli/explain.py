"""`proactive explain`: why a stored record is due, or is not, in sentences with their law."""

import asyncio
import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proactive.errors import Unusable

if TYPE_CHECKING:
    from proactive.store.standing import Stand
    from rules import Because, Service, Verdict


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    service_name: Annotated[str, typer.Argument(metavar="SERVICE", help="A service in force.")],
    key: Annotated[str, typer.Argument(help="The key of a record of its main register: say, a licence number.")],
    on: Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", help="The day asked; today.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say of one stored record whether it is due, condition by condition. Personal values are masked."""
    told = asyncio.run(_explain(service_name, key, on))
    typer.echo(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(_sentences(told)))


async def _explain(name: str, key: str, on: str | None) -> dict[str, Any]:
    from proactive.cli._stored import day, named, stored
    from proactive.facts import Facts
    from proactive.store.standing import Standing
    from rules import BadRow

    async with stored("explain") as here:
        asked = day(on, here.clock.today(), "--on")
        await here.book.turn(asked)
        catalogue, standing = here.book.catalogue, Standing(here.store.engine)
        service = named(catalogue, name)
        pseudonyms = here.store.pseudonyms
        kept = pseudonyms.key(service.register, key)
        subject = await standing.subject(service.register, kept)
        if subject is None:
            raise Unusable(f"No record with this key is kept of {service.register}. Type it as the source has it.")
        stands = await standing.of(name, subject, kept)
        running = next((one for one in stands if one.dossier_version and one.state == "drafted"), None)
        service = (catalogue.under(name, str(running.dossier_version)) if running else None) or service
        try:
            person = Facts(catalogue, pseudonyms).of_kept((await here.store.records.of([subject]))[subject])
        except BadRow as bad:
            raise Unusable(f"A kept record can't be read under the present rules: {bad}") from bad
    schema = catalogue.registers[service.register]
    record = next(row for row in person[service.register] if row[schema.key] == kept)
    return _told(
        service,
        service.evaluate(record, person, asked),
        asked,
        key,
        {kept: key, subject: pseudonyms.open(subject)},
        stands,
    )


def _told(
    service: "Service", verdict: "Verdict", on: date, key: str, hidden: dict[str, str], stands: list["Stand"]
) -> dict[str, Any]:
    def masked(text: str | None) -> str | None:
        for kept, personal in hidden.items():
            text = text and text.replace(kept, f"***{personal[-4:]}")
        return text

    return {
        "service": service.name, "title": service.title.vi, "version": service.version, "on": str(on),
        "record": f"***{key[-4:]}", "due": verdict.due, "due_on": _iso(verdict.due_on),
        "ends_on": _iso(verdict.ends_on),
        "cycle": masked(verdict.cycle), "variant": verdict.variant,
        "variant_title": service.variants[verdict.variant].title.vi if verdict.variant else None,
        "blocked_by": verdict.blocked_by, "needs": [service.needs[name].title.vi for name in verdict.needs],
        "because": [_reason(service, one) for one in verdict.because],
        "stored": [
            {
                "cycle": masked(one.cycle), "due_on": str(one.due_on), "ends_on": str(one.ends_on), "state": one.state,
                "version": one.version, "dossier": one.dossier_state, "dossier_version": one.dossier_version,
            }
            for one in stands
        ],
    }  # fmt: skip


def _reason(service: "Service", one: "Because") -> dict[str, Any]:
    sure = {basis.reference: basis.confidence.value for basis in service.text.legal_basis}
    return {
        "condition": one.condition, "holds": one.holds, "value": one.value, "reference": one.reference,
        "confidence": sure.get(one.reference or ""),
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


SURE = {
    "V": "đã đọc trong văn bản hoặc báo chí",
    "V2": "mới thấy trong nguồn thứ cấp, cần đối chiếu",
    "K": "chưa kiểm chứng",
    "CONFLICT": "các nguồn mâu thuẫn",
}
OCCASION = {"owed": "đang chờ đến ngày", "drafted": "đã lập hồ sơ", "moot": "không còn đến lượt"}


def _sentences(told: dict[str, Any]) -> list[str]:
    span = f" ({_vn(told['due_on'])} – {_vn(told['ends_on'])})" if told["due_on"] else ""
    lines = [
        f"{told['title']}, bản {told['version']}, xét ngày {_vn(told['on'])}",
        f"Bản ghi {told['record']}: {'ĐẾN LƯỢT' if told['due'] else 'CHƯA hoặc KHÔNG đến lượt'}{span}",
    ]
    if told["variant_title"]:
        lines.append(f"Cách giải quyết: {told['variant_title']}")
    for one in told["because"]:
        value = f": {one['value']}" if one["value"] else ""
        lines.append(f"  {'✓ đúng ' if one['holds'] else '✗ không'}  {one['condition']}{value}")
        if one["reference"]:
            sure = f" ({SURE[one['confidence']]})" if one["confidence"] else ""
            lines.append(f"            Căn cứ: {one['reference']}{sure}")
    if told["needs"]:
        lines.append("Người dân còn cần: " + "; ".join(told["needs"]))
    for one in told["stored"]:
        dossier = f"; hồ sơ: {one['dossier']}, theo bản {one['dossier_version']}" if one["dossier"] else ""
        lines.append(f"Đã ghi: đến hạn {_vn(one['due_on'])}, {OCCASION.get(one['state'], one['state'])}{dossier}")
    if not told["stored"]:
        lines.append("Đã ghi: chưa có việc nào cho bản ghi này.")
    return lines


def _vn(day: str) -> str:
    return f"{day[8:]}/{day[5:7]}/{day[:4]}"
