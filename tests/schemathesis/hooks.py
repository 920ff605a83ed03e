"""Texts of the forms that JSON Schema has no name for, as the descriptions in the document say them."""

from datetime import datetime

import schemathesis
from hypothesis import strategies as st

FORMS = {
    "public-https-url": [
        "https://meet.example.com/room",
        "https://bücher.example/raum?x=1#y",
        "https://8.8.8.8:8443/room",
    ],
    "iana-time-zone": ["America/Sao_Paulo", "Europe/Berlin", "UTC", "Asia/Kathmandu"],
    "return-address": ["https://app.example.com/settings?tab=video", "https://app.example.com"],
    "cursor": ["ZGVmYXVsdA", "c3RhZmYvYW5h"],
    "entity-tags": ["*", '"1"', '"1", "2"', "W/\"1\""],
    "preferences": ["wait=0", "wait=1", "respond-async", "wait=x"],
}

for form, texts in FORMS.items():
    schemathesis.openapi.format(form, st.sampled_from(texts))


@schemathesis.hook
def map_query(context, query):
    """A range begins before it ends, and a cursor belongs to one range: no schema says so."""
    if not query or context.operation.definition.raw.get("operationId") != "listSessions":
        return query
    if is_moment(query.get("from")) and is_moment(query.get("to")):
        query["from"] = "2026-01-01T00:00:00Z"
        query["to"] = "2099-12-31T00:00:00+01:00"
    if is_moment(query.get("from")) or is_moment(query.get("to")):
        query.pop("cursor", None)
    return query


@schemathesis.hook
def before_call(context, case, kwargs):
    """A batch names no session twice: no schema says so."""
    sessions = case.body.get("sessions") if isinstance(case.body, dict) else None
    if not isinstance(sessions, list) or case.operation.definition.raw.get("operationId") != "putSessions":
        return
    seen = set()
    for place, session in enumerate(sessions):
        name = session.get("session_id") if isinstance(session, dict) else None
        if isinstance(name, str) and name in seen:
            name = f"s-{place + 10}"
            sessions[place] = session | {"session_id": name}
        if isinstance(name, str):
            seen.add(name)


def is_moment(text):
    try:
        return datetime.fromisoformat(text) is not None
    except (TypeError, ValueError):
        return False
