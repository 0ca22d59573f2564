"""The rule of tests/guests/twin, in Python on the bare contract: the findings have to be the same."""

import json

from componentize_py_types import Err
from wit_world.exports import Plugin as PluginProtocol
from wit_world.exports import Validation as ValidationProtocol
from wit_world.imports import context, log
from wit_world.imports.types import (
    Description,
    Finding,
    Identity,
    KindSelector,
    Node,
    Operation_Replace,
    Rule,
    Scope,
    SettingsError,
    Severity,
)

PATHS = [
    "$.spec.template.spec['containers','initContainers'][*].image",
    "$.spec['containers','initContainers'][*].image",
]


class Settings:
    """What `configure` keeps for this instance."""

    exempt: list[str] = []
    namespaces: bool = False


class Plugin(PluginProtocol):
    def describe(self) -> Description:
        return Description(
            name="twin",
            version="0.1.0",
            scope=Scope.RESOURCE,
            kinds=[KindSelector("apps", "*", "*"), KindSelector("", "*", "Pod")],
            rules=[
                Rule(
                    "mutable-tag",
                    Severity.ERROR,
                    "an image names a tag that does not move",
                    "the node that starts the pod next may run another image: write a version or a digest",
                    None,
                ),
                Rule(
                    "unknown-namespace", Severity.WARNING, "a namespace exists", "add the Namespace to the set", None
                ),
            ],
            settings_schema=None,
            context=[],
        )

    def configure(self, settings: str) -> None:
        values = json.loads(settings)
        exempt = values.get("exempt", [])
        if not isinstance(exempt, list):
            raise Err([SettingsError("/exempt", "not a list of images")])
        Settings.exempt = exempt
        Settings.namespaces = values.get("namespaces") is True


class Validation(ValidationProtocol):
    def check(self, subjects: list) -> list[Finding]:
        findings = []
        for subject, manifest in enumerate(subjects):
            judge(subject, manifest, findings)
        return findings


def judge(subject: int, manifest, findings: list[Finding]) -> None:
    identity = manifest.identity()
    count = int.from_bytes(manifest.tape()[4:8], "little")
    log.write(f"{identity.kind} {identity.name}: {count} nodes")

    for path in PATHS:
        for node in manifest.select(path):
            image = json.loads(node.value)
            if not is_mutable(image) or image in Settings.exempt:
                continue
            replicas = manifest.get("/spec/replicas") or "no"
            fixed = image.removesuffix(":latest") + ":1.0.0"
            findings.append(
                Finding(
                    subject=subject,
                    rule="mutable-tag",
                    pointer=node.pointer,
                    message=f"`{image}` can change under {replicas} replicas",
                    severity=Severity.WARNING if manifest.previous() else None,
                    fix=[Operation_Replace(Node(node.pointer, json.dumps(fixed)))],
                )
            )
    if Settings.namespaces and identity.namespace:
        if context.get(Identity("v1", "Namespace", None, identity.namespace)) is None:
            findings.append(
                Finding(
                    subject=subject,
                    rule="unknown-namespace",
                    pointer="/metadata/namespace",
                    message=f"`{identity.namespace}` is not in the set",
                    severity=None,
                    fix=[],
                )
            )


def is_mutable(image: str) -> bool:
    """Whether the tag of an image may move: it is `latest`, or not written at all."""
    last = image.rsplit("/", 1)[-1]
    return "@" not in image and (":" not in last or last.endswith(":latest"))
