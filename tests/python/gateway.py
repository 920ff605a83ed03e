"""A gateway for scripts that test it from outside: `greenroom serve` on an embedded store in a temporary folder, and
what booking core does with it. Checks nothing."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SECRET = b"an issuer's secret for tests only"
SCOPES = "sites:write accounts:read accounts:write links:read links:write links:host events:read"


def environment(name: str, requirements: pathlib.Path, *options: str) -> pathlib.Path:
    """The programs of a virtual environment of its own, made anew when its requirements change."""
    wanted = requirements.read_text()
    home = TARGET / name
    mark = home / "requirements.txt"
    if not mark.exists() or mark.read_text() != wanted:
        venv.create(home, clear=True, with_pip=True)
        pip = [home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *options]
        subprocess.run([*pip, "--requirement", requirements], check=True)
        mark.write_text(wanted)
    return home / "bin"


def build() -> None:
    """The program of this tree."""
    subprocess.run(["cargo", "build", "--locked", "--bin", "greenroom"], cwd=ROOT, check=True)


@contextlib.contextmanager
def running(further: str = ""):
    """A gateway that answers, once it is built: its internal address, and its folder."""
    with tempfile.TemporaryDirectory(prefix="greenroom-tests-") as folder:
        public, internal = free_port(), free_port()
        server = serve(pathlib.Path(folder), (public, internal), further)
        try:
            address = f"http://127.0.0.1:{internal}"
            wait_for(address + "/readyz", server)
            yield address, folder
        finally:
            server.terminate()
            server.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(folder: pathlib.Path, ports: tuple[int, int], further: str) -> subprocess.Popen:
    program = TARGET / "debug" / "greenroom"
    public, internal = ports
    subprocess.run([program, "keys", "generate", "--out", folder / "keyring.json"], check=True)
    (folder / "issuer.secret").write_bytes(SECRET)
    (folder / "greenroom.toml").write_text(f"""
[public]
listen = "127.0.0.1:{public}"
base_url = "http://127.0.0.1:{public}"
[internal]
listen = "127.0.0.1:{internal}"
[store]
url = "redb:greenroom.redb"
[crypto]
keyring_file = "keyring.json"
[zoom]
client_id = "tests"
client_secrets = ["a client secret for tests"]
webhook_secrets = ["a webhook secret for tests"]
[auth]
issuers = [{{ issuer = "dev", audience = "greenroom", hs256_secret_file = "issuer.secret" }}]
[portal]
return_origins = ["https://app.example.com"]
[telemetry]
log = "warn"
log_format = "text"
{further}""")
    return subprocess.Popen([program, "serve", "--config", "greenroom.toml"], cwd=folder)


def wait_for(address: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{address} never answered")


def token() -> str:
    now = int(time.time())
    claims = {"iss": "dev", "aud": "greenroom", "sub": "tests", "iat": now, "exp": now + 1800}
    claims |= {"scope": SCOPES, "sites": "*"}
    parts = [encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = ".".join(parts)
    return f"{signed}.{encoded(hmac.digest(SECRET, signed.encode(), hashlib.sha256))}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def put(address: str, path: str, body: dict) -> dict:
    return json.loads(send("PUT", f"{address}/v1/sites/studio{path}", body))


def send(method: str, address: str, body: dict) -> bytes:
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()
