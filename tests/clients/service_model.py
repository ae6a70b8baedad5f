"""Checks raw answers of the DataZone door against botocore's own service model, more strictly than botocore does.

botocore takes any JSON and drops what it does not know; typed clients do not. So every answer is looked at before
botocore parses it: status, request id, required and unknown members, `null`s, types, ranges, patterns, enums, unions,
time formats.
"""

import json
import re

#: Errors that come from the frame around every operation and that no operation declares.
FRAME_ERRORS = {
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "SerializationException",
    "UnknownOperationException",
}
_ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z")


def attach(client) -> None:
    """Makes every answer that `client` receives pass through `check_answer`."""
    service = client.meta.service_model

    def on_response(response_dict, **_):
        operation = service.operation_model(response_dict["context"]["operation_name"])
        check_answer(operation, response_dict["status_code"], response_dict["headers"], response_dict["body"])

    client.meta.events.register("response-received.datazone.*", on_response)


def check_answer(operation, status: int, headers, body: bytes) -> None:
    where = f"{operation.name} answered {status}"
    assert headers.get("x-amzn-RequestId"), f"{where} without x-amzn-RequestId"
    if status < 300:
        problems = _success_problems(operation, status, headers, body)
    else:
        problems = _error_problems(operation, status, headers, body)
    assert not problems, f"{where}: " + "; ".join(problems) + f"\nbody: {body[:2000]!r}"


def _success_problems(operation, status, headers, body) -> list[str]:
    expected = operation.http["responseCode"]
    problems = [] if status == expected else [f"the model says {expected}"]
    if status == 204:
        return problems + (["a 204 has no body"] if body else [])
    if headers.get("Content-Type") != "application/json":
        problems.append(f"Content-Type is {headers.get('Content-Type')!r}")
    document = json.loads(body)
    if operation.output_shape is None:
        return problems + ([] if document == {} else ["an empty answer is {}"])
    return problems + value_problems(operation.output_shape, document, "$")


def _error_problems(operation, status, headers, body) -> list[str]:
    code = headers.get("x-amzn-ErrorType", "")
    if headers.get("Content-Type") != "application/json":
        return [f"an error is JSON too, Content-Type is {headers.get('Content-Type')!r}"]
    document = json.loads(body)
    problems = []
    if not isinstance(document.get("message"), str) or not document["message"]:
        problems.append("an error has a message")
    if "__type" in document and document["__type"].rsplit("#", 1)[-1] != code:
        problems.append(f"__type {document['__type']!r} and header {code!r} disagree")
    if code in FRAME_ERRORS:
        return problems
    declared = {shape.name: shape for shape in operation.error_shapes}
    if code not in declared:
        return problems + [f"{code!r} is not declared; declared are {sorted(declared)}"]
    shape = declared[code]
    if shape.metadata.get("error", {}).get("httpStatusCode", status) != status:
        problems.append(f"{code} belongs to status {shape.metadata['error']['httpStatusCode']}")
    known = {k: v for k, v in document.items() if k not in ("__type", "Message")}
    return problems + value_problems(shape, known, "$")


def value_problems(shape, value, path: str) -> list[str]:
    """What is wrong with `value` as a `shape`; an empty list if nothing is."""
    if value is None:
        return [f"{path} is null; absent members are left out"]
    return _CHECKS.get(shape.type_name, _unchecked)(shape, value, path)


def _structure(shape, value, path):
    if not isinstance(value, dict):
        return [f"{path} is no object"]
    if getattr(shape, "is_document_type", False):
        return []
    members = {
        m.serialization.get("name", name): m for name, m in shape.members.items() if "location" not in m.serialization
    }
    problems = [f"{path}.{key} is unknown" for key in value if key not in members]
    problems += [
        f"{path}.{name} is required and missing"
        for name in shape.required_members
        if name in shape.members
        and shape.members[name].serialization.get("name", name) not in value
        and "location" not in shape.members[name].serialization
    ]
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        problems.append(f"{path} is a union with {len(value)} members")
    for key, member in members.items():
        if key in value:
            problems += value_problems(member, value[key], f"{path}.{key}")
    return problems


def _list(shape, value, path):
    if not isinstance(value, list):
        return [f"{path} is no list"]
    problems = _range(shape, len(value), path, "items")
    for index, item in enumerate(value):
        problems += value_problems(shape.member, item, f"{path}[{index}]")
    return problems


def _map(shape, value, path):
    if not isinstance(value, dict):
        return [f"{path} is no map"]
    problems = _range(shape, len(value), path, "entries")
    for key, item in value.items():
        problems += value_problems(shape.key, key, f"{path} key")
        problems += value_problems(shape.value, item, f"{path}[{key}]")
    return problems


def _string(shape, value, path):
    if not isinstance(value, str):
        return [f"{path} is no string but {value!r}"]
    problems = _range(shape, len(value), path, "characters")
    if shape.enum and value not in shape.enum:
        problems.append(f"{path} {value!r} is none of {shape.enum}")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value, re.ASCII):
        problems.append(f"{path} {value!r} does not match {pattern}")
    return problems


def _integer(shape, value, path):
    if isinstance(value, bool) or not isinstance(value, int):
        return [f"{path} is no integer but {value!r}"]
    return _range(shape, value, path, "")


def _number(shape, value, path):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return [f"{path} is no number but {value!r}"]
    return _range(shape, value, path, "")


def _boolean(_shape, value, path):
    return [] if isinstance(value, bool) else [f"{path} is no boolean but {value!r}"]


def _timestamp(shape, value, path):
    if shape.serialization.get("timestampFormat", "unixTimestamp") == "iso8601":
        ok = isinstance(value, str) and _ISO_8601.fullmatch(value)
        return [] if ok else [f"{path} is no ISO 8601 time but {value!r}"]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return [f"{path} is no epoch time but {value!r}"]
    if round(value, 3) != value or not 1_600_000_000 < value < 4_000_000_000:
        return [f"{path} {value!r} is not in seconds with at most milliseconds"]
    return []


def _range(shape, size, path, unit):
    problems = []
    if size < shape.metadata.get("min", size):
        problems.append(f"{path} has {size} {unit}, the least is {shape.metadata['min']}")
    if size > shape.metadata.get("max", size):
        problems.append(f"{path} has {size} {unit}, the most is {shape.metadata['max']}")
    return problems


def _unchecked(_shape, _value, _path):
    return []


_CHECKS = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "character": _string,
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
