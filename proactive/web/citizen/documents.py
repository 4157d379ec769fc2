"""The papers of a dossier: what a register holds already is not asked for; the rest comes from a phone's camera.

Nothing is taken after the citizen has confirmed: an officer decides on what was confirmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.document import Document
from proactive.domain.dossier import Dossier
from proactive.web import forms
from proactive.web.citizen.own_dossier import ANSWERABLE, own_dossier
from proactive.web.door import HOUR, SignedIn
from proactive.web.pages import to
from proactive.web.papers import document_answer
from proactive.web.site import Site
from proactive.web.uploads import MOST_BYTES, NotTaken, Uploads
from rules import RegisterSchema
from rules.base import Words
from rules.grammar import Need, NeedKind

MOST = 10
"""Documents of one dossier."""
OFTEN = 40
"""Files that one dossier may try in an hour."""


@dataclass(frozen=True)
class Held:
    """A paper that the citizen need not bring: which register holds it, and when that last told us of this person."""

    title: Words
    register: RegisterSchema
    told_on: datetime


def papers_needed(site: Site, dossier: Dossier) -> list[Need]:
    """The papers that only the citizen can give."""
    return [need for need in site.wording.needs(dossier) if need.kind is NeedKind.DOCUMENT]


async def held(site: Site, dossier: Dossier) -> list[Held]:
    """The papers of this service that a register holds, so that they are not asked for."""
    service, registers = site.wording.of(dossier), site.wording.registers()
    found = []
    for need in service.needs.values() if service else ():
        asked_of = str(getattr(getattr(need.when, "absent", None), "register_", ""))
        if need.kind is NeedKind.DOCUMENT and need.name not in dossier.needs and asked_of in registers:
            found.append((need, registers[asked_of]))
    told = await site.store.documents.told_on(dossier.subject, [schema.name for _, schema in found])
    return [Held(need.title, schema, told[schema.name]) for need, schema in found if schema.name in told]


class Documents:
    def __init__(self, site: Site) -> None:
        self._site, self._uploads = site, Uploads()
        self.routes = [
            Route("/dossier/documents", self.show, methods=["GET"]),
            Route("/dossier/documents", self.add, methods=["POST"]),
            Route("/dossier/documents/remove", self.remove, methods=["POST"]),
            Route("/dossier/documents/{id:uuid}", self.open, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        session, dossier = await own_dossier(self._site, request)
        return await self._page(request, session, dossier)

    async def _page(
        self, request: Request, session: SignedIn, dossier: Dossier, *, wrong: str | None = None, need: str = ""
    ) -> Response:
        """`wrong`: why the file for this need was not taken."""
        site = self._site
        kept = await site.store.documents.of(dossier.id)
        return site.pages.show(
            request,
            "citizen/documents.html",
            status=400 if wrong else 200,
            session=session,
            dossier=dossier,
            service=site.wording.service(dossier.service),
            needs=_with(papers_needed(site, dossier), kept),
            held=await held(site, dossier),
            open=dossier.state in ANSWERABLE,
            full=len(kept) >= MOST,
            most=MOST,
            most_megabytes=MOST_BYTES // 2**20,
            wrong=wrong,
            wrong_need=need,
        )

    async def add(self, request: Request) -> Response:
        site = self._site
        session, dossier = await own_dossier(site, request)
        await site.door.throttle("document", str(dossier.id), most=OFTEN, per=HOUR)
        form, upload = await forms.read_with_file(request, most=MOST_BYTES)
        site.door.check(request, form, session)
        need = form.text("need")
        if need not in {one.name for one in papers_needed(site, dossier)}:
            raise HTTPException(400)
        try:
            taken = await self._uploads.take(upload.content if upload else b"")
        except NotTaken as no:
            return await self._page(request, session, dossier, wrong=str(no.why), need=need)
        document = Document(
            id=uuid4(), dossier_id=dossier.id, need=need, hash=taken.hash, kind=taken.kind, size=len(taken.content),
            pages=taken.pages, added_at=site.clock.now(), added_by="citizen",
        )  # fmt: skip
        kept = await site.store.documents.add(
            document, taken.content, version=dossier.version, open_in=ANSWERABLE, most=MOST
        )
        if not kept and dossier.state in ANSWERABLE and len(await site.store.documents.of(dossier.id)) >= MOST:
            return await self._page(request, session, dossier, wrong="full", need=need)
        if not kept:
            return site.pages.show(request, "stale.html", status=409, session=session, back="/dossier")
        return to("/dossier/documents")

    async def remove(self, request: Request) -> Response:
        site = self._site
        session, dossier = await own_dossier(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        try:
            await site.store.documents.drop(dossier.id, UUID(form.text("id")), open_in=ANSWERABLE)
        except ValueError as error:
            raise HTTPException(400) from error
        return to("/dossier/documents")

    async def open(self, request: Request) -> Response:
        _, dossier = await own_dossier(self._site, request)
        found = await self._site.store.documents.content(dossier.id, request.path_params["id"])
        if found is None:
            raise HTTPException(404)
        return document_answer(*found)


def _with(needs: Sequence[Need], kept: Sequence[Document]) -> list[tuple[Need, list[Document]]]:
    return [(need, [one for one in kept if one.need == need.name]) for need in needs]
