"""What all values of the domain share: they are frozen, and an unknown field is an error."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value; change it with `model_copy(update=...)` through the functions of its own module."""

    model_config = ConfigDict(frozen=True, extra="forbid")
