"""The citizen's own dossier: every value with its source, six equal answers, and afterwards how far it has come.

Which dossier it is stands in the session and never in an address. Values shown are never taken back from the browser.
"""

from datetime import date
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.acting import Acting, Relation
from proactive.domain.dossier import ANSWERED, Answer, Dossier, State
from proactive.errors import OutOfTurn, Overtaken, Permanent
from proactive.web import forms
from proactive.web.door import CITIZEN, SignedIn, SignedOut
from proactive.web.forms import Form
from proactive.web.pages import to
from proactive.web.site import Site
from proactive.web.wording import Choosing, centres

ANSWERABLE = frozenset({State.OFFERED, State.UNREACHED, State.RETURNED, State.DECLINED})
"""States in which the page asks for an answer."""
FOR_WHOM = ("relation", "for_name", "for_id")
RETURNING = ("return_to", "return_by", "post_to")
SHORTEST_ADDRESS, LONGEST_ADDRESS = 10, 300
ID_DIGITS = 12


async def own_dossier(site: Site, request: Request) -> tuple[SignedIn, Dossier]:
    """The citizen's session and the dossier it is for. Raises `SignedOut`."""
    session = await site.door.signed_in(request, CITIZEN)
    dossier = await site.store.dossiers.get(UUID(session.holder))
    if dossier is None:
        raise SignedOut(CITIZEN)
    return session, dossier


def is_centre(office: str | None, today: date) -> bool:
    """May the result be given back there?"""
    return office in {code for group in centres(today) for code, _ in group.offices}


