"""What Kubernetes and Docker Compose are given is well-formed, and every name in it leads somewhere. Nothing is run."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.test_named import settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CHECKERS = ROOT / "build" / "manifests"
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())
MANIFESTS: list[dict[str, Any]] = [
    manifest
    for name in KUSTOMIZATION["resources"]
    for manifest in yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8"))
]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
PARTS = {"kafka", "postgres", "keycloak", "worker", "web", "prometheus", "grafana"}
VALIDATE = """
import sys, yaml, kubernetes_validate
for name in sys.argv[1:]:
    for manifest in yaml.safe_load_all(open(name, encoding="utf-8")):
        kubernetes_validate.validate(manifest, "1.34", strict=True)
"""


def pods() -> Iterator[dict[str, Any]]:
    for manifest in MANIFESTS:
        if manifest["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield manifest["spec"]["template"]


def generated(kind: str) -> dict[str, set[str]]:
    """Name -> its keys, of what kustomize makes from files and literals."""
    return {
        one["name"]: {Path(file).name for file in one.get("files", ())}
        | {literal.partition("=")[0] for literal in one.get("literals", ())}
        for one in KUSTOMIZATION[kind]
    }


def test_every_part_is_there_with_three_brokers() -> None:
    named = {
        manifest["metadata"]["name"] for manifest in MANIFESTS if manifest["kind"] in {"Deployment", "StatefulSet"}
    }
    [brokers] = [one for one in MANIFESTS if one["kind"] == "StatefulSet" and one["metadata"]["name"] == "kafka"]

    assert named == PARTS
    assert brokers["spec"]["replicas"] == 3
    assert {name.partition("-")[0] for name in COMPOSE["services"]} == PARTS | {"migrate"}
    assert {f"kafka-{n}" for n in (1, 2, 3)} <= set(COMPOSE["services"])


def test_every_file_that_is_named_is_there_and_no_secret_is() -> None:
    files = [file for kind in ("configMapGenerator", "secretGenerator") for one in KUSTOMIZATION[kind]
             for file in one.get("files", ())]  # fmt: skip
    bound = [volume.split(":")[0] for service in COMPOSE["services"].values() for volume in service.get("volumes", ())
             if volume.startswith("./")]  # fmt: skip

    assert [name for name in files if not name.startswith("secrets/") and not (DEPLOY / name).exists()] == []
    assert [name for name in bound if not (ROOT / name).exists()] == []
    told = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    secrets = {Path(name).name for name in files if name.startswith("secrets/")}
    assert secrets == {Path(one["file"]).name for one in COMPOSE["secrets"].values()}
    assert [name for name in sorted(secrets) if f"`{name}`" not in told] == []
    kept = subprocess.run(["git", "ls-files", "deploy/secrets"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert kept.stdout.split() in ([], ["deploy/secrets/.gitignore"])


def test_every_secret_and_every_file_of_settings_that_a_pod_takes_is_made() -> None:
    secrets, configs = generated("secretGenerator"), generated("configMapGenerator")

    for pod in pods():
        for volume in pod["spec"].get("volumes", ()):
            assert volume.get("secret", {}).get("secretName", "proactive") in secrets
            assert volume.get("configMap", {}).get("name", "proactive") in configs
        for container in pod["spec"]["containers"]:
            for one in container.get("env", ()):
                if (taken := one.get("valueFrom", {}).get("secretKeyRef")) is not None:
                    assert taken["key"] in secrets[taken["name"]]


def test_every_service_and_rule_means_pods_that_are_there() -> None:
    there = {pod["metadata"]["labels"]["app"] for pod in pods()}

    for manifest in MANIFESTS:
        if manifest["kind"] == "Service":
            assert manifest["spec"]["selector"]["app"] in there
        if manifest["kind"] == "NetworkPolicy":
            words = yaml.safe_dump(manifest["spec"]["podSelector"])
            assert manifest["metadata"]["name"] == "nobody" or any(name in words for name in there)


def test_only_settings_that_somebody_reads_are_set() -> None:
    known = set(settings())
    told = {name for names in (generated("configMapGenerator")["proactive"], generated("secretGenerator")["proactive"])
            for name in names}  # fmt: skip
    set_in = [one for pod in pods() for container in pod["spec"]["containers"] for one in container.get("env", ())]
    told |= {one["name"] for one in set_in if one["name"].startswith("PROACTIVE_")}
    told |= {name for service in COMPOSE["services"].values() for name in service.get("environment", {})
             if name.startswith("PROACTIVE_")}  # fmt: skip

    assert told - known == set()


def test_the_schemas_of_kubernetes_and_compose_accept_them() -> None:
    if not (CHECKERS / "made").exists():
        pytest.skip("scripts/manifests.sh has not got the schemas of Kubernetes and Compose")
    files = [str(DEPLOY / name) for name in KUSTOMIZATION["resources"]]
    compose = ["--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml")]

    for command in (
        [str(CHECKERS / "bin" / "python"), "-c", VALIDATE, *files],
        [str(CHECKERS / "bin" / "check-jsonschema"), *compose],
    ):
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]
