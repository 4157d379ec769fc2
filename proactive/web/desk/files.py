"""Files of offices on the desk: sent, looked at, applied or thrown away; and those that came, with who and when.

The page of a file shows where it is; while a worker has it in hand, the page asks to be loaded again by itself.
"""

from dataclasses import dataclass
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.files import Fate, FileState, Listing, OfficeFile
from proactive.sheets import Limits
from proactive.steps import office_files
from proactive.store.file_rows import RefusedRow, Shown
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.desk.sign_in import steward_at
from proactive.web.door import SignedIn
from proactive.web.formats import local_day, written
from proactive.web.forms import Form
from proactive.web.pages import to
from proactive.web.site import Site
from rules import RegisterSchema

HERE = "/desk/files"
PAGE = 30
EXAMPLES = 10
AGAIN = {FileState.RECEIVED: 2, FileState.APPLYING: 3}
"""Seconds after which the page of a file that a worker has in hand is loaded again."""
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@dataclass(frozen=True)
class Difference:
    """A value before and after, as it may be shown."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Example:
    line: int
    key: str
    differences: tuple[Difference, ...]


class Files:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(HERE, self.send, methods=["POST"]),
            Route(f"{HERE}/{{id}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{id}}/apply", self.apply, methods=["POST"]),
            Route(f"{HERE}/{{id}}/throw-away", self.throw_away, methods=["POST"]),
            Route(f"{HERE}/{{id}}/errors", self.errors, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await steward_at(self._site, request)
        return await self._list(request, session, officer, {})

    async def _list(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        typed: dict[str, str],
        *,
        lacks: tuple[str, ...] = (),
    ) -> Response:
        page = forms.page_number(request)
        files, total = await self._site.store.files.newest(limit=PAGE, offset=(page - 1) * PAGE)
        return self._site.pages.show(
            request,
            "desk/files.html",
            status=400 if lacks else 200,
            session=session,
            officer=officer,
            fillable=self._site.files,
            schemas=self._site.wording.registers(),
            files=files,
            total=total,
            page=page,
            pages=max(1, -(-total // PAGE)),
            typed=typed,
            lacks=lacks,
            errors=bool(lacks),
        )

    async def send(self, request: Request) -> Response:
        site = self._site
        session, officer = await steward_at(site, request)
        form, upload = await forms.read_with_file(request, most=Limits().size)
        site.door.check(request, form, session)
        register, listing = form.text("register"), form.text("listing")
        lacks = tuple(
            name
            for name, there in (
                ("register", register in site.files),
                ("listing", listing in set(Listing)),
                ("file", upload is not None and bool(upload.content)),
            )
            if not there
        )
        if lacks or upload is None:
            typed = {"register": register, "listing": listing}
            return await self._list(request, session, officer, typed, lacks=lacks)
        file = await office_files.receive(
            upload.content, register=register, name=upload.name, listing=Listing(listing), origin="desk",
            by=officer.username, store=site.store, clock=site.clock,
        )  # fmt: skip
        return to(f"{HERE}/{file.id}")

    async def _found(self, request: Request) -> OfficeFile:
        try:
            file = await self._site.store.files.get(UUID(request.path_params["id"]))
        except ValueError as error:
            raise HTTPException(404) from error
        if file is None:
            raise HTTPException(404)
        return file

    async def _posted(self, request: Request) -> tuple[SignedIn, Officer, OfficeFile, Form]:
        session, officer = await steward_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        return session, officer, await self._found(request), form

    async def one(self, request: Request) -> Response:
        session, officer = await steward_at(self._site, request)
        return await self._page(request, session, officer, await self._found(request))

    async def _page(
        self, request: Request, session: SignedIn, officer: Officer, file: OfficeFile, *, error: str | None = None
    ) -> Response:
        rows, schema = self._site.store.file_rows, self._schema(file)
        looks = file.state in (FileState.PREVIEWED, FileState.APPLIED, FileState.APPLYING)
        changed = await rows.changed(file, limit=EXAMPLES) if file.state is FileState.PREVIEWED else []
        refused = await rows.refused(file.id, limit=EXAMPLES) if looks else []
        page = self._site.pages.show(
            request,
            "desk/file.html",
            status=400 if error else 200,
            session=session,
            officer=officer,
            file=file,
            schema=schema,
            examples=[_example(one, schema) for one in changed],
            refused=_places(refused),
            history=await self._site.store.files.history(file.id),
            error=error,
            again=file.state in AGAIN,
        )
        if file.state in AGAIN:
            page.headers["refresh"] = str(AGAIN[file.state])
        return page

    def _schema(self, file: OfficeFile) -> RegisterSchema | None:
        register = self._site.files.get(file.register_name)
        return register.schema if register else self._site.wording.registers().get(file.register_name)

    async def apply(self, request: Request) -> Response:
        session, officer, file, form = await self._posted(request)
        vanishing = file.number(Fate.VANISHES)
        if file.held == "vanishing" and form.number("vanish") != vanishing:
            return await self._page(request, session, officer, file, error="vanish")
        await self._site.store.files.decide(
            file.id, apply=True, agreed=vanishing, actor=officer.username, now=self._site.clock.now()
        )
        return to(f"{HERE}/{file.id}")

    async def throw_away(self, request: Request) -> Response:
        _, officer, file, _ = await self._posted(request)
        await self._site.store.files.decide(file.id, apply=False, actor=officer.username, now=self._site.clock.now())
        return to(f"{HERE}/{file.id}")

    async def errors(self, request: Request) -> Response:
        """The refused rows as a file. Its name is ours: nothing that somebody typed is in a header."""
        _, officer, file, form = await self._posted(request)
        kind, schema, store = form.text("kind"), self._schema(file), self._site.store
        if kind not in KINDS:
            raise HTTPException(400)
        titles = {name: column.title.vi for name, column in schema.columns.items()} if schema else {}
        content = await office_files.errors_of(file, kind=kind, titles=titles, store=store)
        await store.files.looked(file.id, actor=officer.username, now=self._site.clock.now())
        name = f"can-sua-{local_day(file.received_at):%Y%m%d}.{kind}"
        disposition = f'attachment; filename="{name}"'
        return Response(content, media_type=KINDS[kind], headers={"content-disposition": disposition})


def _places(rows: list[RefusedRow]) -> list[tuple[int, list[dict[str, str]]]]:
    return [(row.line, [dict(problem) for problem in row.problems]) for row in rows]


def _example(shown: Shown, schema: RegisterSchema | None) -> Example:
    """What changes in one record; personal values masked."""
    kinds = schema.kinds if schema else {}

    def seen(name: str, row: object) -> str | None:
        value = row.get(name) if isinstance(row, dict) else None
        kind = kinds.get(name)
        if value is None:
            return None
        return kind.shown(value) if kind is not None and kind.personal else written(str(value))

    updated = schema.updated if schema else ""
    names = [name for name in kinds if name != updated and shown.before.get(name) != shown.after.get(name)]
    return Example(
        shown.line, shown.key, tuple(Difference(n, seen(n, shown.before), seen(n, shown.after)) for n in names)
    )
