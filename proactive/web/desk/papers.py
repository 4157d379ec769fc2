"""Official forms of a dossier as PDF, for officers: each is a read of personal data, and noted in the history."""

from datetime import date

from starlette.exceptions import HTTPException
from starlette.responses import Response

from proactive.domain.dossier import Dossier
from proactive.papers.printing import printed
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.formats import day
from proactive.web.forms import Form
from proactive.web.papers import letter, printable
from proactive.web.site import Site

APOLOGY = "apology"


async def print_paper(site: Site, dossier: Dossier, officer: Officer, name: str, form: Form) -> Response:
    """The form of this name. Raises 404 where the dossier's state has none, 400 where the apology lacks something."""
    if name not in printable(dossier):
        raise HTTPException(404)
    note, new_date = None, None
    if name == APOLOGY:
        note, new_date = form.text("note", most=forms.MOST_NOTE), _day(form.text("new_date"))
        if not note or new_date is None or new_date <= site.clock.today():
            raise HTTPException(400)
    progress = await site.store.intake.progress([dossier.reference]) if dossier.reference else {}
    data = letter(
        site.wording,
        dossier,
        officer=officer.full_name,
        now=site.clock.now(),
        history=await site.store.dossiers.history(dossier.id),
        progress=progress.get(dossier.reference or "", []),
        acted=await site.store.acted.of(dossier.id),
        note=note,
        new_date=day(new_date) if new_date else None,
    )
    paper = await printed(name, data)
    await site.desk.looked(dossier.id, actor=officer.username, what=f"paper {name}", now=site.clock.now())
    return Response(
        paper, media_type="application/pdf", headers={"content-disposition": f'inline; filename="{name}.pdf"'}
    )


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
