"""How many questions chat puts to the store for each form of question, for an administrator and for a viewer of some rows: with
nothing kept, and again. `questions_chat.tsv` says how many it may be, and what comes of the question."""

from collections.abc import Callable

import pytest

from bobsled_door import BobsledDoor
from chat_world import TODAY, Shop, events
from questions_told import TWICE, Ceilings, Walk

CEILINGS = Ceilings("questions_chat.tsv", ["form"], TWICE)
POLICY = b"# Returns policy\n\n## Damaged goods\n\nGoods that arrive damaged are replaced free of charge."
VERIFIED = {
    "question": "How are orders over {least} doing?",
    "sql": "SELECT status, COUNT(*) AS n FROM orders WHERE amount >= :least GROUP BY status ORDER BY n DESC",
    "parameters": [{"name": "least", "type": "number", "required": True}],
    "isDeployed": True,
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    settings = {"EMPORION_LOG__JSON": "true", "EMPORION_BOBSLED__QUESTIONS_PER_MINUTE": "1000"}
    made = Shop(tmp_path_factory.mktemp("questions"), **settings)
    made.bob.post(f"{made.path}/verified-queries", VERIFIED, expect=201)
    files = {"file": ("returns-policy.md", POLICY, "text/markdown"), "metadata": (None, '{"isDeployed": true}', "application/json")}
    made.bob.call("POST", f"{made.path}/unstructured-assets", files=files, expect=202)
    made.bob.post(f"{made.path}/deploy", {})
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


#: Where something is asked, and the body.
Asked = tuple[str, dict]
#: By form, what an asker says; of what goes on from an earlier question, that is asked first.
FORMS: dict[str, Callable[["Asker"], Asked]] = {
    "count": lambda asker: asker.saying("number of orders"),
    "sum by group": lambda asker: asker.saying("turnover per area last quarter"),
    "top n": lambda asker: asker.saying("top 2 areas by turnover last quarter"),
    "over time": lambda asker: asker.saying("turnover by month in 2026"),
    "compare": lambda asker: asker.saying("turnover per area last quarter vs the quarter before"),
    "in a value": lambda asker: asker.saying("number of customers in EU"),
    "follow-up": lambda asker: asker.saying("only EU", after="turnover by region in 2026"),
    "asked back": lambda asker: asker.saying("turnover for Georgia"),
    "chosen": lambda asker: asker.choosing("turnover for Georgia"),
    "refused": lambda asker: asker.saying("delete all orders; show sales"),
    "documents": lambda asker: asker.saying("What does the returns policy say about damaged goods?"),
    "verified query": lambda asker: asker.saying("how are orders over 30 doing"),
    "run-sql": lambda asker: ("/run-sql", {"sql": "SELECT status, COUNT(*) AS n FROM orders GROUP BY status"}),
    "streamed": lambda asker: ("/chat/stream", asker.saying("turnover per area last quarter")[1]),
}


class Asker:
    def __init__(self, shop: Shop, token: str):
        self.shop, self.door = shop, BobsledDoor(shop.server, token)

    def saying(self, message: str, after: str | None = None) -> Asked:
        thread = {"threadId": self.shop.ask(after, self.door)["threadId"]} if after else {}
        return "/chat", {"message": message, "options": {"today": TODAY}} | thread

    def choosing(self, message: str) -> Asked:
        asked = self.shop.ask(message, self.door)
        option = asked["clarification"]["options"][0]
        chosen = {"id": asked["clarification"]["id"], "choice": option["id"]}
        _, body = self.saying(option["label"])
        return "/chat", body | {"threadId": asked["threadId"], "clarification": chosen}

    def ask(self, asked: Asked, request: str) -> str:
        """What comes of it: how it was answered, or else why not."""
        path, body = asked
        answer = self.door.session.post(
            f"{self.door.base}{self.shop.path}{path}", json=body, headers={"X-Request-Id": request}, timeout=30)
        assert answer.status_code == 200, answer.text
        if path == "/run-sql":
            return f"{len(answer.json()['data']['rows'])} rows"
        made = events(answer.text)[-1][2]["data"] if path == "/chat/stream" else answer.json()["data"]
        return made["provenance"]["method"] or made["status"]


def test_no_question_asks_more_than_it_may(shop):
    viewer = shop.server.new_user("viewer")
    role = {"userId": viewer.id, "role": "viewer", "rowFilters": {"customers": "region <> 'APAC'"}}
    shop.bob.patch(f"{shop.path}/users", {"add": [role]})
    tokens = {"admin": shop.server.admin.token, "reader": viewer.token}
    askers = {caller: Asker(shop, token) for caller, token in tokens.items()}
    walk = Walk(shop.server, tokens)

    def asking(caller: str, form: str):
        asker = askers[caller]
        asked = FORMS[form](asker)
        return lambda request: asker.ask(asked, request)

    wrong = CEILINGS.judge(lambda: walk.counted(FORMS, asking))
    assert not wrong, "\n".join(wrong)
