"""`emporion demo`: the lines that it prints work when they are pasted, the published AWS line word for word."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from emporion_server import BINARY, clean_environment, free_port
from pages_door import Browser


#: What the published line makes, which has no owner.
EXAMPLE = "CustomerInsightsDataProduct"


class Demo:
    def __init__(self):
        self.process = subprocess.Popen(
            [str(BINARY), "demo", "--listen", f"127.0.0.1:{free_port()}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=clean_environment(),
        )
        began = time.monotonic()
        self.text = ""
        self.first_output_s = 0.0
        for line in self.process.stdout:
            self.first_output_s = self.first_output_s or time.monotonic() - began
            self.text += line
            if line.startswith("Ctrl-C"):
                break
        # The clients' own folder comes first, so that `aws` and `python3` of the printed lines are theirs.
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = clean_environment(PATH=path, AWS_CONFIG_FILE="/dev/null", AWS_MAX_ATTEMPTS="1", AWS_PAGER="")

    def line(self, start: str) -> str:
        """The pasted text that begins with `start`, to its end (a Python text runs over several lines)."""
        found = re.search(rf"^{re.escape(start)}.*?(?=\n\n|\Z)", self.text, re.M | re.S)
        assert found, f"no line starts with {start!r} in:\n{self.text}"
        return found.group(0)

    def paste(self, *lines: str) -> str:
        script = "\n".join([self.line("export EMPORION_URL"), *lines])
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=self.environment, timeout=120)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def demo():
    running = Demo()
    yield running
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=30) == 0


def test_it_speaks_within_a_second_of_being_ready(demo):
    first, rest = demo.text.split("\n", 1)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", first), "one address, and everything else after it"
    assert requests.get(f"{first}/login", timeout=30).status_code == 200
    assert "log in" in rest and "4 requests wait" in rest
    assert demo.first_output_s < 1, "the address is there before the catalogue is"


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_it_speaks_to_psql_by_the_line_that_it_prints(demo):
    asked = demo.paste(demo.line("PGPASSWORD="))
    assert "net_sales" in asked and len([line for line in asked.splitlines() if "|" in line]) > 2, asked


def test_where_it_speaks_sql_is_said_to_it_and_not_in_the_settings_of_a_server(tmp_path):
    port, config = free_port(), tmp_path / "emporion.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        served = taken.getsockname()[1]
        for written, flags, expected in (
            (f"127.0.0.1:{served}", [], "127.0.0.1:"),
            (f"127.0.0.1:{served}", ["--pg-listen", f"127.0.0.1:{port}"], f"127.0.0.1:{port}"),
            (f"127.0.0.1:{served}", ["--pg-listen", ""], None),
        ):
            config.write_text(f"pg_listen = '{written}'\n")
            command = [str(BINARY), "--config", str(config), "demo", "--listen", f"127.0.0.1:{free_port()}", "-o", "json", *flags]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=clean_environment())
            try:
                told, _ = json.JSONDecoder().raw_decode(read_object(process.stdout))
                address = told["pgAddress"]
                assert address.startswith(expected) and address != written if expected else address is None, (written, flags)
                if expected:
                    socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1])), timeout=10).close()
            finally:
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=30) == 0


def test_it_is_the_same_whatever_a_server_beside_it_reads(tmp_path):
    """A file of the sample's name, which is no database; a directory that is gone; one of another account."""
    (mine := tmp_path / "mine").mkdir()
    (mine / "shop").write_text("no database")
    for dirs in ([str(mine)], [str(tmp_path / "gone")], [f"acme={mine}"]):
        (tmp_path / "emporion.toml").write_text(f"source_dirs = {json.dumps(dirs)}\n")
        command = [str(BINARY), "demo", "--listen", f"127.0.0.1:{free_port()}", "-o", "json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(), cwd=tmp_path)
        try:
            told = read_object(process.stdout)
            assert told, process.stderr.read()
            assert json.loads(told)["url"].startswith("http://127.0.0.1:")
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0, dirs


def read_object(output) -> str:
    """One object of JSON, over however many lines it runs."""
    text = ""
    for line in output:
        text += line
        try:
            json.loads(text)
            break
        except ValueError:
            continue
    return text


def test_three_people_can_sign_in_and_find_what_is_theirs(demo):
    told = re.findall(r"^(?:log in {10}| {16})(\S+) / (\S+) \(.+\)$", demo.text, re.M)
    assert [name for name, _ in told] == ["admin@open-metadata.org", "maria", "priya"], told
    assert len({password for _, password in told}) == 3 and all(len(password) >= 20 for _, password in told)
    served = SimpleNamespace(url=demo.text.split("\n", 1)[0])
    signed_in = (Browser(served).sign_in(SimpleNamespace(name=name, password=password)) for name, password in told)
    admin, owner, reader = (browser.visit("/") for browser in signed_in)
    assert "/admin" in admin.links and "/admin" not in owner.links + reader.links
    assert "Ask the data" in owner.text and "Priya Nair asks to query Customer 360" in " ".join(owner.text.split())
    assert "You may not query any product yet" in reader.text and 'id="question"' not in reader.source


def test_every_curl_line_answers(demo):
    curls = re.findall(r"^curl .*$", demo.text, re.M)
    streamed = [line for line in curls if line.startswith("curl -N")]
    openmetadata, bobsled, asked, modelled, drafted, deployed = (
        json.loads(demo.paste(line)) for line in curls if line not in streamed
    )
    assert openmetadata["data"] and openmetadata["paging"]["total"] == len(openmetadata["data"])
    assert len(bobsled["data"]["dataProducts"]) == 10
    assert [column["name"] for column in asked["data"]["columns"]] == ["region", "net_sales"]
    sales = [row[1] for row in asked["data"]["rows"]]
    assert len(sales) == 6 and sales == sorted(sales, reverse=True) and sales[-1] > 0
    assert modelled["ok"] is True, modelled
    model = json.dumps(modelled["data"])
    assert all(name in model for name in ("shipments", "orders", "shipments_to_orders")), model
    assert drafted["ok"] is True, drafted
    columns = drafted["data"]["verifiedQuery"]["resultColumns"]
    assert columns == [{"name": "channel", "type": "VARCHAR"}, {"name": "orders", "type": "NUMBER"}], columns
    assert deployed["data"]["results"]["verifiedQueries"]["promoted"] == 1, deployed


def test_the_tables_were_ingested_with_what_their_source_says(demo):
    read = "curl -s -H \"Authorization: Bearer $EMPORION_TOKEN\" \"$EMPORION_URL/api/v1/tables?service=warehouse&limit=50&fields=columns,tableConstraints,profile,owners\""
    tables = {table["name"]: table for table in json.loads(demo.paste(read))["data"]}
    assert tables.keys() == {"regions", "customers", "products", "orders", "order_items", "payments", "shipments", "daily_sales"}
    orders = tables["orders"]
    assert orders["description"] == "Orders, one row each." and orders["profile"]["rowCount"] == 4000
    assert orders["columns"][1]["description"] == "Who ordered." and orders["owners"][0]["name"] == "maria"
    assert orders["tableConstraints"][0]["referredColumns"] == ["warehouse.shop.main.customers.customer_id"]
    assert tables["daily_sales"]["tableType"] == "View"


def read(demo, path: str) -> dict:
    return json.loads(demo.paste(f'curl -s -H "Authorization: Bearer $EMPORION_TOKEN" "$EMPORION_URL{path}"'))


def page(demo, path: str) -> str:
    token = re.search(r"EMPORION_TOKEN=(\S+)", demo.text).group(1)
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html", "Accept-Language": "en"}
    return requests.get(demo.text.split("\n", 1)[0] + path, headers=headers, timeout=30).text


def test_there_is_something_worth_looking_at(demo):
    domains = read(demo, "/api/v1/domains?limit=50")["data"]
    assert {"Sales", "Logistics", "Finance"} <= {domain["name"] for domain in domains}
    products = read(demo, "/api/v1/dataProducts?limit=50&fields=owners,domains")["data"]
    assert len({product["domains"][0]["name"] for product in products}) == 3 and len(products) >= 10
    assert all(product["owners"] and product["description"] for product in products if product["name"] != EXAMPLE)
    terms = read(demo, "/api/v1/glossaryTerms?limit=50")["data"]
    assert len(terms) >= 6 and all(term["description"] for term in terms)
    lineage = read(demo, "/api/v1/lineage/table/name/mart.reports.public.revenue_by_region?upstreamDepth=3")
    assert {"daily_sales", "orders"} <= {node["name"] for node in lineage["nodes"]}
    [edge] = [edge for edge in lineage["upstreamEdges"] if edge["lineageDetails"].get("pipeline")]
    assert edge["lineageDetails"]["pipeline"]["fullyQualifiedName"] == "nightly.report_revenue"


def test_some_of_it_is_broken_and_some_is_healthy(demo):
    newest = {
        pipeline["name"]: pipeline["pipelineStatus"]["executionStatus"]
        for pipeline in read(demo, "/api/v1/pipelines?fields=pipelineStatus&limit=50")["data"]
    }
    assert newest["collect_returns"] == "Failed" and newest["load_orders"] == "Successful"
    assert "failed" in read(demo, "/api/v1/dataProducts/name/Sales.Returns")["description"]


def test_no_page_of_it_is_heavy(demo):
    """As they are sent, without style and script, which browsers keep for ever."""
    url, password = demo.text.split()[0], re.search(r"maria / (\S+)", demo.text).group(1)
    browser = Browser(SimpleNamespace(url=url)).sign_in(SimpleNamespace(name="maria", password=password))
    places = {link.split("?")[0] for page in ("/products", "/search?q=kind%3Atable") for link in browser.visit(page).links}
    records = [place for place in places if re.match("/(products|tables)/[^/]+$", place)]
    assert len(records) > 10
    weights = {}
    for place in ["/", "/products", "/people", "/requests", "/glossary", "/sources", "/preferences", *records]:
        tabs = {link for link in browser.visit(place).links if link.startswith(f"{place}?")} if place in records else {place}
        for tab in tabs:
            with browser.session.get(url + tab, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30) as answer:
                weights[tab] = len(answer.raw.read(decode_content=False))
    heaviest = max(weights, key=weights.get)
    assert len(weights) > 60 and weights[heaviest] <= 20_000, (heaviest, weights[heaviest])


def test_what_was_read_and_measured_is_shown(demo):
    [of_warehouse] = [part for part in page(demo, "/sources").split("<tr>") if 'href="/services/warehouse"' in part]
    assert "no run yet" not in of_warehouse and "succeeded" in page(demo, "/services/warehouse?tab=runs")
    orders = page(demo, "/tables/warehouse.shop.main.orders")
    assert orders.count('class="spark') >= 3 and "3 distinct" in orders and "2024-01-" in orders
    columns = read(demo, "/api/v1/tables/name/warehouse.shop.main.orders?fields=columns,profile,usageSummary")
    # As many statements as it took to measure it.
    assert columns["profile"]["rowCount"] == 4000 and columns["usageSummary"]["dailyStats"]["count"] == 8
    trust = page(demo, "/products/Sales.Sales%20Analytics").split('class="trust"')[1].split("</ul>")[0]
    assert "Not known" not in trust


def test_what_waits_is_on_the_first_page(demo):
    waiting = page(demo, "/").split('id="waiting"')[1].split("</section>")[0]
    assert "/products/Sales.Returns?tab=assets" in waiting and "the rows of 1 table are not shared with it" in waiting
    assert "/pipelines/nightly.collect_returns" in waiting and "the last run failed at match_orders" in waiting
    assert waiting.count("/requests/") == 4 and "nightly.report_revenue" not in waiting


def test_requests_wait_and_others_are_decided(demo):
    waiting = read(demo, "/emporion/v1/requests?which=waiting")
    assert waiting["total"] == 4 and all(one["mayDecide"] and one["reason"] for one in waiting["requests"])
    states = [one["state"] for one in read(demo, "/emporion/v1/requests?which=all")["requests"]]
    assert sorted(states) == ["approved", "open", "open", "open", "open", "rejected"]


def test_the_published_aws_line_runs_word_for_word(demo):
    line = demo.line("aws datazone create-data-product")
    published = (
        'aws datazone create-data-product --domain-identifier "dzd_53ielnpxktdilj" '
        '--name "CustomerInsightsDataProduct" --owning-project-identifier "prj7nx82mkl"'
    )
    assert re.sub(r' --endpoint-url "[^"]*"', "", line) == published
    made = json.loads(demo.paste(line + " --output json"))
    assert (made["domainId"], made["owningProjectId"]) == ("dzd_53ielnpxktdilj", "prj7nx82mkl")
    assert (made["name"], made["revision"], made["status"]) == ("CustomerInsightsDataProduct", "1", "CREATED")
    script = demo.line("export EMPORION_URL") + "\n" + line
    again = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=demo.environment, timeout=60)
    assert again.returncode in (254, 255)
    assert again.stderr.strip().endswith(f"Conflict with dataProduct {made['id']}")


