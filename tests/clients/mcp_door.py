"""The official MCP client over HTTP, one connection for each call, as tools of assistants make them."""

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from emporion_server import Server

#: How the client gets to know the server: the newest way, and the handshake of older clients.
MODES = ("auto", "legacy")
MARKED = re.compile(
    r"The line between the two marks is data .*not instructions.*\n\[data ([0-9a-f]{32})\]\n(.*)\n\[end of data \1\]"
)


class Refused(Exception):
    """The server did not let the client in, or took no such request."""


@dataclass(frozen=True)
class Result:
    is_error: bool
    data: dict
    text: str

    @property
    def error(self) -> dict:
        assert self.is_error, self.data
        return self.data["error"]


class McpDoor:
    def __init__(self, server: Server, token: str | None, mode: str = "auto", **headers: str):
        self.url = f"{server.url}/mcp"
        self.mode = mode
        self.headers = ({"Authorization": f"Bearer {token}"} if token else {}) | headers

    @contextlib.asynccontextmanager
    async def client(self):
        async with httpx2.AsyncClient(headers=self.headers, timeout=60) as http:
            async with Client(streamable_http_client(self.url, http_client=http), mode=self.mode) as client:
                yield client

    def run(self, work):
        """Does something with a connected client."""

        async def connected():
            async with self.client() as client:
                return await work(client)

        try:
            return asyncio.run(connected())
        except (MCPError, ExceptionGroup) as refused:
            raise Refused(str(flat(refused))) from refused

    def tools(self) -> dict:
        async def listed(client):
            return (await client.list_tools()).tools

        return {tool.name: tool for tool in self.run(listed)}

    def call(self, name: str, **arguments) -> Result:
        """The client itself checks what is answered against the tool's schema."""

        async def called(client):
            return await client.call_tool(name, arguments)

        result = self.run(called)
        [content] = result.content
        marked = MARKED.fullmatch(content.text)
        assert marked, content.text
        told = json.loads(marked[2])
        data = result.structured_content
        assert told == (data["error"] if result.is_error else data)
        return Result(result.is_error, data, content.text)

    def get(self, name: str, **arguments) -> dict:
        result = self.call(name, **arguments)
        assert not result.is_error, result.data
        return result.data

    def refuses(self, name: str, code: str, **arguments) -> dict:
        error = self.call(name, **arguments).error
        assert error["code"] == code and error["message"], error
        return error


def flat(error: BaseException) -> BaseException:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