class OwnDossier:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/dossier", self.show, methods=["GET"]),
            Route("/dossier", self.answer, methods=["POST"]),
            Route("/dossier/correct", self.correct, methods=["GET"]),
            Route("/dossier/correct", self.take_claims, methods=["POST"]),
        ]

    async def _mine(self, request: Request) -> tuple[SignedIn, Dossier]:
        return await own_dossier(self._site, request)

    async def show(self, request: Request) -> Response:
        session, dossier = await self._mine(request)
        return await self._page(request, session, dossier)

    async def _page(
        self,
        request: Request,
        session: SignedIn,
        dossier: Dossier,
        *,
        status: int = 200,
        errors: tuple[tuple[str, str], ...] = (),
        chosen: dict[str, str] | None = None,
        said: str | None = None,
        for_whom: dict[str, str] | None = None,
    ) -> Response:
        """`errors` are (what is wrong, the field to mend); `said` is a sentence of the step that refused."""
        site, wording = self._site, self._site.wording
        asks = dossier.state in ANSWERABLE
        choosing = wording.choosing(dossier) if asks else []
        progress = await site.store.intake.progress([dossier.reference]) if dossier.reference else {}
        return site.pages.show(
            request,
            "citizen/dossier.html",
            status=status,
            session=session,
            dossier=dossier,
            service=wording.service(dossier.service),
            variant=wording.variant(dossier),
            sections=wording.sections(dossier),
            needs=wording.needs(dossier),
            added={one.need for one in await site.store.documents.of(dossier.id)},
            why=wording.why(dossier),
            choosing=choosing,
            returns=wording.returns(dossier) if asks else None,
            centres=centres(site.clock.today()),
            progress=progress.get(dossier.reference or "", []),
            tickets={one.field: one for one in await site.store.tickets.of_dossier(dossier.id)},
            asks=asks,
            errors=errors,
            chosen=chosen or dossier.choices,
            return_to=(chosen or {}).get("return_to") or dossier.return_to,
            posted=(chosen or {}).get("return_by") == "post" if chosen else dossier.post_to is not None,
            post_to=(chosen or {}).get("post_to") or dossier.post_to or wording.address(dossier),
            said=said,
            for_whom=for_whom or {},
            relations=list(Relation),
        )

    async def answer(self, request: Request) -> Response:
        session, dossier = await self._mine(request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        answer = _answer(form.text("answer"))
        if answer is None:
            return await self._page(request, session, dossier, status=400, errors=(("answer", "answers"),))
        if answer is Answer.WRONG:
            return to("/dossier/correct")
        chosen = form.starting("choice-")
        return_to, address = form.text("return_to") or None, post_to(form)
        kept = chosen | {name: form.text(name, most=LONGEST_ADDRESS) for name in RETURNING}
        try:
            acting = _for_whom(session.acting, form)
        except ValueError as lacks:
            wrong = ((str(lacks), str(lacks)),)
            said = {name: form.text(name) for name in FOR_WHOM}
            return await self._page(request, session, dossier, status=400, errors=wrong, chosen=kept, for_whom=said)
        if answer is Answer.CONFIRM and form.number("version") == dossier.version and dossier.state in ANSWERABLE:
            choosing = self._site.wording.choosing(dossier)
            missing = _missing(choosing, chosen)
            returns = self._site.wording.returns(dossier)
            if returns and address is not None and len(address) < SHORTEST_ADDRESS:
                missing = (*missing, ("post_to", "post_to"))
            elif returns and address is None and not self._is_centre(return_to):
                missing = (*missing, ("return_to", "return_to"))
            if missing:
                return await self._page(request, session, dossier, status=400, errors=missing, chosen=kept)
            chosen = {one.name: chosen[one.name] for one in choosing}
        return await self._keep(
            request,
            session,
            dossier,
            answer=answer,
            choices=chosen if answer is Answer.CONFIRM else {},
            return_to=return_to if answer is Answer.CONFIRM and self._is_centre(return_to) else None,
            post_to=address if answer is Answer.CONFIRM else None,
            expected_version=form.number("version"),
            acting=acting,
        )

    def _is_centre(self, office: str | None) -> bool:
        return is_centre(office, self._site.clock.today())

    async def _keep(
        self,
        request: Request,
        session: SignedIn,
        dossier: Dossier,
        *,
        answer: Answer,
        expected_version: int,
        note: str | None = None,
        claims: dict[str, str] | None = None,
        choices: dict[str, str] | None = None,
        return_to: str | None = None,
        post_to: str | None = None,
        acting: Acting | None = None,
    ) -> Response:
        try:
            await self._site.steps.confirm(
                dossier.id,
                answer=answer,
                note=note,
                claims=claims or {},
                choices=choices or {},
                return_to=return_to,
                post_to=post_to,
                expected_version=expected_version,
                actor="citizen",
                acting=acting or session.acting,
            )
        except (OutOfTurn, Overtaken):
            return await self._overtaken(request, session, dossier, answer, expected_version)
        except Permanent as no:
            present = await self._site.store.dossiers.get(dossier.id) or dossier
            return await self._page(request, session, present, status=409, said=str(no))
        return to("/dossier")

    async def _overtaken(
        self, request: Request, session: SignedIn, dossier: Dossier, answer: Answer, expected_version: int
    ) -> Response:
        """Pressed twice: the second press finds the first one's answer, and that is fine. Otherwise: look again."""
        present = await self._site.store.dossiers.get(dossier.id)
        if (
            present is not None
            and present.answer == answer
            and present.state == ANSWERED[answer]
            and present.version == expected_version + 1
        ):
            return to("/dossier")
        return self._site.pages.show(request, "stale.html", status=409, session=session, back="/dossier")

    async def correct(self, request: Request) -> Response:
        session, dossier = await self._mine(request)
        return self._correction(request, session, dossier, pointed=request.query_params.get("field", ""))

    def _correction(
        self,
        request: Request,
        session: SignedIn,
        dossier: Dossier,
        *,
        status: int = 200,
        pointed: str = "",
        error: str | None = None,
        claims: dict[str, str] | None = None,
        note: str = "",
    ) -> Response:
        if dossier.state not in ANSWERABLE:
            return to("/dossier")
        site = self._site
        return site.pages.show(
            request,
            "citizen/correct.html",
            status=status,
            session=session,
            dossier=dossier,
            sections=site.wording.sections(dossier),
            pointed=pointed,
            error=error,
            claims=claims or {},
            note=note,
        )

    async def take_claims(self, request: Request) -> Response:
        session, dossier = await self._mine(request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        known = {field.name for field in dossier.fields}
        claims = {name: claim for name, claim in form.starting("claim-").items() if name in known}
        note = form.text("note", most=forms.MOST_NOTE)
        if not claims and not note:
            return self._correction(request, session, dossier, status=400, error="empty")
        return await self._keep(
            request,
            session,
            dossier,
            answer=Answer.WRONG,
            note=note or None,
            claims=claims,
            expected_version=form.number("version"),
        )


def post_to(form: Form) -> str | None:
    """The address to which the citizen wants the result posted, as written; None where it is to be collected."""
    return " ".join(form.text("post_to", most=LONGEST_ADDRESS).split()) if form.text("return_by") == "post" else None


def _for_whom(acting: Acting, form: Form) -> Acting:
    """Who acts, and for whom as they say. Raises `ValueError` with the field that lacks something.

    Whoever acts for somebody else says what they are to them, their name and their personal id; an officer checks it.
    """
    typed = form.text("relation")
    if typed not in set(Relation):
        return acting
    name, digits = form.text("for_name", most=100), form.digits("for_id")
    if not name:
        raise ValueError("for_name")
    if len(digits) != ID_DIGITS:
        raise ValueError("for_id")
    return acting.model_copy(update={"relation": Relation(typed), "name": name, "personal_id": digits})


def _answer(typed: str) -> Answer | None:
    return Answer(typed) if typed in set(Answer) else None


def _missing(choosing: list[Choosing], chosen: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The choices without one of the answers that are open, as errors."""
    return tuple(
        ("choice", f"choice-{one.name}")
        for one in choosing
        if chosen.get(one.name) not in {option.code for option in one.options}
    )
