"""Rows that leave: as comma-separated values and as workbooks, on the command line and from the page of an answer."""

import csv
import datetime
import io
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import zipfile

import openpyxl
import pytest

from chat_world import MODEL, Shop
from emporion_server import BINARY, clean_environment, run_cli
from pages_door import Browser

QUESTION = "turnover per area in 2026"
DAY = ("--today", "2026-11-20")
ROWS = [["EU", 180], ["US", 90], ["APAC", 10]]
#: Texts that a spreadsheet would compute, or that are hard to write down.
HOSTILE = ["=1+1", "@SUM(A1)", "-2+cmd|' /C calc'!A0", "say \"x\",\nand y", "\t=1", "ünï 東京"]
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("take-away")
    made = Shop(folder).open_pages()
    made.folder = folder
    with sqlite3.connect(folder / "files" / "notes") as database:
        database.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, made DATE, share REAL, large INTEGER)")
        line = "INSERT INTO notes (body, made, share, large) VALUES (?, '2026-01-31', 0.25, 9007199254740993)"
        database.executemany(line, [(text,) for text in HOSTILE + [f"n{n}" for n in range(400)]])
    to = {"EMPORION_URL": made.server.url, "EMPORION_TOKEN": made.server.admin.token}
    run_cli("ingest", "sqlite:notes", "--service", "notes", **to)
    source = next(one["id"] for one in made.bob.get("/data-sources")["dataSources"] if one["name"] == "notes")
    body = {"name": "Notes", "dataSourceId": source, "isDeployed": True, "dataAssets": [{"tableName": "notes"}]}
    made.notes = made.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    made.bob.post(f"/data-products/{made.notes}/semantic-models/generate", {})
    made.bob.post(f"/data-products/{made.notes}/deploy", {})
    body = {"name": "Billed", "dataSourceId": made.source, "isDeployed": True,
            "dataAssets": [{"tableName": "orders"}, {"tableName": "customers"}]}  # fmt: skip
    billed = made.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    of_figure = "custom_extensions: [{vendor_name: EMPORION, data: '{\"unit\": \"EUR\", \"format\": \"#,##0.00\"}'}]"
    content = f"{MODEL.rstrip()}\n        {of_figure}\n"
    model = made.bob.post(f"/data-products/{billed}/semantic-models", {"name": "billed", "format": "osi", "content": content}, expect=201)
    assert model["validation"]["errors"] == [], model
    made.bob.post(f"/data-products/{billed}/deploy", {})
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def run(shop, *arguments: str, code: int = 0, token: str | None = None) -> bytes:
    environment = {"EMPORION_URL": shop.server.url, "EMPORION_TOKEN": token or shop.server.admin.token}
    done = subprocess.run([str(BINARY), *arguments], capture_output=True, timeout=60, env=clean_environment(**environment))
    assert done.returncode == code, done
    return done.stdout


