"""Under which look-up key pseudonyms are kept: one for the whole database, so that they never mix with plain ids."""

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from proactive.store.tables.base import Table


class LookupKey(Table, table=True):
    """Its name, empty where personal ids are kept plain; one row. `hiding`: they are being turned into pseudonyms."""

    __tablename__ = "lookup_key"
    __table_args__ = (CheckConstraint("only_one", name="only_one"),)

    only_one: bool = Field(default=True, primary_key=True, sa_column_kwargs={"server_default": "true"})
    name: str = Field(sa_type=Text)
    hiding: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
