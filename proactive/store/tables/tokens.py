"""Tokens of providers, sealed: who has a copy of the database must not be able to send in our name."""

from datetime import datetime

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class ProviderToken(Table, table=True):
    """The newest pair of one account and the one before it, and who is asking for the next."""

    __tablename__ = "provider_token"

    provider: str = Field(primary_key=True, sa_type=Text)
    account: str = Field(primary_key=True, sa_type=Text)
    generation: int
    sealed: bytes = Field(sa_type=LargeBinary)
    former: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    """The pair before, for whoever has to find out what happened."""
    issued_at: datetime = moment()
    access_until: datetime = moment()
    refresh_until: datetime = moment()
    wanted_at: datetime | None = moment(nullable=True)
    """The provider refused the access token before its time."""
    claimed_until: datetime | None = moment(nullable=True)
    """Somebody is asking for the next pair until then; or nobody should before then."""
    tries: int = Field(default=0)
    lost_at: datetime | None = moment(nullable=True)
    why: str | None = words()
