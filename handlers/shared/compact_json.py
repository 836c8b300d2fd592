"""JSON as it is stored and sent where nobody reads it: without blanks, characters as they are."""

from __future__ import annotations

import json

compact_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""The text of a value. One encoder for all: `json.dumps` makes one for each call that is not of its own form."""
