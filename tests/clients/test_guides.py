"""The guides, each tried from its own text alone: every block that begins with ```sh is run, in its order, in one shell."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from emporion_server import BINARY, REPOSITORY, Server, clean_environment
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
    said = follow("consumer", tmp_path, **address(demo))
    found = said['emporion search "net sales"']
    assert "Net sales" in found and "Revenue by Region" in found and "Carrier Scorecard" in found
    assert "jonas" in said['emporion get product "Finance.Revenue by Region"']
    assert "6 rows" in said['emporion ask "Sales Analytics" "net sales by region in 2025"']


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
