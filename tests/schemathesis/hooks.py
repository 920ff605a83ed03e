"""Texts of the forms that JSON Schema has no name for, as the descriptions in the document say them."""

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
