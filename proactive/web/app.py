"""The pages as one ASGI application.

    citizen  GET  /                        POST /             csrf, code
             GET  /identify                POST /identify     csrf, digits (last 4 of the personal id)
             GET  /passcode                POST /passcode     csrf, passcode (6 digits)
                                           POST /not-me       csrf
             GET  /dossier                 POST /dossier      csrf, version, answer, return_to, choice-<field>...
             GET  /dossier/correct         POST /dossier/correct   csrf, version, claim-<field>..., note
             GET  /dossier/application     POST /dossier/application   csrf, return_to, choice-<field>...   (PDF)
             GET  /dossier/documents       POST /dossier/documents    csrf, need, file (multipart)
             GET  /dossier/documents/{id}  POST /dossier/documents/remove   csrf, id
             GET  /dossier/uses
             GET  /dossier/data            POST /dossier/data     csrf, right, said   POST .../file   csrf
             GET  /dossier/messages        POST /dossier/messages  csrf, language, without-<channel>...
                                           POST /sign-in      csrf, provider
             GET  /sign-in/return?state=&code=&iss=   (from the provider)
             GET  /mine                    POST /mine         csrf, dossier
                                           POST /sign-out     csrf
             GET  /check                   POST /check        csrf, code
             GET  /procedures?q=&field=&boundary=&page=   GET /procedures.json   GET /procedures.csv
             GET  /procedures/{code}
             GET  /services   GET /your-data   GET /open-data   GET /open-data/{name}.json   GET .../{name}.csv
    officer  GET  /desk/sign-in            POST /desk/sign-in csrf, username, password
                                           POST /desk/sign-in/away   csrf, provider
             GET  /desk/sign-in/return?state=&code=&iss=   (from the provider)   GET /desk/signed-out
             GET  /desk/assist             POST /desk/assist  csrf, code, personal_id, seen
             GET  /desk?show=<tab>&service=&late=&mine=&size=&after=   POST /desk/sign-out   csrf
             POST /desk/find               csrf, words
             POST /desk/filters            csrf, name, query      POST /desk/filters/drop   csrf, name
             POST /desk/bulk/review        csrf, back, row-<dossier>=<version>.<signature> ...
             POST /desk/bulk/do            csrf, run, row-<dossier>...        GET  /desk/bulk/{run}
             GET  /desk/sessions           POST /desk/sessions    csrf (ends the others)
             GET  /desk/forecast?service=&office=&days=
             GET  /desk/forecast/year   GET .../year.csv   GET .../year.pdf
                                           POST /desk/forecast/capacity   csrf, office, from_day, hours_a_week, note
             GET  /desk/dossiers/{id}      POST .../review    csrf, version, decision, note, ground
                                           POST .../decide    csrf, version, decision, note
                                           POST .../show      csrf
                                           POST .../papers/{form}   csrf, note, new_date   (PDF)
                                           GET  .../documents/{id}
                                           POST .../take|let-go|give|note   csrf, reason, to, note
             GET  /desk/colleagues         POST .../away      csrf, whom, since, until
                                           POST .../take-over csrf, whom
             GET  /desk/pilots            GET  /desk/pilots/{id}   GET .../report.csv   GET .../report.pdf
                                           POST /desk/pilots/{id}/act     csrf, verb, reason, document, outcome
    data     GET  /desk/pilots/new        POST /desk/pilots       csrf, service, reason, document, unit-<code>...
    data     GET  /desk/rejected?state=&register=&problem=&since=&until=&before=
                                           POST .../find      csrf, key_ends
             GET  /desk/rejected/{id}      POST .../{id}/show csrf
                                           POST .../review    csrf, do, note, id or the filters and upto
                                           POST .../do        csrf, do, note, id or the filters and upto
             GET  /desk/texts?service=&channel=&in=
             GET  /desk/files?page=        POST /desk/files   csrf, register, listing, file (multipart)
             GET  /desk/files/{id}         POST .../apply     csrf, vanish
                                           POST .../throw-away  csrf
                                           POST .../errors    csrf, kind
    officer  GET  /desk/cases?show=&page=         GET  /desk/cases/{reference}   GET .../result
             GET  /desk/cases/new          POST /desk/cases               csrf, procedure, full_name, personal_id...
                                           POST .../{reference}/act       csrf, version, act, note, vnd, new_date
                                           POST .../{reference}/finish    csrf, version, document (multipart)
                                           POST .../{reference}/show      csrf
    officer  GET  /desk/candidates?department=  GET  /desk/candidates/{id}  GET  .../document?department=&kind=
                                           POST .../{id}/propose          csrf, document, note
                                           POST /desk/proposals/{id}/decide   csrf, to, document, note
             GET  /desk/progress?on=       GET  /desk/progress.json     GET  /desk/reports?week=  GET .../{week}.pdf
             GET  /desk/obstacles?show=&page=   GET  /desk/obstacles/new   GET  /desk/obstacles/{id}
                                           POST /desk/obstacles           csrf, title, detail, kind, owner, procedure
                                           POST .../{id}/move             csrf, to, note
             GET  /desk/quality            GET  /desk/quality/{register}
             GET  /desk/tickets?show=&page=         GET  /desk/tickets/{id}
                                           POST /desk/tickets/{id}/show   csrf
                                           POST /desk/tickets/{id}/move   csrf, version, to, note
                                           POST /desk/dossiers/{id}/wrong csrf, field, claimed, note
             GET  /desk/rights?show=&page=          GET  /desk/rights/{id}
                                           POST /desk/rights/{id}/move    csrf, version, to, note
             GET  /desk/calls?page=        GET  /desk/calls/{id}
                                           POST /desk/calls/{id}/take     csrf
                                           POST /desk/calls/{id}/outcome  csrf, tries, outcome
                                           POST /desk/calls/export        csrf
    data                                   POST /desk/quality/{register}/show   csrf, row
                                           POST /desk/quality/{register}/wrong  csrf, row, column, claimed, note
                                           POST /desk/tickets/export      csrf, owner, format, sent
    others   PUT /v1/applications/{reference}   GET the same   GET /v1/applications   (see proactive/web/receiving)
             POST /v1/events   GET /v1/openapi.json   (see proactive/web/push)
             POST /hooks/intake   POST /hooks/{channel}   GET /health   GET /ready   GET /static/{name}

`data` is an officer who looks after the registers' data; `do` is replay or discard.
`answer` is confirm, wrong, not_now, already_done, not_me or never; `decision` is approve, return or refuse.
Forms answer 303 when done, 400 when something is missing, 403 when not from our page, 409 when stale, 429 too many.
"""

