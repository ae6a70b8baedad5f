"""The guides, each tried from its own text alone: every block that begins with ```sh is run, in its order, in one shell. Of the
guide of developers, whose steps are code to write, what it names is looked for in the repository.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from emporion_server import BINARY, REPOSITORY, Server, clean_environment
from real_databases import database_servers
from test_demo import Demo

GUIDES = REPOSITORY / "docs" / "guides"


def blocks(name: str) -> list[str]:
    found = re.findall(r"^```sh\n(.*?)^```$", (GUIDES / f"{name}.md").read_text(), re.M | re.S)
    assert len(found) >= 4, name
    return found


def follow(name: str, folder: Path, **environment: str) -> dict[str, str]:
    """Runs a guide in the folder; what each block printed, by its first line."""
    (folder / "bin").mkdir()
    (folder / "bin/emporion").symlink_to(BINARY)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    marked = [f"printf '\\036%s\\037' {number}\n{block}" for number, block in enumerate(blocks(name))]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(marked)],
        capture_output=True, text=True, cwd=folder, timeout=300, env=clean_environment(PATH=path, **environment),
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr}"
    pieces = dict(piece.split("\x1f", 1) for piece in done.stdout.split("\x1e")[1:])
    return {block.splitlines()[0]: pieces[str(number)] for number, block in enumerate(blocks(name))}


@pytest.fixture(scope="module")
def demo():
    running = Demo()
    yield running
    running.process.terminate()
    assert running.process.wait(timeout=30) == 0


def address(demo) -> dict[str, str]:
    url, token = re.search(r"^export EMPORION_URL=(\S+) EMPORION_TOKEN=(\S+)$", demo.text, re.M).groups()
    return {"EMPORION_URL": url, "EMPORION_TOKEN": token}


def test_the_guide_of_those_who_use_data(demo, tmp_path):
    database_servers.need("psql", "postgresql-client")
    port = re.search(r"psql .* port=(\d+) ", demo.text).group(1)
    said = follow("consumer", tmp_path, **address(demo), PGPORT=port)
    found = said['emporion search "net sales"']
    assert "Net sales" in found and "Revenue by Region" in found and "Carrier Scorecard" in found
    assert "jonas" in said['emporion get product "Finance.Revenue by Region"']
    assert "6 rows" in said['emporion ask "Sales Analytics" "net sales by region in 2025"']
    lines = (tmp_path / "regions.csv").read_text().splitlines()
    assert lines[0] == "region,net_sales" and len(lines) == 7 and (tmp_path / "regions.xlsx").read_bytes().startswith(b"PK")
    assert "(6 rows)" in next(text for line, text in said.items() if "psql" in line)


def test_the_guide_of_those_who_offer_data(demo, tmp_path):
    said = follow("producer", tmp_path, **address(demo))
    exported = said["emporion export -f catalogue"]
    assert "+ create data_product Sales.Basket Sizes" in exported and "Done." in exported
    assert "Basket" in next(text for line, text in said.items() if "Basket.yaml" in line)
    assert "Swift" in next(text for line, text in said.items() if line.startswith("PRODUCT="))
    assert "priya" in said["emporion request list --waiting"]


def test_the_guide_of_those_who_run_it(tmp_path):
    server = Server(tmp_path)
    # The guide calls the store by the name that everybody's has.
    (tmp_path / "emporion-data").symlink_to(server.store)
    server.start()
    try:
        said = follow("operator", tmp_path, EMPORION_URL=server.url, EMPORION_TOKEN=server.admin.token)
        assert "Describer" in next(text for line, text in said.items() if line.startswith("mkdir"))
        assert "monday.tar" in next(text for line, text in said.items() if line.startswith("emporion backup"))
    finally:
        assert server.stop() == 0


def test_every_link_of_a_guide_leads_somewhere():
    pages = [*GUIDES.glob("*.md"), REPOSITORY / "README.md", REPOSITORY / "docs" / "files.md"]
    assert len(list(GUIDES.glob("*.md"))) == 4
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_test_that_the_table_of_faults_names_is_there():
    named = set(re.findall(r"`([\w/]+\.(?:py|rs))(?:::(\w+))?`", (REPOSITORY / "docs" / "faults.md").read_text()))
    assert len(named) > 25
    for file, test in named:
        places = [REPOSITORY / folder / file for folder in ("tests/faults", "tests/clients", "")]
        found = next((place for place in places if place.exists()), None)
        assert found and (not test or f"def {test}(" in found.read_text()), f"{file}::{test}"
    # And no suite is left out.
    suites = {path.name for path in (REPOSITORY / "tests" / "faults").glob("test_*.py")}
    assert suites <= {file for file, _ in named}, suites


# --- the guide of those who extend it: what it names is there ---------------------------------------------------------

DEVELOPER = (GUIDES / "developer.md").read_text()
#: Where what the guide calls by its name alone is written down.
SAID_IN = {
    **dict.fromkeys(("parents", "fields", "facets", "sample"), "crates/model/src/kind.rs"),
    "asset: Asset::Item": "crates/model/src/kinds/metric.rs",
    "DESCRIBED": "crates/model/src/facet.rs",
    **dict.fromkeys(("parts", "stewarded"), "crates/model/src/kind.rs"),
    **dict.fromkeys(("CERTIFICATION", "ENTITY_STATUS"), "crates/model/src/kinds/shared.rs"),
    "CERTIFIED_BY": "crates/model/src/relation.rs",
    "OURS": "crates/openmetadata/src/nouns/noun_tests.rs",
    "UNLISTED": "crates/web/src/records/address.rs",
    "KINDS": "crates/app/src/files/shape.rs",
    **dict.fromkeys(("Config", "System::named", "Config::from_url"), "crates/sources/src/config.rs"),
    "Rules": "crates/sources/src/rules.rs",
    "SYSTEMS": "crates/web/src/pages/sources/system.rs",
    "Source": "crates/sources/src/source.rs",
    "System": "crates/sources/src/config.rs",
    "open": "crates/sources/src/source.rs",
    "catalog.reading(caller)": "crates/catalog/src/reading.rs",
    "Command": "crates/model/src/command.rs",
}
#: How it is written down there.
WRITTEN = {
    "asset: Asset::Item": r"asset: Asset::Item\b",
    "DESCRIBED": r"pub const DESCRIBED\b",
    **{name: rf"pub const {name}\b" for name in ("CERTIFICATION", "ENTITY_STATUS", "KINDS", "SYSTEMS")},
    **{name: rf"const {name}\b" for name in ("OURS", "UNLISTED")},
    "Config": r"pub enum Config\b",
    "System::named": r"pub fn named\b",
    "Config::from_url": r"pub fn from_url\b",
    "CERTIFIED_BY": r"\bCERTIFIED_BY\b",
    "Rules": r"pub struct Rules\b",
    "Source": r"pub trait Source\b",
    "System": r"pub enum System\b",
    "open": r"pub (async )?fn open\b",
    "catalog.reading(caller)": r"pub fn reading<.*>\(&.* self, caller: ",
    "Command": r"pub enum Command\b",
}


def named() -> list[str]:
    """All that stands in backticks outside of blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", DEVELOPER, flags=re.M | re.S))


