"""Signing in at providers of electronic identities: what is under way, and how a session came to be."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


class SignInAttempt(Table, table=True):
    """Somebody was sent to a provider and is not back yet. Used up by coming back once."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_over", "expires_at"),)

    state_hash: str = Field(primary_key=True, sa_type=Text)
    provider: str = Field(sa_type=Text)
    audience: str = Field(sa_type=Text)
    """citizen, officer."""
    browser: str = Field(sa_type=Text)
    """A keyed hash of the browser's visit: nobody else can come back in its place."""
    nonce: str = Field(sa_type=Text)
    verifier: str = Field(sa_type=Text)
    expires_at: datetime = moment()


class SignOn(Table, table=True):
    """How a session came to be, where it was not by the check code and a one-time code. Goes with the session."""

    __tablename__ = "sign_on"

    token_hash: str = Field(
        sa_column=Column(Text, ForeignKey("session.token_hash", ondelete="CASCADE"), primary_key=True)
    )
    acting: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
