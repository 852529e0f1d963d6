"""A chat-completions service that does to its callers whatever a test has written down."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

PATIENCE_SECONDS = 30.0


class Scripted:
    """What it answers next, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.status = "200 OK"
        self.extra: dict[str, str] = {}
        self.body: bytes = completion("It costs 249 euros.")
        self.trickle_from: int | None = None
        """After so many bytes of the answer, one byte at a time, for ever."""
        self.cut_after: int | None = None
        """After so many bytes of the answer, hang up."""

    def answer(self) -> bytes:
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(self.body)),
            **self.extra,
        }
        lines = [f"HTTP/1.1 {self.status}", *(f"{name}: {it}" for name, it in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def completion(text: Any, **fields: Any) -> bytes:
    """The JSON of a chat completion that says `text`."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    answer = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted-1",
        "choices": [{**choice, "finish_reason": fields.get("finish_reason", "stop")}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }
    return json.dumps(answer).encode()


@contextmanager
def scripted_service() -> Iterator[Scripted]:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        script = Scripted(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        threads = [threading.Thread(target=_accept, args=(listener, script, ended))]
        threads[0].start()
        try:
            yield script
        finally:
            ended.set()
            threads[0].join(PATIENCE_SECONDS)


def _accept(listener: socket.socket, script: Scripted, ended: threading.Event) -> None:
    callers: list[threading.Thread] = []
    while not ended.is_set():
        with suppress(TimeoutError):
            caller, _ = listener.accept()
            script.connections += 1
            callers.append(threading.Thread(target=_serve, args=(caller, script, ended)))
            callers[-1].start()
    for thread in callers:
        thread.join(PATIENCE_SECONDS)


def _serve(caller: socket.socket, script: Scripted, ended: threading.Event) -> None:
    with caller, suppress(OSError):
        caller.settimeout(0.05)
        while not ended.is_set() and _read(caller, script, ended):
            if not _write(caller, script, ended):
                return


def _read(caller: socket.socket, script: Scripted, ended: threading.Event) -> bool:
    """One request; whether there was one."""
    got = b""
    while not ended.is_set():
        with suppress(TimeoutError):
            part = caller.recv(65536)
            if not part:
                return False
            got += part
        head, found, body = got.partition(b"\r\n\r\n")
        if not found:
            continue
        pairs = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
        headers = {name.lower(): value for name, value in pairs}
        if len(body) >= int(headers.get("content-length", 0)):
            script.headers.append(headers)
            script.asked.append(json.loads(body))
            return True
    return False


def _write(caller: socket.socket, script: Scripted, ended: threading.Event) -> bool:
    """The answer; whether the connection is to be kept."""
    answer = script.answer()
    if script.cut_after is not None:
        caller.sendall(answer[: script.cut_after])
        return False
    if script.trickle_from is None:
        caller.sendall(answer)
        return True
    caller.sendall(answer[: script.trickle_from])
    for place in range(script.trickle_from, len(answer)):
        if ended.is_set():
            break
        caller.sendall(answer[place : place + 1])
        time.sleep(0.05)
    return False