def step(section: str, number: int) -> str:
    """One step of a section, as it is written."""
    below = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", DEVELOPER, re.M | re.S).group(1)
    return re.search(rf"^{number}\. (.*)$", below, re.M).group(1)


def is_path(name: str) -> bool:
    return bool(re.fullmatch(r"[\w.<>*-]+(/[\w.<>*-]+)+|[\w-]+\.(rs|md|py|tsv)", name))


def files_of(name: str) -> list[Path]:
    """The files that a path of the guide means; what stands in angle brackets stands for any name."""
    pattern = re.sub(r"<\w+>", "*", name)
    roots = ("", "crates/sources/src/", "crates/openmetadata/src/", "crates/openmetadata/src/nouns/", "docs/guides/")
    return [file for root in roots for file in REPOSITORY.glob(root + pattern)]


def test_each_path_that_the_guide_of_developers_names_is_there():
    made = {"crates/model/src/kinds/station.rs"}
    paths = [name for name in named() if is_path(name)]
    assert len(paths) >= 10, paths
    for name in paths:
        if name in made:
            assert not (REPOSITORY / name).exists() and (REPOSITORY / name).parent.is_dir(), "it is still to be written"
        else:
            assert files_of(name), name


def test_each_word_of_code_that_the_guide_of_developers_names_is_there():
    words = [name for name in named() if not is_path(name) and not name.startswith(("cargo ", "emporion "))]
    unknown = set(words) - SAID_IN.keys()
    assert not unknown, f"say in SAID_IN where these are written down: {unknown}"
    assert not SAID_IN.keys() - set(words), "what the guide does not name needs no place here"
    for word in words:
        text = (REPOSITORY / SAID_IN[word]).read_text()
        assert re.search(WRITTEN.get(word, rf"pub {re.escape(word)}:"), text), (word, SAID_IN[word])


