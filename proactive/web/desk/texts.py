"""The texts of every service, as the people of its cases would get them, with what each takes to send."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.foresight.prices import price
from proactive.web.desk.sign_in import officer_at
from proactive.web.site import Site
from rules import Service
from rules.base import Words
from rules.channels import Channel, channels
from rules.forbidden import prohibitions
from rules.groups import spelt_out
from rules.previews import Preview, previews


class Texts:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._seen: dict[tuple[str, str, str, str], list[Preview]] = {}
        self.routes = [Route("/desk/texts", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        services = site.wording.services
        service = _asked(services, request.query_params.get("service", ""))
        language = "en" if request.query_params.get("in") == "en" else "vi"
        used = sorted({name for rung in service.ladder for name in spelt_out(rung.channels)}) if service else []
        told = request.query_params.get("channel", "")
        channel = channels()[told if told in used else used[0]] if used else None
        return site.pages.show(
            request,
            "desk/texts.html",
            session=session,
            officer=officer,
            services=services,
            service=service,
            used=[channels()[name] for name in used],
            channel=channel,
            language=language,
            forbidden=_grounds(channel) if channel else [],
            texts=self._texts(service, channel, language) if service and channel else [],
        )

    def _texts(self, service: Service, channel: Channel, language: str) -> list[dict[str, object]]:
        """A version's texts never change, so they are made once."""
        key = service.name, service.version, channel.name, language
        if key not in self._seen:
            self._seen[key] = list(previews(service, channel=channel.name, language=language))
        cost = price(channel, self._site.clock.today())
        return [
            {
                "variant": service.variants[one.variant],
                "text": one.text,
                "size": one.size,
                "faults": one.faults,
                "vnd": cost(one.text),
            }
            for one in self._seen[key]
        ]


def _asked(services: Sequence[Service], name: str) -> Service | None:
    return next((one for one in services if one.name == name), services[0] if services else None)


def _grounds(channel: Channel) -> list[tuple[str, list[Words]]]:
    """What the channel forbids, by what that stands on."""
    found: dict[str, list[Words]] = {}
    for name, ground in channel.forbids.items():
        found.setdefault(ground.reference, []).append(prohibitions()[name].says)
    return list(found.items())
