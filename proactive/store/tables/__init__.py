"""The tables. Migrations make them; a test checks that the two agree.

Partial indexes make the daily cost follow what falls due or rests, never the number of people.
"""

import importlib
import pkgutil

from proactive.store.tables.base import METADATA

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")  # being in the folder is being a table

__all__ = ["METADATA"]
