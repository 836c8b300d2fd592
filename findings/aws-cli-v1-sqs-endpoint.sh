#!/usr/bin/env bash
# AWS CLI 1 sends `aws sqs` past AWS_ENDPOINT_URL.
#
# Versions: awscli 1.46.3.
# Guess: AWS_ENDPOINT_URL, which the CLI takes since 1.29, is where all services' calls go; AWS_ENDPOINT_URL_SQS at the
#   least decides for SQS.
# Seen: `aws sns` goes there; `aws sqs` and `aws rds` go to AWS's own hosts (queue.amazonaws.com, rds.amazonaws.com), whatever
#   the variables say: the CLI sets --endpoint-url itself for services whose certificates once had an old name (a table in
#   awscli/customizations/overridesslcommonname.py, which has some more). Only a --endpoint-url of one's own is heeded. Whoever
#   tests against a local AWS writes to the real one, with whatever keys there are.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet --disable-pip-version-check 'awscli==1.46.3'

cat > "$folder/seen.py" <<'PYTHON'
"""Where each call goes: a local server stands for the endpoint, and for the proxy by which AWS's hosts would be asked."""
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

seen = []


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        seen.append("the endpoint")
        self.send_error(400)

    do_GET = do_POST

    def do_CONNECT(self):
        seen.append(self.path)
        self.send_error(502)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
environment = {
    "PATH": os.environ["PATH"], "HOME": sys.argv[1], "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1", "HTTPS_PROXY": address, "NO_PROXY": "127.0.0.1",
    "AWS_ENDPOINT_URL": address, "AWS_ENDPOINT_URL_SQS": address, "AWS_ENDPOINT_URL_RDS": address,
}
for words in (
    ["sns", "list-topics"], ["sqs", "list-queues"], ["rds", "describe-db-instances"],
    ["sqs", "list-queues", "--endpoint-url", address],
):
    seen.clear()
    subprocess.run([f"{sys.argv[1]}/environment/bin/aws", *words], env=environment, capture_output=True)
    flag = " --endpoint-url" if "--endpoint-url" in words else ""
    print(f"{words[0]}{flag}: {sorted(set(seen))}")
PYTHON

wanted="sns: ['the endpoint']
sqs: ['queue.amazonaws.com:443']
rds: ['rds.amazonaws.com:443']
sqs --endpoint-url: ['the endpoint']"
found=$("$folder/environment/bin/python" "$folder/seen.py" "$folder")
echo "$found"
[ "$found" = "$wanted" ] || { echo "the behaviour changed" >&2; exit 1; }