def test_the_python_line_reads_a_product(demo):
    answer = json.loads(demo.paste(demo.line("python3 -c")))
    assert answer["name"] == "Customer 360" and answer["owners"] and answer["domains"]


def test_the_assistants_line_lists_tools_and_asks(demo):
    tools, text = demo.paste(demo.line("python3 -c 'import asyncio")).split("\n", 1)
    assert tools.split() == ["search_products", "read_product", "list_queryable_tables", "ask_product", "run_sql"]
    answer = json.loads(text.splitlines()[2])
    assert answer["status"] == "answered" and answer["table"]["rowCount"] == 12, answer


def talk(demo) -> dict[str, str]:
    """The questions that it says were asked, and what was said to them."""
    block = demo.line("# asked just now")
    pieces = re.split(r"^> ", block, flags=re.M)[1:]
    return dict(piece.rstrip().split("\n", 1) for piece in pieces)


def test_it_has_asked_its_product(demo):
    said = talk(demo)
    assert len(said) == 5 and len(demo.text.splitlines()) < 80
    by_region, top, again, sales, churn = said.values()
    assert "6 rows" in by_region and "North" in by_region and "EUR" in by_region
    assert "3 rows" in top and "compared with 2024" in top
    assert re.search(r"\b\d{3}\.$", again)
    assert sales.count("    - ") == 2 and "Net sales" in sales and "Pieces sold" in sales
    assert "churn" in churn and "- " not in churn


