"""A model of language: an endpoint that answers as a test says, and a shop that asks it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chat_world import TODAY, Shop

KEY = "sk-the-key-of-the-endpoint"
SAYS = "A model of language proposed this query"
# Nothing of the product is called so.
QUESTION = "what did the punters shell out per patch"
GOOD = {"measures": [{"metric": "net_sales"}], "dimensions": [{"field": "customers.region"}],
        "orderBy": [{"dimension": 0}]}


class Endpoint:
    """Answers each completion as the test says, and notes what came."""

    def __init__(self):
        self.asked, self.paths, self.answer = [], [], None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.paths.append(self.path)
                outer.asked.append((self.headers, json.loads(body)))
                try:
                    outer.answer(self, len(outer.asked))
                except (BrokenPipeError, ConnectionResetError):
                    pass  # It was left.

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def says(self, *contents):
        """Each call gets the next of the texts, the last one again and again."""
        self.asked.clear()
        self.paths.clear()
        lock, left = threading.Lock(), list(contents)

        def answer(handler, _):
            with lock:
                content = left.pop(0) if len(left) > 1 else left[0]
            text = content if isinstance(content, str) else json.dumps(content)
            send(handler, {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": {"total_tokens": 700}})

        self.answer = answer

    def does(self, answer):
        self.asked.clear()
        self.paths.clear()
        self.answer = answer


def send(handler, body, status=200, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", "Content-Length": len(data), **headers}.items():
        handler.send_header(name, str(value))
    handler.end_headers()
    handler.wfile.write(data)


class Talking(Shop):
    def __init__(self, folder, endpoint: Endpoint, **more: str):
        self.endpoint = endpoint
        super().__init__(folder, EMPORION_LLM__BASE_URL=endpoint.url, EMPORION_LLM__MODEL="fake",
                         EMPORION_LLM__TIMEOUT_SECONDS="2", EMPORION_LLM_KEY=KEY, EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000", **more)


def refused(shop, answer: dict, code: str | None) -> None:
    """What the deterministic reading says, whatever else was proposed."""
    plain = shop.ask(QUESTION, options={"today": TODAY, "mode": "deterministic"})
    assert plain["status"] == answer["status"] == "not_answerable", answer
    for member in ("text", "reason", "unknownTerms", "suggestions"):
        assert plain.get(member) == answer.get(member), member
    assert "table" not in answer and "sql" not in answer
    assert [one["code"] for one in answer["warnings"]] == ([code] if code else []), answer
