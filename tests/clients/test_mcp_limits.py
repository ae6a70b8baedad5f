"""Who asks too much through the tools is told when to ask again."""

import pytest

from chat_world import Shop
from mcp_door import McpDoor


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("mcp_limits"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="3")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_a_limited_question_says_in_how_many_seconds_it_may_be_asked_again(shop):
    eager = shop.person("eager", {})
    door = McpDoor(shop.server, eager.session.headers["Authorization"].removeprefix("Bearer "))
    ask = lambda: door.call("ask_product", product=shop.product, question="number of orders")
    while not (told := ask()).is_error:
        assert told.data["table"]["rows"] == [[7]]
    seconds = told.error["retryAfterSeconds"]
    assert told.error["code"] == "RATE_LIMITED" and 1 <= seconds <= 60
    assert f"try again in {seconds} s" in told.error["message"] and f"try again in {seconds} s" in told.text
    # As the door itself says it.
    refused = eager.call("POST", f"{shop.path}/chat", {"message": "number of orders"}, expect=429)
    assert seconds - 2 <= int(refused.headers["Retry-After"]) <= seconds
    # Other tools, and other people, are not held back; other errors have nothing to wait for.
    assert door.get("search_products", words="Retail")["products"]
    other = McpDoor(shop.server, shop.server.admin.token)
    assert not other.call("ask_product", product=shop.product, question="number of orders").is_error
    assert "retryAfterSeconds" not in door.refuses("run_sql", "SQL_NOT_ALLOWED", product=shop.product, sql="DELETE FROM orders")