from collections.abc import Collection, Mapping, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from proactive.domain.keys import Keys
from proactive.ports.clock import Clock
from proactive.ports.intake import Intake
from proactive.ports.notifier import Notifier
from proactive.settings import Settings
from proactive.sources import ConnectedRegister
from proactive.store.desk import Desk
from proactive.store.store import Store
from proactive.web.citizen.check import Check
from proactive.web.citizen.documents import Documents
from proactive.web.citizen.email import OwnEmail
from proactive.web.citizen.entrance import Entrance
from proactive.web.citizen.mine import Mine
from proactive.web.citizen.own_data import OwnData
from proactive.web.citizen.own_dossier import OwnDossier
from proactive.web.citizen.paper import Paper
from proactive.web.citizen.sign_in import CitizenSignIn
from proactive.web.citizen.uses import Uses
from proactive.web.citizen.wishes import Wishes
from proactive.web.desk.assist import Assist
from proactive.web.desk.bulk import Bulk
from proactive.web.desk.calls import Calls
from proactive.web.desk.candidates import Candidates
from proactive.web.desk.case import CaseAtDesk
from proactive.web.desk.cases import Cases
from proactive.web.desk.documents import DeskDocuments
from proactive.web.desk.dossier import DeskDossier
from proactive.web.desk.files import Files
from proactive.web.desk.find import Find
from proactive.web.desk.forecast import Forecast
from proactive.web.desk.hands import Hands
from proactive.web.desk.identity import DeskIdentity
from proactive.web.desk.indicators import Figures
from proactive.web.desk.menu import bar
from proactive.web.desk.notices import Notices
from proactive.web.desk.obstacles import Obstacles
from proactive.web.desk.pilots import Pilots
from proactive.web.desk.progress import Progress
from proactive.web.desk.quality import Quality
from proactive.web.desk.queue import Queue
from proactive.web.desk.rejected import RejectedChanges
from proactive.web.desk.rights import Rights
from proactive.web.desk.sessions import Sessions
from proactive.web.desk.sign_in import SignIn
from proactive.web.desk.texts import Texts
from proactive.web.desk.tickets import Tickets
from proactive.web.desk.workload import Workload
from proactive.web.door import Door
from proactive.web.errors import Errors
from proactive.web.guard import Guard
from proactive.web.health import Health
from proactive.web.hooks import Hooks
from proactive.web.identity.grammar import Audience, Client
from proactive.web.identity.relying_party import RelyingParty
from proactive.web.pages import HERE, Pages
from proactive.web.papers import printable
from proactive.web.passwords import Passwords
from proactive.web.ports import Steps
from proactive.web.public.open_data import OpenData
from proactive.web.public.procedures import Procedures
from proactive.web.push.endpoint import Beside, Push
from proactive.web.receiving.endpoint import Receiving
from proactive.web.site import Site
from proactive.web.static_files import StaticFiles
from proactive.web.wording import Wording
from rules import Catalogue, privacy
from rules.manners import Manners