def test_what_it_was_told_is_what_its_database_says(demo):
    url, token = re.search(r"^export EMPORION_URL=(\S+) EMPORION_TOKEN=(\S+)$", demo.text, re.M).groups()
    path = re.search(r"\$EMPORION_URL(\S+/run-sql)", demo.text).group(1)

    def rows(sql: str) -> list:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(url + path, json={"sql": sql}, headers=headers, timeout=30).json()["data"]["rows"]

    by_region, _, again, *_ = talk(demo).values()
    of_2025 = rows("SELECT region, SUM(net_sales) FROM daily_sales WHERE ordered_on LIKE '2025%' GROUP BY 1 ORDER BY 2 DESC")
    for region, sales in (of_2025[0], of_2025[-1]):
        assert f"{region} ({sales:,.0f} EUR)" in by_region
    buyers = rows("SELECT customer_id FROM orders GROUP BY customer_id HAVING COUNT(*) > 1")
    assert again.strip() == f"customers: {len(buyers)}."


def test_the_lines_that_ask_on_work(demo):
    command = re.search(r"^([^#\s]\S*) ask .*$", demo.text, re.M)
    assert Path(command.group(1)) == BINARY
    answer = demo.paste(command.group(0))
    assert "12 rows" in answer and "█" in answer and "2025-12-01" in answer
    [line] = [line for line in re.findall(r"^curl .*$", demo.text, re.M) if line.startswith("curl -N")]
    events = re.findall(r"^event: (\w+)$", demo.paste(line), re.M)
    assert events[0] == "message_start" and "table" in events and events[-1] == "done"
    # The product without a model has one since it was drafted and deployed.
    others = [one for one in re.findall(r"^curl .*$", demo.text, re.M) if "/generate" in one or "/deploy" in one]
    for one in others:
        demo.paste(one)
    asked = demo.paste(f'{command.group(1)} ask "Delivery Times" "number of shipments by carrier"')
    assert "Swift" in asked and "3 rows" in asked
