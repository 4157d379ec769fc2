"""Pages are made on the server, in Vietnamese or English, and work without JavaScript.

Every value that a page shows is escaped: templates never mark data as safe.
"""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from proactive.domain.pseudonym import Pseudonyms
from proactive.letters import HOTLINE, spaced
from proactive.ports.clock import Clock
from proactive.web import formats
from proactive.web.door import Door, SignedIn
from proactive.web.static_files import StaticFiles
from rules import RegisterSchema, vietnamese

LANGUAGES = ("vi", "en")
HERE = Path(__file__).parent
LOCALE = HERE.parent / "locale"


class Pages:
    def __init__(
        self,
        *,
        door: Door,
        clock: Clock,
        static: StaticFiles,
        pseudonyms: Pseudonyms,
        extra: Mapping[str, Any],
        led_to: Sequence[str] = (),
    ) -> None:
        """`led_to` are the origins elsewhere to which a form of ours may lead: providers of identities."""
        self._door, self._clock, self._led_to = door, clock, " ".join(("'self'", *led_to))
        self._environments = {language: _environment(language, static, pseudonyms, extra) for language in LANGUAGES}

    def language(self, request: Request) -> str:
        """The language that was just asked for, or the one kept in the browser; Vietnamese otherwise."""
        for asked in (request.query_params.get("lang"), self._door.cookie(request, "lang")):
            if asked in LANGUAGES:
                return asked
        return LANGUAGES[0]

    def show(
        self, request: Request, name: str, *, status: int = 200, session: SignedIn | None = None, **values: Any
    ) -> HTMLResponse:
        """The page from this template. Its forms carry `csrf`, of the session or of the visit."""
        language, nonce = self.language(request), secrets.token_urlsafe(16)
        context = {
            "language": language,
            "csrf": session.csrf if session else self._door.visit_csrf(request),
            "session": session,
            "cspNonce": nonce,
            "path": request.url.path,
            "today": self._clock.today(),
            **values,
        }
        page = HTMLResponse(self._environments[language].get_template(name).render(context), status)
        page.headers["content-security-policy"] = _policy(nonce, self._led_to)
        page.headers["content-language"] = language
        if not self._door.cookie(request, "visit"):
            self._door.give(page, "visit", self._door.visit(request))
        if request.query_params.get("lang") in LANGUAGES:
            self._door.give(page, "lang", language)
        return page


def to(place: str) -> Response:
    """After a form: look at this page now."""
    return RedirectResponse(place, 303)


def _environment(language: str, static: StaticFiles, pseudonyms: Pseudonyms, extra: Mapping[str, Any]) -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(HERE / "templates"),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    translations: NullTranslations = Translations.load(LOCALE, [language])
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]  # of the i18n extension
    environment.filters.update(
        day=formats.day,
        moment=formats.moment,
        written=formats.written,
        last4=lambda kept: formats.last4(pseudonyms.shown(kept)),
        percent=formats.percent if language == "vi" else formats.percent_en,
        number=formats.number if language == "vi" else formats.number_en,
        spaced=spaced,
        say=lambda words: getattr(words, language),
        titles=_titles,
        why=vietnamese.why if language == "vi" else _as_it_is,
        mend=vietnamese.mend if language == "vi" else _as_it_is,
    )
    environment.globals.update(asset=static.address, hotline=HOTLINE, days_between=formats.days_between)
    environment.globals.update(local_day=formats.local_day, **extra)
    return environment


def _titles(schema: RegisterSchema | None) -> Mapping[str, str]:
    """Column -> its Vietnamese title, for sentences that name other columns."""
    return {name: column.title.vi for name, column in schema.columns.items()} if schema else {}


def _as_it_is(said: str, titles: Mapping[str, str] | None = None) -> str:
    return said


def _policy(nonce: str, led_to: str) -> str:
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; font-src 'self'; "
        f"img-src 'self' data:; form-action {led_to}; base-uri 'none'; frame-ancestors 'none'"
    )