def create(
    *,
    store: Store,
    keys: Keys,
    clock: Clock,
    settings: Settings,
    catalogue: Catalogue,
    steps: Steps,
    notifiers: Mapping[str, Notifier],
    intake: Intake,
    manners: Manners,
    told: Collection[str] = (),
    files: Mapping[str, ConnectedRegister] | None = None,
    clients: Sequence[Client] = (),
) -> Starlette:
    """The application. It opens nothing and closes nothing: who made the parts ends them.

    `told` are the registers that connectors are asked to send from the beginning; `clients` the providers of identities
    at which people may sign in.
    """
    desk, wording, static = Desk(store.engine), Wording(catalogue, store.pseudonyms), StaticFiles(HERE / "static")
    door = Door(store=store, desk=desk, keys=keys, clock=clock, public_url=settings.public_url)
    identity = RelyingParty(clients, sign_ons=store.sign_ons, keys=keys, clock=clock, public_url=settings.public_url)
    pages = Pages(
        door=door,
        clock=clock,
        static=static,
        pseudonyms=store.pseudonyms,
        extra={
            "office_name": wording.office,
            "desk_bar": bar,
            "printable": printable,
            "providers": identity.offered(Audience.CITIZEN),
            "desk_providers": identity.offered(Audience.OFFICER),
        },
        led_to=identity.led_to(),
    )
    site = Site(
        store=store,
        desk=desk,
        keys=keys,
        clock=clock,
        settings=settings,
        catalogue=catalogue,
        wording=wording,
        steps=steps,
        notifiers=notifiers,
        intake=intake,
        door=door,
        pages=pages,
        identity=identity,
        passwords=Passwords(),
        manners=manners,
        privacy=privacy.load(settings.privacy or privacy.OWN),
        files=files or {},
    )
    errors = Errors(pages)
    push = Push(store=store, keys=keys, clock=clock, catalogue=catalogue, told=told, rate=settings.push_rate)
    parts = (
        Entrance,
        CitizenSignIn,
        Mine,
        OwnDossier,
        Paper,
        Documents,
        Uses,
        Wishes,
        OwnEmail,
        OwnData,
        Check,
        Procedures,
        OpenData,
        SignIn,
        DeskIdentity,
        Queue,
        Find,
        Bulk,
        Sessions,
        Forecast,
        Workload,
        DeskDossier,
        DeskDocuments,
        Cases,
        CaseAtDesk,
        Figures,
        Candidates,
        Pilots,
        Progress,
        Obstacles,
        Assist,
        Notices,
        Hands,
        RejectedChanges,
        Files,
        Texts,
        Quality,
        Tickets,
        Rights,
        Receiving,
        Calls,
        Hooks,
        Health,
    )
    return Starlette(
        routes=[
            *(route for part in parts for route in part(site).routes),
            Route("/static/{name}", static.serve, methods=["GET"]),
        ],
        middleware=[
            Middleware(Beside, push=push),
            Middleware(Guard, failed=errors.failed, https=settings.public_url.startswith("https:")),
        ],
        exception_handlers=errors.handlers,
    )
