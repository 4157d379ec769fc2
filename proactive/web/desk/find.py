"""Finding a dossier of the own office again: by check code or reference, by the end of the personal id, or by name.

What was typed is somebody's name or number: it comes by a form and stands in no address and no log.
"""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.keys import read_code
from proactive.store.people import Officer
from proactive.store.queue import Waits
from proactive.store.readings import What
from proactive.web import forms
from proactive.web.desk.queue import line
from proactive.web.desk.sign_in import officer_at, read_by
from proactive.web.site import Site
from rules import desk
from rules.texts import plain

MOST = 50
SHORTEST_NAME, SHORTEST_END = 2, 4


class Find:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk/find", self.show, methods=["GET"]),
            Route("/desk/find", self.find, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return self._site.pages.show(request, "desk/find.html", session=session, officer=officer, typed="", rows=None)

    async def find(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        typed = form.text("words", most=100)
        found = await self._found(typed, officer)
        rows = (found or [])[:MOST]
        await read_by(site, officer, What.SEARCH, [one.id for one in rows], purpose="find")
        rules = desk.on(site.clock.today())
        return site.pages.show(
            request,
            "desk/find.html",
            status=200 if found is not None else 400,
            session=session,
            officer=officer,
            typed=typed,
            error=found is None,
            rows=[line(site, one, rules) for one in rows],
            more=len(found or []) > MOST,
        )

    async def _found(self, typed: str, officer: Officer) -> list[Waits] | None:
        """None where too little was typed to look for."""
        queue, office = self._site.store.queue, officer.office
        digits = "".join(letter for letter in typed if letter not in " .")
        if digits.isascii() and digits.isdigit():
            if not SHORTEST_END <= len(digits) <= 12:
                return None
            return await queue.by_digits(digits, office=office, limit=MOST + 1)
        for code in (read_code(typed), typed.upper() if re.search("[0-9]", typed) else None):
            if code and (found := await queue.by_code(code, office=office)):
                return found
        if sum(letter.isalpha() for letter in typed) < SHORTEST_NAME:
            return None
        return await queue.by_name(plain(typed).lower(), office=office, limit=MOST + 1)
