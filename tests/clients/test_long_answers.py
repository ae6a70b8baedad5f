"""Answers of which only a part is shown: what is said of them, and what a file of them holds."""

import csv
import html
import io
import re
import subprocess
from urllib.parse import quote

import pytest

from chat_world import Modelled, dataset
from emporion_server import BINARY, clean_environment
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

CITIES = 300


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    places = ", ".join(f"({at}, 'City {at}', {1_000 + at})" for at in range(1, CITIES + 1))
    made = Modelled(
        tmp_path_factory.mktemp("long"),
        "CREATE TABLE sales (sale_id INTEGER PRIMARY KEY, city TEXT, amount INTEGER);"
        f"INSERT INTO sales VALUES {places};",
        [dataset("sales", "sale_id", "city", "amount")],
        [],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_of_a_part_only_the_end_that_is_there_is_told(world):
    text = world.ask("total amount by city", maxRows=10)["text"]
    assert "The highest is City 300 (1,300)" in text and "lowest" not in text and "there are more" in text, text
    whole = world.ask("total amount by city", maxRows=1_000)["text"]
    assert "The highest is City 300 (1,300), the lowest City 1 (1,001)" in whole, whole
    fewest = world.ask("total amount by city from lowest to highest", maxRows=10)
    if fewest["status"] == "answered":
        assert "highest" not in fewest["text"], fewest["text"]


def ask(world, *arguments: str) -> subprocess.CompletedProcess:
    environment = clean_environment(EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)
    return subprocess.run(
        [BINARY, "ask", "Modelled", *arguments], capture_output=True, text=True, timeout=60, env=environment
    )


def test_a_file_of_a_list_has_all_of_it(world):
    listed = world.ask("list sales")
    assert len(listed["table"]["rows"]) == 100 and "there may be more" in listed["text"]
    done = ask(world, "list sales", "--format", "csv")
    assert done.returncode == 0 and done.stderr == "", done
    assert len(list(csv.reader(io.StringIO(done.stdout)))) == CITIES + 1
    browser = Browser(world.server).sign_in(world.server.admin)
    product = OpenMetadataDoor(world.server, world.server.admin.token).get(f"/dataProducts/{world.path.rsplit('/', 1)[1]}")
    at = f"/products/{quote(product['fullyQualifiedName'])}"
    browser.visit(f"{at}?tab=ask")
    link = re.search(r'<a href="([^"]+)">CSV</a>', browser.send(f"{at}/ask", question="list sales").source)
    file = browser.session.get(browser.base + html.unescape(link[1]), timeout=30)
    assert file.status_code == 200, file.text
    assert len(list(csv.reader(io.StringIO(file.text)))) == CITIES + 1


def test_a_file_that_is_cut_says_so(world):
    done = ask(world, "list sales", "--format", "csv", "--rows", "1001")
    assert done.returncode == 0 and done.stderr == ""
    cut = ask(world, "total amount by city", "--format", "csv", "--rows", "10")
    assert "these are the first 10 rows; there are more" in cut.stderr
