"""Reads the folder of providers, and lists everything that is wrong with it."""

import os
from pathlib import Path

import yaml
from pydantic import SecretStr, ValidationError

from proactive.errors import Unusable
from proactive.web.identity.grammar import Client, Provider


def load(folder: Path | None) -> list[Client]:
    """The providers in the order of their files; none where no folder is set. Raises `Unusable` with every problem."""
    if folder is None:
        return []
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise Unusable(f"{folder} holds no provider. Put a file a provider there, or unset PROACTIVE_IDENTITY.")
    found: list[Client] = []
    problems: list[str] = []
    for path in paths:
        client, wrong = _one(path)
        problems += [f"  {path}: {problem}" for problem in wrong]
        if client is not None:
            found.append(client)
    if problems:
        raise Unusable("Providers of identities cannot be used:\n" + "\n".join(problems))
    return found


def _one(path: Path) -> tuple[Client | None, list[str]]:
    try:
        provider = Provider.model_validate({"name": path.stem, **_mapping(path)})
    except ValidationError as error:
        return None, [f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in error.errors()]
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        return None, [f"it can't be read ({type(error).__name__})"]
    if provider.name != path.stem:
        return None, [f"name: the file's name says {path.stem}"]
    secret = os.environ.get(provider.client_secret.env, "").strip()
    if not secret:
        return None, [f"client_secret: {provider.client_secret.env} is not set"]
    return Client(provider=provider, secret=SecretStr(secret)), []


def _mapping(path: Path) -> dict[str, object]:
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read if isinstance(read, dict) else {}
