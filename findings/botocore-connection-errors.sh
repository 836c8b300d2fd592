#!/usr/bin/env bash
# botocore 1.44.8 (PyPI), Python 3.10 or later.
# Guess: what its HTTP session raises is an HTTPClientError ("An HTTP Client raised an unhandled exception"), so that one `except` takes
#        every call that got no answer; the two timeouts at least are of one family.
# Seen: there are two. What fails before anything was sent (no connection, its timeout, TLS, a proxy) is a botocore ConnectionError and no
#       HTTPClientError; what breaks off behind that (no answer in time, a closed connection) is an HTTPClientError and no ConnectionError.
#       ConnectionClosedError is no ConnectionError, for all its name. A body that ends before its Content-Length (IncompleteReadError) is neither.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check "botocore==1.44.8"
python/bin/python - > seen <<'CODE'
import botocore.exceptions as errors

for name in (
    "ConnectTimeoutError",
    "EndpointConnectionError",
    "ProxyConnectionError",
    "SSLError",
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ResponseStreamingError",
    "IncompleteReadError",
):
    kind = getattr(errors, name)
    families = [family for family in ("ConnectionError", "HTTPClientError") if issubclass(kind, getattr(errors, family))]
    print(name, *families)
CODE
cat seen
diff seen - <<'EXPECTED'
ConnectTimeoutError ConnectionError
EndpointConnectionError ConnectionError
ProxyConnectionError ConnectionError
SSLError ConnectionError
ReadTimeoutError HTTPClientError
ConnectionClosedError HTTPClientError
ResponseStreamingError HTTPClientError
IncompleteReadError
EXPECTED
