#!/usr/bin/env bash
# Pulumi's Python SDK 3.272.0, a program under pulumi.runtime.set_mocks whose resource has hooks before_create and after_create.
# Guess: a hook before the creation that raises makes the unit test fail, as it makes an update fail; one after it is called.
# Seen: mocks take the registration of hooks and call none of them. The program ends well, the resource is made, nothing is said, so that a
# guard that is a hook passes every unit test whatever it does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check pulumi==3.272.0
seen=$(v/bin/python - <<'PYTHON'
import pulumi

called, made = [], []


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        made.append(args.name)
        return f"{args.name}-id", args.inputs

    def call(self, args):
        return {}


class Bucket(pulumi.CustomResource):
    def __init__(self, name, opts):
        super().__init__("made:up:Bucket", name, {}, opts)


def refuse(args):
    called.append(args.name)
    raise ValueError("never")


pulumi.runtime.set_mocks(Mocks())


@pulumi.runtime.test
def program():
    hooks = pulumi.ResourceHookBinding(
        before_create=[pulumi.ResourceHook("before", refuse)], after_create=[pulumi.ResourceHook("after", refuse)]
    )
    bucket = Bucket("photos", pulumi.ResourceOptions(hooks=hooks))
    return bucket.urn


program()
print(f"made {made}, called {called}")
PYTHON
)
echo "$seen"
[ "$seen" = "made ['photos'], called []" ]
