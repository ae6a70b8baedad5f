"""Lighthouse on a phone: how fast a page is, how well made, and how it is for everybody. In a file of its own, since it takes minutes."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from every_page import world  # noqa: F401
from pages_browser import PACKAGES, SCREENS
from pages_door import Browser as Walker

LIGHTHOUSE = PACKAGES / "lighthouse" / "cli" / "index.js"
#: What everybody opens first, judged each time.
FIRST = ("login", "home", "product", "seen search")
#: Of a hundred.
LEAST = 97
#: How often a page is measured at most until it is fast enough. Its performance is that of a telephone, which is simulated from what the page
#: took here: where other work is done on the machine, it is slower than it is. What it says of all else is the same each time.
TRIES = 3


def lighthouse(chromium_program: str, address: str, cookie: str, folder: Path) -> dict:
    """What Lighthouse says of a page on a phone, as its report has it."""
    report = folder / "report.json"
    command = ["node", LIGHTHOUSE, address, "--quiet", "--output=json", f"--output-path={report}",
               "--only-categories=performance,accessibility,best-practices", "--form-factor=mobile",
               "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
               "--extra-headers=" + json.dumps({"Cookie": cookie})]  # fmt: skip
    environment = os.environ | {"CHROME_PATH": chromium_program}
    for _ in range(3):
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
        # Chromium lost the trace of its own work, which says nothing of the page: Lighthouse itself asks to be run again.
        if "Please run Lighthouse again" not in ended.stderr:
            break
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(report.read_text())


@pytest.mark.look_again
@pytest.mark.parametrize("name", FIRST)
def test_lighthouse_finds_little_to_mend(chromium_program, server, admin, world, tmp_path, name):  # noqa: F811
    assert not (wrong := judged(chromium_program, server, admin, world, tmp_path, name)), wrong


@pytest.mark.on_demand
def test_lighthouse_finds_little_to_mend_on_any_page(chromium_program, server, admin, world, tmp_path):  # noqa: F811
    others = (name for name in world if name not in FIRST and name != "not found")
    wrong = [f"{name}: {found}" for name in others if (found := judged(chromium_program, server, admin, world, tmp_path, name))]
    assert not wrong, "\n".join(wrong)


def judged(chromium_program: str, server, admin, world: dict[str, str], folder: Path, name: str) -> str:
    """What of a page is to be mended; nothing where all is well."""
    assert LIGHTHOUSE.exists(), f"{LIGHTHOUSE} is missing: run `cargo xtask clients`, which gets it with npm"
    is_outside = name == "login"
    signed_in = {} if is_outside else Walker(server).sign_in(admin).session.cookies
    cookie = "; ".join(f"{name}={value}" for name, value in signed_in.items())
    address = server.url + ("/login" if is_outside else world[name])
    report = lighthouse(chromium_program, address, cookie, folder)
    # (a page that leads on would lose the cookie, which is given to the first alone)
    assert report["finalDisplayedUrl"] == address, report["finalDisplayedUrl"]
    scores = {of: round(100 * one["score"]) for of, one in report["categories"].items()}
    tries = [scores["performance"]]
    while tries[-1] < LEAST and len(tries) < TRIES:
        again = lighthouse(chromium_program, address, cookie, folder)
        tries.append(round(100 * again["categories"]["performance"]["score"]))
    scores["performance"] = max(tries)
    weight = report["audits"]["total-byte-weight"]["numericValue"]
    shift = report["audits"]["cumulative-layout-shift"]["numericValue"]
    found = scores | {"measured": len(tries), "bytes": weight, "layout shift": shift}
    (SCREENS / f"lighthouse {name.replace('/', '-')}.json").write_text(json.dumps(found, indent=2))
    low = [f"{of} {scores[of]}: {failed(report, of)}" for of, score in scores.items() if score < LEAST]
    is_well = not low and weight <= 100_000 and shift <= 0.01
    return "" if is_well else f"{found} {low}"


def failed(report: dict, category: str) -> list[str]:
    audits = [report["audits"][one["id"]] for one in report["categories"][category]["auditRefs"]]
    return [f"{one['id']}: {one['title']}" for one in audits if one["score"] is not None and one["score"] < 1]