def read_csv(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def sheet(content: bytes):
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == 2
    return book.active


def origin(content: bytes) -> list[tuple]:
    """What a workbook says of where its rows come from."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return list(book[book.sheetnames[1]].iter_rows(values_only=True))


def filled(sheet) -> list[list]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_an_answer_is_a_file_of_comma_separated_values(shop):
    lines = read_csv(run(shop, "ask", "Retail", QUESTION, *DAY, "--format", "csv"))
    answer = json.loads(run(shop, "ask", "Retail", QUESTION, *DAY, "--format", "json"))
    assert lines[0] == [column["label"] for column in answer["table"]["columns"]]
    assert lines[1:] == [[region, str(figure)] for region, figure in ROWS]


def peak(shop, *arguments: str) -> tuple[bytes, int]:
    """What a command writes, and the most memory that it took, in megabytes."""
    environment = clean_environment(EMPORION_URL=shop.server.url, EMPORION_TOKEN=shop.server.admin.token)
    with tempfile.TemporaryFile() as out:
        run = subprocess.Popen([str(BINARY), *arguments], stdout=out, env=environment)
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        assert run.returncode == 0, status
        out.seek(0)
        return out.read(), used.ru_maxrss // 1024


def test_the_largest_workbook_takes_as_much_memory_as_the_largest_csv(shop):
    with sqlite3.connect(shop.folder / "files" / "notes") as database:
        database.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10100) INSERT INTO notes (body, made) SELECT 'row ' || i, '2026-01-31' FROM n")
    try:
        columns = ", ".join(f"body || '-{n}' AS c{n}" for n in range(24))
        query = ("query", "Notes", f"SELECT {columns} FROM notes WHERE body LIKE 'row %'", "--format")
        lines, of_csv = peak(shop, *query, "csv")
        book, of_book = peak(shop, *query, "xlsx")
        assert len(read_csv(lines)) == 10_001, "all rows up to the stated limit"
        with zipfile.ZipFile(io.BytesIO(book)) as parts:
            rows = parts.read("xl/worksheets/sheet1.xml").count(b"<row ")
        assert rows == 10_001, "and no fewer in a workbook"
        assert of_book < of_csv + 40, f"{of_csv} MB as CSV, {of_book} MB as a workbook"
    finally:
        with sqlite3.connect(shop.folder / "files" / "notes") as database:
            database.execute("DELETE FROM notes WHERE body LIKE 'row %'")


def test_an_answer_is_a_workbook_in_which_figures_are_figures(shop):
    made = sheet(run(shop, "ask", "Retail", QUESTION, *DAY, "--format", "xlsx"))
    assert made.title == "Retail" and made.freeze_panes == "A2"
    assert filled(made)[1:] == ROWS and all(cell.font.bold for cell in made[1])


def test_figures_that_are_compared_are_called_after_what_they_are_of(shop):
    ask = ("ask", "Retail", "turnover per area in 2026 vs 2025", *DAY, "--format")
    [heading, *_] = read_csv(run(shop, *ask, "csv"))
    assert heading[:3] == ["region", "net_sales 2026", "net_sales 2025"], heading
    assert [cell.value for cell in sheet(run(shop, *ask, "xlsx"))[1]][:3] == heading[:3]
    answer = shop.ask("turnover per area in 2026 vs 2025")
    assert [column["label"] for column in answer["table"]["columns"]][:3] == heading[:3]
    figures = {row["Figure"] for row in answer["chart"]["spec"]["data"]["values"]}
    assert figures == {"net_sales 2026", "net_sales 2025"} and "net_sales 2026" not in answer["text"], answer
    page = shop.browser.visit(f"{shop.at}?tab=ask") and shop.browser.send(f"{shop.at}/ask", question="turnover per area in 2026 vs 2025")
    assert page.source.count("net_sales 2025") > 1, "in the table and in the legend of the chart"


def test_a_figure_keeps_its_unit_and_its_format_in_files(shop):
    ask = ("ask", "Billed", QUESTION, *DAY, "--format")
    assert read_csv(run(shop, *ask, "csv")) == [["region", "net_sales (EUR)"], *([region, str(figure)] for region, figure in ROWS)]
    made = sheet(run(shop, *ask, "xlsx"))
    assert [cell.value for cell in made[1]] == ["region", "net_sales (EUR)"] and filled(made)[1:] == ROWS
    assert [row[1].number_format for row in made.iter_rows(min_row=2)] == ["#,##0.00"] * 3
    # From the page of an answer, too; what has neither unit nor format is a plain number.
    browser = Browser(shop.server).sign_in(shop.server.admin)
    found = links(asked(browser, "/products/default.Billed", QUESTION))
    assert read_csv(fetch(browser, found["CSV"]).content)[0] == ["region", "net_sales (EUR)"]
    made = sheet(fetch(browser, found["Excel"]).content)
    assert made["B1"].value == "net_sales (EUR)" and made["B2"].number_format == "#,##0.00"
    plain = sheet(run(shop, "ask", "Retail", QUESTION, *DAY, "--format", "xlsx"))
    assert plain["B1"].value == "net_sales" and plain["B2"].number_format == "General"


def test_what_has_no_answer_leaves_an_empty_file_and_says_why(shop):
    environment = {"EMPORION_URL": shop.server.url, "EMPORION_TOKEN": shop.server.admin.token}
    for question, code in [("turnover for Georgia", 3), ("net sales by happiness", 4)]:
        done = run_cli("ask", "Retail", question, "--format", "csv", check=False, **environment)
        assert (done.returncode, done.stdout) == (code, "") and done.stderr.strip(), done


def test_a_statement_is_run_by_name_with_its_parameters(shop):
    sql = "SELECT region, COUNT(*) AS n FROM customers WHERE country <> :without GROUP BY region ORDER BY region"
    query = ("query", "Retail", sql, "--param", "without=Japan")
    assert read_csv(run(shop, *query, "--format", "csv")) == [["region", "n"], ["EU", "2"], ["US", "1"]]
    assert json.loads(run(shop, *query, "-o", "json"))["rows"] == [["EU", 2], ["US", 1]]
    shown = run(shop, *query).decode().splitlines()
    assert [line.split() for line in shown] == [["region", "n"], ["EU", "2"], ["US", "1"]]
    assert b"EU" in run(shop, "query", "Retail", "SELECT region FROM customers", "--rows", "1")
    run(shop, "query", "Retail", "DELETE FROM customers", code=1)
    run(shop, "query", "Retail", "SELECT 1", "--param", "x", code=2)


def test_no_cell_is_a_formula(shop):
    query = ("query", "Notes", "SELECT body FROM notes ORDER BY id LIMIT 6")
    # Behind a tab, at which some cut, as well.
    wanted = [f"'{text}".replace("\t", "\t'") if text.lstrip()[0] in "=@-" else text for text in HOSTILE]
    assert [row[0] for row in read_csv(run(shop, *query, "--format", "csv"))[1:]] == wanted
    made = sheet(run(shop, *query, "--format", "xlsx"))
    assert [row[0].value for row in made.iter_rows(min_row=2)] == HOSTILE
    assert all(row[0].data_type == "s" for row in made.iter_rows(min_row=2))


def test_a_workbook_keeps_types_and_digits(shop):
    sql = "SELECT id, made, share, large FROM notes ORDER BY id"
    rows = filled(sheet(run(shop, "query", "Notes", sql, "--format", "xlsx")))
    assert len(rows) == 1 + len(HOSTILE) + 400
    assert rows[1] == [1, datetime.datetime(2026, 1, 31), 0.25, "9007199254740993"]


def test_days_are_days_and_quarters_are_called_so(shop):
    rows = filled(sheet(run(shop, "ask", "Retail", "turnover by day", *DAY, "--format", "xlsx")))
    assert len(rows) > 2 and all(isinstance(row[0], datetime.datetime) for row in rows[1:]), rows
    rows = filled(sheet(run(shop, "ask", "Retail", "turnover by quarter", *DAY, "--format", "xlsx")))
    assert len(rows) > 1 and all(re.fullmatch(r"20\d\d Q[1-4]", row[0]) for row in rows[1:]), rows


def test_a_sum_of_decimals_has_no_more_digits_than_they_have(shop):
    query = ("query", "Retail", "SELECT 0.1 + 0.2 AS sum, 9007199254740993 AS whole", "--format")
    assert read_csv(run(shop, *query, "csv")) == [["sum", "whole"], ["0.3", "9007199254740993"]]
    assert filled(sheet(run(shop, *query, "xlsx")))[1] == [0.3, "9007199254740993"]


def test_what_programs_take_has_one_limit_and_says_when_it_cuts(shop):
    environment = {"EMPORION_URL": shop.server.url, "EMPORION_TOKEN": shop.server.admin.token}
    query = ("query", "Notes", "SELECT a.body FROM notes a, notes b", "--format")
    of_json, of_csv = (run_cli(*query, form, **environment) for form in ("json", "csv"))
    assert len(json.loads(of_json.stdout)["rows"]) == 10_000 == len(read_csv(of_csv.stdout.encode())) - 1
    assert "these are the first 10000 rows; there are more" in of_json.stderr == of_csv.stderr


def test_a_workbook_needs_no_place_for_temporary_files(shop):
    environment = {"EMPORION_URL": shop.server.url, "EMPORION_TOKEN": shop.server.admin.token}
    command = [str(BINARY), "query", "Retail", "SELECT COUNT(*) AS n FROM customers", "--format", "xlsx"]
    done = subprocess.run(command, capture_output=True, env=clean_environment(TMPDIR="/there/is/no/such/place", **environment))
    assert done.returncode == 0, done.stderr
    assert filled(sheet(done.stdout))[0] == ["n"]


def test_a_workbook_is_nothing_for_a_terminal(shop):
    primary, secondary = os.openpty()
    environment = clean_environment(EMPORION_URL=shop.server.url, EMPORION_TOKEN=shop.server.admin.token)
    command = [str(BINARY), "query", "Retail", "SELECT 1 AS x", "--format", "xlsx"]
    done = subprocess.run(command, stdout=secondary, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment)
    os.close(secondary)
    os.close(primary)
    assert done.returncode == 2 and b"> rows.xlsx" in done.stderr


def links(page) -> dict[str, str]:
    return {text: href for href, text in re.findall(r'<a href="([^"]+)"(?: data-copies)?>(CSV|Excel|Link to this question)</a>', page.source)}


def asked(browser: Browser, at: str, question: str):
    browser.visit(f"{at}?tab=ask")
    return browser.send(f"{at}/ask", question=question)


def fetch(browser: Browser, link: str, expect: int = 200):
    answer = browser.session.get(browser.base + link.replace("&amp;", "&"), timeout=30)
    assert answer.status_code == expect, answer.text[:500]
    return answer


def test_the_page_of_an_answer_has_its_rows_as_files(shop):
    found = links(asked(shop.browser, shop.at, QUESTION))
    as_csv = fetch(shop.browser, found["CSV"])
    assert as_csv.content.startswith("\ufeff".encode())
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8" and "no-store" in as_csv.headers["cache-control"]
    assert 'filename="Retail-turnover-per-area-in-2026-rows.csv"' in as_csv.headers["content-disposition"]
    assert read_csv(as_csv.content)[1:] == [[region, str(figure)] for region, figure in ROWS]
    book = fetch(shop.browser, found["Excel"])
    assert book.headers["content-type"] == WORKBOOK and filled(sheet(book.content))[1:] == ROWS
    page = shop.browser.visit(found["Link to this question"].replace("&amp;", "&"))
    assert QUESTION in page.source and "turn" not in re.findall(r'<article class="(\w+)"', page.source)


def test_a_file_has_all_rows_though_the_page_shows_some(shop):
    shop.browser.visit(f"/products/{shop.notes}")
    at = shop.browser.path
    page = asked(shop.browser, at, "number of notes by body")
    assert page.source.count("<tr>") < 300, page.text[:800]
    assert len(read_csv(fetch(shop.browser, links(page)["CSV"]).content)) == 1 + len(HOSTILE) + 400
    assert f'data-said="Copied 200 of {len(HOSTILE) + 400} rows"' in page.source
    assert f"and {len(HOSTILE) + 200} more rows. The files have all of them, up to 10,000." in page.text


def test_a_file_holds_what_its_reader_may_read_now(shop):
    who = shop.server.new_user("filtered")
    role = {"userId": who.id, "role": "viewer", "rowFilters": {"customers": "region = 'EU'"}}
    shop.bob.patch(f"{shop.path}/users", {"add": [role]})
    browser = Browser(shop.server).sign_in(who)
    link = links(asked(browser, shop.at, QUESTION))["CSV"]
    # Orders have no filter: those of customers whom he does not see count, under no region.
    assert read_csv(fetch(browser, link).content)[1:] == [["EU", "180"], ["", "100"]]
    # What somebody else asked is nothing to others, an administrator among them.
    fetch(shop.browser, link, expect=404)
    shop.bob.patch(f"{shop.path}/users", {"remove": [who.id]})
    assert browser.session.get(browser.base + link.replace("&amp;", "&"), timeout=30).status_code in (403, 404)


def test_who_sees_a_part_of_the_rows_is_told_so_on_every_way_out(shop):
    who = shop.server.new_user("partly")
    role = {"userId": who.id, "role": "viewer", "rowFilters": {"customers": "region = 'EU'"}}
    shop.bob.patch(f"{shop.path}/users", {"add": [role]})
    own = {"token": who.token}
    said = "Computed only from the rows that you may see: your row filters reach customers."
    asked, query = ("ask", "Retail", QUESTION, *DAY), ("query", "Retail", "SELECT COUNT(*) AS n FROM customers")

    def warned(*command: str, token: str = who.token) -> list[str]:
        return [one["message"] for one in json.loads(run(shop, *command, "-o", "json", token=token))["warnings"]]

    assert warned(*asked) == warned(*query) == [said]
    assert f"warning: {said}" in run(shop, *asked, **own).decode()
    # Nobody else is, nor he where his filters reach nothing that was read.
    assert warned(*asked, token=shop.server.admin.token) == warned(*query, token=shop.server.admin.token) == []
    assert warned("query", "Retail", "SELECT COUNT(*) AS n FROM orders") == []
    with_token = {"EMPORION_URL": shop.server.url, "EMPORION_TOKEN": who.token}
    as_csv = run_cli(*asked, "--format", "csv", **with_token)
    assert read_csv(as_csv.stdout.encode())[1:] == [["EU", "180"], ["", "100"]], "rows alone"
    assert said in as_csv.stderr and said in run_cli(*query, **with_token).stderr
    told = origin(run(shop, *asked, "--format", "xlsx", **own))
    assert told[:2] == [("Question", QUESTION), ("Data product", "Retail")] and ("Note", said) in told
    assert ("Statement", query[2]) in origin(run(shop, *query, "--format", "xlsx", **own))
    browser = Browser(shop.server).sign_in(who)
    page = asked_page(browser, shop.at)
    assert page.text.count("Computed only from the rows that you may see:") == 1, "with the filters themselves"
    told = origin(fetch(browser, links(page)["Excel"]).content)
    assert told[:2] == [("Question", QUESTION), ("Data product", "Retail")] and told[2][0] == "Asked at"
    assert ("Note", "You see only those rows of customers where region is “EU”.") in told
    everything = origin(fetch(shop.browser, links(asked_page(shop.browser, shop.at))["Excel"]).content)
    assert not any(of == "Note" for of, _ in everything) and any(of == "Assumed" for of, _ in everything) == ("Assumed" in page.text)


def asked_page(browser: Browser, at: str):
    return asked(browser, at, QUESTION)


def test_a_link_of_before_gives_what_its_reader_may_read_by_now(shop):
    """He asked without a filter or a mask, and has one when he comes back: to the file, the book, and the thread."""
    who = shop.server.new_user("narrowed")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    browser = Browser(shop.server).sign_in(who)
    page = asked(browser, shop.at, QUESTION)
    found = links(page)
    thread = re.search(r'href="([^"]+tab=ask[^"]+thread=[^"]+)"', page.source)[1].replace("&#38;", "&")

    def told() -> list[str]:
        book = filled(sheet(fetch(browser, found["Excel"]).content))
        return [fetch(browser, found["CSV"]).text, str(book), browser.visit(thread).text]

    hidden = ("APAC", "US")
    before = told()
    assert all(region in text for text in before[:2] for region in hidden) and QUESTION in before[2]
    for role in ({"rowFilters": {"customers": "region = 'EU'"}}, {"rowFilters": {}, "columnMasks": {"customers": {"region": "hashed"}}}):
        shop.bob.patch(f"{shop.path}/users", {"update": [{"userId": who.id} | role]})
        assert not [text for text in told() for region in hidden if re.search(rf"\b{region}\b", text)], role


def test_who_may_not_ask_any_more_is_told_nothing_out_of_his_thread(shop):
    who = shop.server.new_user("gone")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    browser = Browser(shop.server).sign_in(who)
    page = asked(browser, shop.at, QUESTION)
    assert "180" in page.text
    thread = re.search(r'href="([^"]+tab=ask[^"]+thread=[^"]+)"', page.source)[1].replace("&#38;", "&")
    # A question without an answer at the end has no rows to be asked for.
    browser.send(f"{shop.at}/ask", question="frobnicate the widgets", thread=re.search(r"thread=([0-9a-f-]+)", thread)[1])
    assert "180" in browser.visit(thread).text
    assets = [one["id"] for one in shop.bob.get(f"{shop.path}/data-assets")["dataAssets"]]
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": one, "rows": "closed"} for one in assets]})
    text = browser.visit(thread).text
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": one, "rows": "granted"} for one in assets]})
    assert QUESTION in text and "can no longer be shown" in text and not re.search(r"\b(180|EU|APAC)\b", text), text


MONTHS = "turnover by month"


def test_months_are_months_for_people_and_for_programs(shop):
    page = asked(shop.browser, shop.at, MONTHS)
    table = page.source.split('<table class="grid figures">')[1].split("</table>")[0]
    assert "Jul 2026" in table and "2026-07-01" not in table
    text = fetch(shop.browser, links(page)["CSV"]).text
    assert "2026-07," in text and "2026-07-01" not in text
    assert b"2026-07," in run(shop, "ask", "Retail", MONTHS, *DAY, "--format", "csv")
    quarters = run(shop, "ask", "Retail", "turnover by quarter", *DAY, "--format", "csv")
    assert b"2026-Q3," in quarters and b"-01," not in quarters
    made = sheet(fetch(shop.browser, links(page)["Excel"]).content)
    assert made["A2"].number_format == "mmm yyyy" and isinstance(made["A2"].value, datetime.datetime)
    assert b"Jul 2026" in run(shop, "ask", "Retail", MONTHS, *DAY)


def test_comma_separated_values_are_sent_while_they_are_made(shop):
    shop.browser.visit(f"/products/{shop.notes}")
    page = asked(shop.browser, shop.browser.path, "number of notes by body")
    link = links(page)["CSV"].replace("&amp;", "&")
    with shop.browser.session.get(shop.browser.base + link, stream=True, timeout=30) as answer:
        assert answer.headers.get("transfer-encoding") == "chunked" and "content-length" not in answer.headers
        pieces = list(answer.raw.read_chunked())
    assert len(pieces) > 2 and len(read_csv(b"".join(pieces))) == 1 + len(HOSTILE) + 400


def test_an_address_of_no_answer_is_not_found(shop):
    nothing = "00000000-0000-7000-8000-000000000000"
    for message, thread in [(nothing, nothing), ("x", nothing), (nothing, "x"), (nothing, "")]:
        fetch(shop.browser, f"{shop.at}/answers/{message}/rows.csv?thread={thread}", expect=404)
