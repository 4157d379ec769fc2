"""The database of a deployment, for benchmarks: with the memory and the log that it is given there."""

from pathlib import Path

import yaml

MANIFEST = Path(__file__).parents[2] / "deploy" / "kubernetes" / "postgres.yaml"
SIZES = ("shared_buffers", "max_wal_size")


def deployed() -> dict[str, str]:
    """Settings for `EmbeddedPostgres`, whose own are those of one office on a small machine."""
    given: dict[str, str] = {}
    for manifest in yaml.safe_load_all(MANIFEST.read_text("utf-8")):
        if manifest["kind"] == "StatefulSet":
            for container in manifest["spec"]["template"]["spec"]["containers"]:
                given |= dict(one.removeprefix("-c").split("=", 1) for one in container.get("args", ()) if "=" in one)
    return {name: given[name] for name in SIZES}