def test_each_command_of_the_guide_of_developers_is_one():
    blocks_of = re.findall(r"^```\n(.*?)^```$", DEVELOPER, re.M | re.S)
    lines = {line for block in blocks_of for line in block.splitlines()}
    lines |= {name for name in named() if name.startswith(("cargo ", "emporion "))}
    aliases = (REPOSITORY / ".cargo" / "config.toml").read_text()
    assert re.search(r'^xtask = "run .*--package xtask', aliases, re.M), aliases
    main = (REPOSITORY / "xtask" / "src" / "main.rs").read_text() + (REPOSITORY / "xtask" / "src" / "test" / "stages.rs").read_text()
    seen = 0
    for line in sorted(lines):
        words = line.split()
        if words[:2] == ["cargo", "xtask"]:
            assert all(f'"{word}"' in main for word in words[2:]), line
        elif words[:4] == ["cargo", "run", "--release", "--"]:
            done = subprocess.run([BINARY, *words[4:], "--help"], capture_output=True, text=True, env=clean_environment(), timeout=60)
            assert done.returncode == 0, line
        elif words[0] == "emporion":
            # The kind is only an example: the command is asked about itself.
            told = subprocess.run([BINARY, words[1], "--help"], capture_output=True, text=True, env=clean_environment(), timeout=60)
            assert told.returncode == 0 and f"{BINARY.name} {words[1]}" in told.stdout, line
        else:
            assert words[:2] in (["cargo", "test"], ["cargo", "check"]), line
        seen += 1
    assert seen >= 6, lines


def test_the_steps_for_a_kind_name_the_files_that_a_kind_is_in():
    """Of a kind that is there already: it is in each place that a step sends somebody to, and in those twice that it says so of."""
    first, second, third, fourth, fifth = (step("Add a kind", number) for number in range(1, 6))
    kind = (REPOSITORY / "crates/model/src/kinds/metric.rs").read_text()
    assert "`crates/model/src/kinds/station.rs`" in first and re.search(r"pub const METRIC: KindDef", kind)
    assert {"`fields`", "`facets`", "`asset: Asset::Item`", "`sample`", "`parents`"} <= set(re.findall("`[^`]+`", first))
    assert all(re.search(rf"^    {member}: ", kind, re.M) for member in ("fields", "facets", "asset", "sample"))
    assert re.search(r"^    parents: ", (REPOSITORY / "crates/model/src/kinds/table.rs").read_text(), re.M)
    listed = (REPOSITORY / "crates/model/src/kinds.rs").read_text()
    assert "`crates/model/src/kinds.rs`, twice" in second and len(re.findall(r"\bmetric\b", listed.split("#[cfg(test)]")[0])) == 2
    assert "`crates/openmetadata/src/nouns`" in third and (REPOSITORY / "crates/openmetadata/src/nouns/metric.rs").exists()
    datazone = "".join(file.read_text() for file in (REPOSITORY / "crates/datazone/src").rglob("*.rs") if "test" not in file.name)
    assert '"metric"' not in datazone, "DataZone derives what it shows from the fields"
    shapes = re.search(r"pub const KINDS: &\[&str\] = &\[(.*?)\]", (REPOSITORY / "crates/app/src/files/shape.rs").read_text()).group(1)
    assert "`KINDS` in `crates/app/src/files/shape.rs`" in fourth and '"data_product"' in shapes
    rules = [file.stem for file in (REPOSITORY / "crates/catalog/src/rules").glob("*.rs")]
    assert "`crates/catalog/src/rules`" in fifth and "lending" in rules
    for name in ("metric.rs", "sqlite.rs"):
        short = next(file for file in files_of(next(path for path in named() if path.endswith(name))))
        assert len(short.read_text().splitlines()) < 400, "the one to be read first is short"


def test_the_steps_for_a_source_name_the_files_that_a_source_is_in():
    first, second, _, _ = (step("Add a source", number) for number in range(1, 5))
    systems = REPOSITORY / "crates/sources/src"
    config = (systems / "config.rs").read_text()
    assert "`<system>/*.sql`" in first and "`connection.rs`" in second and "`System`" in second and "`open`" in second
    known = re.search(r"pub enum System \{(.*?)\}", config, re.S).group(1)
    for name in re.findall(r"^    (\w+),", known, re.M):
        system = name.lower()
        assert (systems / f"{system}.rs").exists() and list((systems / system).glob("*.sql")), system
        assert re.search(r"impl Source for \w+", (systems / f"{system}.rs").read_text()), system
        assert name in (systems / "connection.rs").read_text() and name in (systems / "source.rs").read_text(), system
