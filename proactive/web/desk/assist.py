"""Assisted mode: a person is present at a centre without their phone, and an officer files for them.

The officer types the check code and the whole personal id from the identity paper in front of them, and says that they
saw it. What is opened is the citizen's own page, for 20 minutes, and each answer is kept as given with this officer.
Any office may help: receiving does not depend on where somebody lives (Decree 118/2025/ND-CP, Art. 14).
"""

from dataclasses import replace
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.acting import Acting, Proof
from proactive.domain.keys import read_code
from proactive.store.readings import What
from proactive.store.scope import enter
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at, officers_scope, read_by
from proactive.web.door import CITIZEN, HOUR, PERSON
from proactive.web.pages import to
from proactive.web.site import Site
from proactive.web.uses import ASSISTED


class Assist:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk/assist", self.show, methods=["GET"]),
            Route("/desk/assist", self.open, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        office = self._site.wording.office(officer.office)
        return self._site.pages.show(request, "desk/assist.html", session=session, officer=officer, office=office)

    async def open(self, request: Request) -> Response:
        """A code that is not there and an id that does not fit are answered alike."""
        site = self._site
        session, officer = await officer_at(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        await site.door.throttle("assist", officer.username, most=30, per=HOUR)
        typed, digits, seen = form.text("code", most=40), form.digits("personal_id"), form.text("seen") == "1"
        code = read_code(typed)
        enter(replace(officers_scope(officer), code=code or ""))  # any office may help, whoever decides
        dossier = await site.store.dossiers.by_code(code) if code and seen else None
        whose = site.store.pseudonyms.open(dossier.subject) if dossier else ""
        if dossier is None or not compare_digest(whose.encode(), digits.encode()):
            return site.pages.show(
                request,
                "desk/assist.html",
                status=400,
                session=session,
                officer=officer,
                office=site.wording.office(officer.office),
                typed=typed,
                error="seen" if not seen else "code",
            )
        await read_by(site, officer, What.DOSSIER, [dossier.id], purpose=ASSISTED)
        await site.desk.looked(dossier.id, actor=officer.username, what=ASSISTED, now=site.clock.now())
        answer = to("/dossier")
        await site.door.sign_out(request, answer, kind=PERSON)
        acting = Acting(proof=Proof.SEEN, officer=officer.username, office=officer.office)
        await site.door.sign_in(request, answer, kind=CITIZEN, holder=str(dossier.id), acting=acting)
        return answer
