"""docs/asking.md, run as it stands: its files are written, its commands run one after the other, its answers compared.

With EMPORION_UPDATE_GUIDE=1 the answers on the page are written anew; then read them.
"""

import os
import re
import subprocess

from emporion_server import BINARY, REPOSITORY, clean_environment, free_port

GUIDE = REPOSITORY / "docs" / "asking.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)
END = "--- end of an answer ---"


def commands(block: str) -> list[tuple[str, list[str]]]:
    """Each command of a console, with the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def plain(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith("thread ")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def test_the_guide_is_true(tmp_path):
    text = GUIDE.read_text()
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "emporion").symlink_to(BINARY.resolve())
    consoles = []
    for kind, name, body in BLOCK.findall(text):
        if name:
            (tmp_path / name).write_text(body)
        if kind == "console":
            consoles.append(commands(body))
    all_commands = [one for console in consoles for one in console]
    assert len(all_commands) > 30
    script = ["trap 'kill $(jobs -p)' EXIT"]
    for command, _ in all_commands:
        script += [command, f"echo; echo '{END}'"]
    port = free_port()
    done = subprocess.run(
        ["bash", "-c", "\n".join(script).replace("8585", str(port))], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, cwd=tmp_path, timeout=120,
        env=clean_environment(PATH=f"{tools}:{os.environ['PATH']}"),
    )
    answers = done.stdout.split(END)
    assert len(answers) == len(all_commands) + 1, done.stdout[-2000:]
    printed = [plain(answer.removeprefix("\n").replace(str(port), "8585")) for answer in answers]
    if os.environ.get("EMPORION_UPDATE_GUIDE"):
        told = iter(printed)

        def anew(found: re.Match) -> str:
            if found.group(1) != "console":
                return found.group(0)
            lines = []
            for command, _ in commands(found.group(3)):
                lines += [f"$ {command}", *next(told)]
            return "```console\n" + "\n".join(lines) + "\n```"

        GUIDE.write_text(BLOCK.sub(anew, text))
        return
    for (command, expected), answer in zip(all_commands, printed, strict=False):
        assert answer == plain("\n".join(expected)), f"$ {command}"
