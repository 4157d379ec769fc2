"""What became of messages by provider and minute, and how they are shared out between providers of one kind."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


class ProviderMinute(Table, table=True):
    """Counts alone: nothing of whom the messages were for."""

    __tablename__ = "provider_minute"

    channel: str = Field(primary_key=True, sa_type=Text)
    minute: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    given: int = Field(default=0)
    bad: int = Field(default=0)
    """Refused for now or for what is wrong with our account, never answered, or answered slowly."""
    settled: int = Field(default=0)
    undelivered: int = Field(default=0)


class ProviderShare(Table, table=True):
    """The part of a group's messages that one of its channels is given. All rows of a group move at once."""

    __tablename__ = "provider_share"

    channel_group: str = Field(primary_key=True, sa_type=Text)
    channel: str = Field(primary_key=True, sa_type=Text)
    share: float
    moved_at: datetime = moment()
