"""Every constraint of the service model, for each offered operation: what it allows passes, what it forbids is named.

The cases are made from botocore's model, so a member that the server forgot shows as a violation that goes through.
"""

import json
import re
from pathlib import Path
from urllib.parse import quote

import boto3
import pytest

import datazone_door

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "openapi" / "datazone.json").read_text())
OFFERED = sorted(
    operation["operationId"]
    for methods in DOCUMENT["paths"].values()
    for method, operation in methods.items()
    if method in ("get", "post", "put", "patch", "delete")
)
SERVICE = boto3.client(
    "datazone", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
).meta.service_model

#: A text that fits each pattern of which a row of `a` is none. It may be lengthened by `a` up to the member's limit.
FITTING = {
    r"dzd[-_][a-zA-Z0-9_-]{1,36}": "dzd_a",
    r"\d{12}": "123456789012",
    r"[a-z]{2}-[a-z]{4,10}-\d": "eu-west-1",
    r"arn:aws[^:]*:iam::\d{12}:role(/[a-zA-Z0-9+=,.@_-]+)*/[a-zA-Z0-9+=,.@_-]+": "arn:aws:iam::123456789012:role/a",
    r"arn:aws(|-cn|-us-gov):kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}": (
        "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    ),
    r".*arn:(aws|aws-us-gov|aws-cn|aws-iso|aws-iso-b):sso:::instance/(sso)?ins-[a-zA-Z0-9-.]{16}.*": (
        "arn:aws:sso:::instance/ssoins-0123456789abcdef"
    ),
}
#: Members that the model leaves open and that nothing can be done without.
NEEDED = {"FormInput": {"typeIdentifier": "a"}, "Filter": {"value": "a"}}
#: Texts of which every pattern forbids some.
UNFITTING = ("", "é", "a\u00e9", "a b", "a\n", "\na", "a!", "a/b", "a.", ".a", "1", "1a", "_", "A", "dzd-", "dzd-é", "٣")
#: Patterns that admit a line break where the whole text is meant, as this server does not.
LENIENT = (r"[^\.]*.*",)


def fits(shape, text: str) -> bool:
    pattern = shape.metadata.get("pattern")
    return pattern is None or re.fullmatch(pattern, text, re.ASCII) is not None


def fitting(shape) -> str:
    """The shortest text that the shape allows, or near it."""
    if shape.enum:
        return shape.enum[0]
    return FITTING.get(shape.metadata.get("pattern"), "a" * max(1, shape.metadata.get("min", 1)))


def value(shape):
    """The least value that the shape allows."""
    match shape.type_name:
        case "structure":
            if getattr(shape, "is_tagged_union", False):
                name, member = next(iter(shape.members.items()))
                return {name: value(member)}
            least = {name: value(shape.members[name]) for name in shape.required_members}
            return least | NEEDED.get(shape.name, {})
        case "list":
            return [value(shape.member)] * max(1, shape.metadata.get("min", 0))
        case "map":
            return {fitting(shape.key): value(shape.value)}
        case "string":
            return fitting(shape)
        case "boolean":
            return True
        case "integer" | "long":
            return max(1, shape.metadata.get("min", 1))
        case other:
            raise AssertionError(f"no value for {other}")


def of_length(shape, length: int) -> str | None:
    text = fitting(shape)
    longer = text + "a" * (length - len(text))
    return longer if len(longer) == length and fits(shape, longer) else None


def text_cases(shape):
    """`(value, allowed)` of a string."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.enum:
        yield from ((word, True) for word in shape.enum)
        yield from ((word, False) for word in ("", "NONE_OF_THEM", shape.enum[0].lower(), shape.enum[0] + " "))
        return
    if most is not None:
        full = of_length(shape, most)
        if full is not None:
            yield full, True
            yield full + "a", False
        if shape.metadata.get("pattern") is None:
            yield "\U0001f600" * most, True
            yield "\U0001f600" * (most + 1), False
    if least:
        yield "a" * (least - 1), False
    if least == 0 and fits(shape, ""):
        yield "", True
    if "pattern" in shape.metadata:
        # Bounded repetitions inside a pattern are limits as well.
        for text in (*UNFITTING, "a" * 36, "a" * 37, "dzd-" + "a" * 36, "dzd-" + "a" * 37):
            if shape.metadata["pattern"] in LENIENT and "\n" in text:
                continue
            in_range = (least or 0) <= len(text) <= (most or len(text))
            yield text, in_range and fits(shape, text)


def cases(shape, seen=()):
    """`(value, allowed, path)` of everything that the shape says of itself and of what is in it."""
    match shape.type_name:
        case "string":
            yield from ((text, allowed, ()) for text, allowed in text_cases(shape))
        case "integer" | "long":
            least, most = shape.metadata.get("min"), shape.metadata.get("max")
            for number, allowed in ((least, True), (most, True)):
                if number is not None:
                    yield number, allowed, ()
                    yield (number - 1 if number == least else number + 1), False, ()
        case "list":
            least, most = shape.metadata.get("min"), shape.metadata.get("max")
            one = value(shape.member)
            if most is not None:
                yield [one] * most, True, ()
                yield [one] * (most + 1), False, ()
            if least:
                yield [], False, ()
            elif least == 0:
                yield [], True, ()
            for inner, allowed, path in cases(shape.member, seen):
                yield [inner], allowed, ("[]", *path)
        case "map":
            most = shape.metadata.get("max")
            if most is not None:
                keys = [f"{fitting(shape.key)}{number}" for number in range(most + 1)]
                yield {key: value(shape.value) for key in keys[:-1]}, True, ()
                yield {key: value(shape.value) for key in keys}, False, ()
            for key, allowed in text_cases(shape.key):
                yield {key: value(shape.value)}, allowed, ("key",)
            for inner, allowed, path in cases(shape.value, seen):
                yield {fitting(shape.key): inner}, allowed, path
        case "structure" if shape.name not in seen:
            is_union = getattr(shape, "is_tagged_union", False)
            if is_union:
                yield {}, False, ()
                both = dict(list({name: value(member) for name, member in shape.members.items()}.items())[:2])
                if len(both) == 2:
                    yield both, False, ()
            base = {} if is_union else value(shape)
            for name in shape.required_members:
                yield {key: kept for key, kept in base.items() if key != name}, False, (name,)
            for name, member in shape.members.items():
                for inner, allowed, path in cases(member, (*seen, shape.name)):
                    yield base | {name: inner}, allowed, (name, *path)


class Sender:
    """Sends inputs as the model places them, without any check of its own."""

    def __init__(self, server, who, known: dict):
        self.server, self.who, self.known = server, who, known

    def send(self, operation, given: dict):
        path, query, body = operation.http["requestUri"], [], {}
        for name, member in operation.input_shape.members.items():
            if name not in given:
                continue
            place, wire = member.serialization.get("location"), member.serialization.get("name", name)
            if place == "uri":
                path = path.replace("{%s}" % wire, quote(str(given[name]), safe=""))
            elif place == "querystring":
                entries = given[name] if isinstance(given[name], list) else [given[name]]
                query += [f"{wire}={quote(printed(entry), safe='')}" for entry in entries]
            else:
                body[wire] = given[name]
        target = path + ("?" + "&".join(query) if query else "")
        has_body = operation.http["method"] not in ("GET", "DELETE")
        return datazone_door.raw(self.server, self.who, operation.http["method"], target, body if has_body else None)

    def base(self, operation) -> dict:
        shape = operation.input_shape
        members = {name: value(shape.members[name]) for name in shape.required_members}
        return members | {name: text for name, text in self.known.items() if name in members}


def printed(entry) -> str:
    return str(entry).lower() if isinstance(entry, bool) else str(entry)


@pytest.fixture(scope="module")
def sender(server, admin, workshop) -> Sender:
    known = {
        "domainIdentifier": workshop.domain,
        "owningProjectIdentifier": workshop.project,
        "projectIdentifier": workshop.project,
    }
    return Sender(server, admin, known)


def refused_members(answer) -> set[str]:
    """The members that a refusal names; none where no constraint was broken."""
    if answer.headers.get("x-amzn-errortype") != "ValidationException":
        return set()
    places = re.findall(r"Value at '([^']*)' failed to satisfy constraint", answer.json()["message"])
    return {part for place in places for part in place.split(".")}


def faults(sender: Sender, name: str) -> list[str]:
    operation = SERVICE.operation_model(name)
    shape = operation.input_shape
    found = []
    for member_name, member in shape.members.items():
        place = member.serialization.get("location")
        tried = list(cases(member, (shape.name,)))
        if member_name in shape.required_members and place != "uri":
            tried.append((None, False, ()))
        for given, allowed, path in tried:
            if place == "uri" and given in ("", ".", ".."):
                continue
            if place == "querystring" and (given == [] or (isinstance(given, str) and len(quote(given)) > 10_000)):
                continue  # no list is an empty one, and no URL is that long
            whole = {key: kept for key, kept in sender.base(operation).items() if key != member_name}
            if given is not None:
                whole[member_name] = given
            answer = sender.send(operation, whole)
            refused = refused_members(answer)
            where = f"{name}.{'.'.join((member_name, *path))} = {json.dumps(given)[:90]}"
            wanted = next(part for part in reversed((member_name, *path)) if part not in ("[]", "key"))
            if answer.status_code >= 500:
                found.append(f"{where}: {answer.status_code} {answer.text[:200]}")
            elif allowed and wanted in refused:
                found.append(f"{where} is allowed: {answer.text[:200]}")
            elif not allowed and name == "UntagResource":
                # The only operation that declares no ValidationException.
                if answer.status_code != 403 or wanted not in answer.text:
                    found.append(f"{where} is forbidden: {answer.status_code} {answer.text[:200]}")
            elif not allowed and wanted not in refused:
                found.append(f"{where} is forbidden: {answer.status_code} {answer.text[:200]}")
    return found


@pytest.mark.parametrize("name", OFFERED)
def test_the_limits_of_the_model_are_the_limits_of_the_server(sender, name):
    found = faults(sender, name)
    assert not found, f"{len(found)} deviations:\n" + "\n".join(found[:40])
