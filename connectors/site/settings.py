"""What the engineer of a site sets: one file, site.yaml, without a secret in it.

    platform: {url: https://…, connector: …, secret: {file: /etc/proactive-site/secret}}
    sources: sources               # a folder, a YAML file a source: where the rows are, and what they become
    spool: {folder: /var/lib/proactive-site}

docs/site-connector.md shows it with everything that may stand there.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from standardwebhooks import Webhook

from proactive.errors import Unusable
from rules import source
from rules.base import Rule, Text
from rules.parsing import keys_of, parse
from rules.problem import Problem
from rules.source import Source

LOOPBACK = ("127.0.0.1", "::1", "localhost")
KEPT_IN = "docs/site-connector.md"


class Secret(Rule):
    """Where a secret is: an environment variable, or a file that only the connector's account may read."""

    env: Text | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> "Secret":
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret is named by exactly one of `env` and `file`; it never stands here itself")
        return self

    def value(self) -> str:
        """The secret, read now. Raises `Unusable`."""
        if self.env is not None:
            if not (found := os.environ.get(self.env, "").strip()):
                raise Unusable(f"The environment variable {self.env} is not set; platform.secret names it.")
            return found
        assert self.file is not None
        try:
            if self.file.stat().st_mode & 0o077 and self.file.parent.stat().st_mode & 0o077:
                raise Unusable(f"The secret {self.file} can be read by others: chmod 600 {self.file}.")
            return self.file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unusable(f"The secret {self.file} can't be read: {error}.") from error


class Platform(Rule):
    """Where events go, and who we are there. `ca` and `certificate` are for networks that have their own."""

    url: Text
    connector: Text
    secret: Secret
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    proxy: Text | None = None
    timeout_seconds: float = Field(default=30, gt=0, le=300)

    @model_validator(mode="after")
    def _safe(self) -> "Platform":
        address = urlsplit(self.url)
        if not (address.scheme == "https" and address.hostname) and not (
            address.scheme == "http" and address.hostname in LOOPBACK
        ):
            raise ValueError("url begins with https:// (http:// only for this machine itself)")
        if address.path.strip("/") or address.query or address.fragment or address.username:
            raise ValueError("url is the platform's address alone, without a path: https://host")
        if self.key is not None and self.certificate is None:
            raise ValueError("`key` belongs to a `certificate`")
        return self

    @property
    def endpoint(self) -> str:
        """Where events are pushed to."""
        return f"{self.url.rstrip('/')}/v1/events"

    def webhook(self) -> Webhook:
        """What signs our requests, by the secret as it is now. Raises `Unusable`."""
        secret = self.secret.value()
        try:
            if not secret.startswith("whsec_"):
                raise ValueError
            return Webhook(secret)
        except Exception as error:
            raise Unusable(
                "platform.secret is not what `proactive connector new` printed: whsec_ and base64. Write it anew."
            ) from error


class SpoolSettings(Rule):
    """Where events wait, and how much room they may take there."""

    folder: Path
    most_mb: int = Field(default=2048, ge=1, le=1_000_000)
    """What a day makes is about a kilobyte a change."""

    @property
    def most_bytes(self) -> int:
        return self.most_mb * 1024 * 1024


class Site(Rule):
    """site.yaml."""

    platform: Platform
    sources: Path
    spool: SpoolSettings
    look_every_seconds: float = Field(default=5, gt=0, le=3600)
    heartbeat_every_seconds: float = Field(default=60, gt=0, le=86_400)


def load(path: Path) -> Site:
    """The settings in a file. Raises `Unusable` with everything that is wrong, and where it stands."""
    text, problems = source.read(path, path.name)
    site = None
    if text is not None and not problems:
        problems = [*_open_secret(text)]  # first, since what is wrong is shown as it stands
        if not problems:
            site, problems = parse(Site, text, keys=lambda: keys_of(Site))
    if site is None:
        raise Unusable(
            f"{path} can't be used; {KEPT_IN} says what may stand there:\n"
            + "\n".join(f"  {problem}" for problem in problems)
        )
    return site


def _open_secret(text: Source) -> Iterator[Problem]:
    platform = text.data.get("platform") if isinstance(text.data, dict) else None
    if isinstance(platform, dict) and not isinstance(platform.get("secret", {}), dict):
        where, why = ("platform", "secret"), "The secret itself stands here."
        yield text.problem(where, why, "Put it into a file of its own and write `{file: PATH}`; take a new one.")
