"""Starts a real ComfyUI on loopback with this checkout as its only pack, and talks to it over HTTP and its
websocket.

The server gets a base directory of its own, so the ComfyUI tree stays untouched. Standard library only,
except for the websocket, which is read by a few lines below (text frames, no extensions), so that tests need
no packages of the host.
"""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path

PACK = Path(__file__).parents[2]
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy: it is loopback


def find_host() -> tuple[Path, Path] | str:
    """(ComfyUI's folder, its python), or what is missing."""
    comfy = Path(os.environ.get("COMFYUI_PATH", Path.home() / "ComfyUI")).expanduser()
    if not (comfy / "main.py").is_file():
        return f"no ComfyUI at {comfy}: set COMFYUI_PATH to a checkout of it"
    inside, beside = comfy / ".venv/bin/python", comfy.with_name(comfy.name + ".venv") / "bin/python"
    named = os.environ.get("COMFYUI_PYTHON")
    for python in [Path(named)] if named else [beside, inside]:
        if python.is_file():
            return comfy, python
    wanted = f"make a venv at {beside.parents[1]} or {inside.parents[1]}"
    return f"no python for {comfy}: set COMFYUI_PYTHON, or {wanted}"


@dataclass
class Outcome:
    """What one prompt did, from the websocket's messages and the history."""

    status: str  # "success", "error", "refused"
    cached: set[str] = field(default_factory=set)
    progress: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    outputs: dict[str, dict] = field(default_factory=dict)
    error: str = ""
    error_type: str = ""
    asked: float | None = None  # when it was to stop, time.monotonic
    latency: float | None = None  # seconds from then to its end


class Server:
    """One running ComfyUI. `base` holds its input/, output/, models/ and server.log."""

    def __init__(self, comfy: Path, python: Path, base: Path) -> None:
        self.base = base
        for folder in ("custom_nodes", "models", "input", "output", "temp", "user"):
            (base / folder).mkdir(parents=True, exist_ok=True)
        (base / "custom_nodes/kling-foley").symlink_to(PACK, target_is_directory=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = base / "server.log"
        command = [str(python), "main.py", "--cpu", "--listen", "127.0.0.1", "--port", str(self.port)]
        command += ["--disable-auto-launch", "--disable-api-nodes", "--base-directory", str(base)]
        command += ["--database-url", f"sqlite:///{base}/user/comfyui.db"]
        settings = {"PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
        settings["OMP_NUM_THREADS"] = (
            "1"  # threads that wait for each other on tiny tensors, on a busy machine
        )
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=comfy,
                env=os.environ | settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self, seconds: float = 120) -> None:
        """Until it answers; fails with the end of its log."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                self.get("/system_stats")
                return
            except OSError:
                time.sleep(0.3)
        raise RuntimeError(f"ComfyUI did not start:\n{self.log_text()[-4000:]}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log_text(self) -> str:
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text(errors="replace"))

    def get(self, path: str) -> dict:
        with DIRECT.open(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict) -> tuple[int, dict]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with DIRECT.open(request, timeout=30) as answer:
                raw, code = answer.read(), answer.status
        except urllib.error.HTTPError as refusal:
            raw, code = refusal.read(), refusal.code
        return code, json.loads(raw) if raw.strip() else {}

    def run(
        self, prompt: dict, seconds: float = 60, interrupt_at: str | None = None, after: float | None = None
    ) -> Outcome:
        """Sends an API-format workflow and follows it to its end; stops it when node `interrupt_at` makes
        progress, or `after` so many seconds of that node."""
        client = uuid.uuid4().hex
        messages = WebSocket(self.port, f"/ws?clientId={client}", seconds)
        try:
            code, answer = self.post("/prompt", {"prompt": prompt, "client_id": client})
            if code != 200 or answer.get("node_errors"):
                return Outcome("refused", error=json.dumps(answer))
            outcome = self._follow(messages, answer["prompt_id"], interrupt_at, after)
        finally:
            messages.close()
        outcome.outputs = self._outputs(answer["prompt_id"])
        return outcome

    def _follow(
        self, messages: WebSocket, prompt_id: str, interrupt_at: str | None, after: float | None
    ) -> Outcome:
        outcome, timer = Outcome(""), None
        while not outcome.status:
            message = messages.text()
            kind, data = message["type"], message.get("data") or {}
            if data.get("prompt_id") not in (None, prompt_id):
                continue
            if kind == "execution_cached":
                outcome.cached |= set(data["nodes"])
            elif kind == "executing" and data.get("node"):
                outcome.ran.append(data["node"])
                if data["node"] == interrupt_at and after is not None:
                    timer = threading.Timer(after, self._interrupt, [outcome])
                    timer.start()
            elif kind == "progress":
                outcome.progress.setdefault(data["node"], []).append((data["value"], data["max"]))
                if data["node"] == interrupt_at and after is None:
                    self._interrupt(outcome)
            elif kind in ("execution_success", "execution_error", "execution_interrupted"):
                outcome.status = kind.removeprefix("execution_")
                outcome.error = str(data.get("exception_message", ""))
                outcome.error_type = str(data.get("exception_type", ""))
                outcome.latency = time.monotonic() - outcome.asked if outcome.asked else None
        if timer is not None:
            timer.cancel()
        return outcome

    def _interrupt(self, outcome: Outcome) -> None:
        outcome.asked = time.monotonic()
        self.post("/interrupt", {})

    def resident_mb(self) -> float:
        """Of the server's process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def _outputs(self, prompt_id: str) -> dict[str, dict]:
        for _ in range(100):  # the success message comes before the history entry is written
            entry = self.get(f"/history/{prompt_id}").get(prompt_id)
            if entry:
                return entry["outputs"]
            time.sleep(0.1)
        return {}

    def files(self, outcome: Outcome, node: str) -> list[Path]:
        """The files that an output node has saved."""
        entries = [
            e for value in outcome.outputs.get(node, {}).values() if isinstance(value, list) for e in value
        ]
        return [
            self.base / e["type"] / e.get("subfolder", "") / e["filename"]
            for e in entries
            if isinstance(e, dict) and "filename" in e
        ]


class WebSocket:
    """Just enough of RFC 6455 to read a server's text messages."""

    def __init__(self, port: int, path: str, seconds: float) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.buffer = self.socket.makefile("rb")
        status = self.buffer.readline()
        if b"101" not in status:
            raise RuntimeError(f"the server refused the websocket: {status!r}")
        while self.buffer.readline().strip():
            pass

    def text(self) -> dict:
        """The next whole text message as JSON; pictures and pings are passed over."""
        message, kind = b"", 0
        while True:
            first, second = self.buffer.read(2)
            length = second & 0x7F
            if length >= 126:
                size, code = (2, ">H") if length == 126 else (8, ">Q")
                (length,) = struct.unpack(code, self.buffer.read(size))
            payload = self.buffer.read(length)
            opcode = first & 0x0F
            if opcode == 8:
                raise RuntimeError("the server closed the websocket")
            if opcode in (9, 10):
                continue
            kind = opcode or kind
            message = payload if opcode else message + payload
            if first & 0x80:
                if kind == 1:
                    return json.loads(message)
                message = b""

    def close(self) -> None:
        self.buffer.close()
        self.socket.close()
