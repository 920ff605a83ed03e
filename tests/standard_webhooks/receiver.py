"""A receiver of events that knows the Standard Webhooks by its PyPI package, and nothing of greenroom.

Says its port, then takes deliveries until it has heard of so many events: each must verify under both secrets, and must
not once anything of it is altered. The first delivery is not taken, and must come again. Ends with 0, or with 1 and what
was wrong.
"""

import http.server
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PATIENCE = 40


def main(wanted: int, secrets: list[str]) -> int:
    wrong, heard = [], []

    class Hear(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: value for name, value in self.headers.items() if name.startswith("webhook-")}
            wrong.extend(faults(body, headers, secrets))
            heard.append(headers["webhook-id"])
            # Nothing has been taken before: the first delivery is to come again.
            self.send_response(503 if len(heard) == 1 else 204)
            self.end_headers()

        def log_message(self, *_arguments) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Hear)
    server.timeout = PATIENCE
    server.handle_timeout = lambda: wrong.append(f"nothing came for {PATIENCE} s")
    print(server.server_address[1], flush=True)
    while not wrong and len(set(heard)) < wanted:
        server.handle_request()
    if not wrong and heard[1:].count(heard[0]) != 1:
        wrong.append(f"what was not taken did not come again: {heard}")
    if not wrong and len(heard) != wanted + 1:
        wrong.append(f"told more often than once: {heard}")
    for what in wrong:
        print(f"standard webhooks: {what}", file=sys.stderr)
    if not wrong:
        print(f"standard webhooks: {wanted} events taken, each under both secrets; every altered one refused")
    return 1 if wrong else 0


def faults(body: bytes, headers: dict[str, str], secrets: list[str]) -> list[str]:
    """What is wrong with a delivery."""
    found = []
    for number, secret in enumerate(secrets):
        event = verified(secret, body, headers)
        if event is None:
            found.append(f"secret {number} does not verify {headers}")
        elif set(event) != {"id", "type", "occurred_at", "site_id", "data"} or event["id"] != headers["webhook-id"]:
            found.append(f"not an event, or not of its id: {event}")
    for what, (altered_body, altered_headers) in altered(body, headers).items():
        found.extend(f"accepted with another {what}" for secret in secrets if verified(secret, altered_body, altered_headers))
    if verified("whsec_" + "b3RoZXI" * 5 + "A", body, headers):
        found.append("accepted under another secret")
    return found


def verified(secret: str, body: bytes, headers: dict[str, str]) -> dict | None:
    try:
        return Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return None


def altered(body: bytes, headers: dict[str, str]) -> dict[str, tuple[bytes, dict[str, str]]]:
    other = json.loads(body)
    other["site_id"] += "x"
    first, _, rest = headers["webhook-id"].partition("-")
    later = str(int(headers["webhook-timestamp"]) + 1)
    return {
        "byte of the body": (body.replace(b"studio", b"studiO", 1), headers),
        "body": (json.dumps(other).encode(), headers),
        "space in the body": (body + b" ", headers),
        "id": (body, headers | {"webhook-id": f"{first[::-1]}-{rest}"}),
        "timestamp": (body, headers | {"webhook-timestamp": later}),
        "version of the signature": (body, headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}),
    }


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
