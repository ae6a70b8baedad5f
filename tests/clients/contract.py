"""Holds answers really served against a door's OpenAPI document: members, types, enumerations, patterns, statuses."""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from jsonschema import Draft202012Validator, FormatChecker

METHODS = ("get", "post", "put", "patch", "delete")
#: Faults of one answer that are worth reading; the rest repeats them.
SHOWN = 3


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    template: str
    description: dict

    @property
    def matcher(self) -> re.Pattern:
        parts = re.split(r"\{\w+\}", self.template)
        return re.compile("[^/]+".join(re.escape(part) for part in parts) + "/?")

    @property
    def labels(self) -> int:
        return self.template.count("{")


@dataclass
class Contract:
    """One document, what was heard, and what of it broke the document."""

    document: dict
    #: Mounts that the document does not speak of: a path below one is looked up without it.
    prefix: str = ""
    succeeded: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.operations = [
            Operation(description["operationId"], method.upper(), template, description)
            for template, item in self.document["paths"].items()
            for method, description in item.items()
            if method in METHODS
        ]
        # A literal segment goes before a label, as in the router.
        self.operations.sort(key=lambda operation: operation.labels)
        self.by_id = {operation.id: operation for operation in self.operations}
        self.validators: dict[str, Draft202012Validator] = {}

    def attach(self, session: requests.Session) -> None:
        """Hears every answer of the session."""
        session.hooks["response"].append(lambda answer, *_, **__: self.hear_response(answer))

    def hear_response(self, answer: requests.Response) -> None:
        path = urlsplit(answer.request.url).path.removeprefix(self.prefix)
        operation = self.operation(answer.request.method, path)
        if operation is not None:
            self.hear(operation, answer.status_code, answer.headers.get("Content-Type", ""), answer.content)
            if answer.ok and answer.request.body:
                self.hear_accepted(operation, answer.request)

    def operation(self, method: str, path: str) -> Operation | None:
        found = (op for op in self.operations if op.method == method and op.matcher.fullmatch(path))
        return next(found, None)

    def declares(self, method: str, template: str) -> bool:
        """Whether the document has the method at exactly this template, written without the version."""
        return any(op.method == method and op.template == f"/v1{template}" for op in self.operations)

    def hear(self, operation: Operation, status: int, media_type: str, body: bytes) -> None:
        """Takes down one answer of an operation, and what is wrong with it."""
        where = f"{operation.id} ({operation.method} {operation.template}) {status}"
        declared = self.resolve(operation.description["responses"].get(str(status)))
        if declared is None:
            self.faults.append(f"{where}: the document does not know the status: {body[:200]!r}")
            return
        if status < 300:
            self.succeeded.add(operation.id)
        content = declared.get("content")
        if not content:
            if body:
                self.faults.append(f"{where}: the document knows of no body, but there is {body[:200]!r}")
            return
        plain = media_type.split(";")[0].strip()
        if plain not in content:
            self.faults.append(f"{where}: media type {media_type!r} is none of {list(content)}")
        elif plain == "application/json" or plain.endswith("+json"):
            self.check(where, f"{operation.id}/{status}", content[plain]["schema"], body)

    def hear_accepted(self, operation: Operation, request: requests.PreparedRequest) -> None:
        """What a door takes, its document allows."""
        where = f"{operation.id} ({operation.method} {operation.template}) request"
        content = self.resolve(operation.description.get("requestBody", {})).get("content", {})
        plain = request.headers.get("Content-Type", "").split(";")[0].strip()
        if plain not in content:
            self.faults.append(f"{where}: media type {plain!r} is none of {list(content)}")
        else:
            self.check(where, f"{operation.id}/request", content[plain]["schema"], request.body)

    def check(self, where: str, key: str, schema: dict, body: bytes) -> None:
        try:
            value = json.loads(body)
        except ValueError:
            self.faults.append(f"{where}: the body is no JSON: {body[:200]!r}")
            return
        if key not in self.validators:
            rooted = {"components": self.document.get("components", {}), "allOf": [schema]}
            self.validators[key] = Draft202012Validator(rooted, format_checker=FormatChecker())
        errors = sorted(self.validators[key].iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
        for error in errors[:SHOWN]:
            at = "/".join(map(str, error.absolute_path))
            self.faults.append(f"{where}: at /{at}: {error.message[:300]}")

    def resolve(self, node: dict | None) -> dict | None:
        if node is None or "$ref" not in node:
            return node
        found = self.document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return found

    def unanswered(self) -> list[str]:
        """Operations of the document that never succeeded."""
        return sorted(self.by_id.keys() - self.succeeded)

    def distinct_faults(self) -> list[str]:
        return sorted(set(self.faults))
