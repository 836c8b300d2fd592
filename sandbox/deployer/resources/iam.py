"""IAM roles and their policies."""

import json

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, tag_list, unless_gone, update_tags


class Role(Resource):
    pulumi_type = "aws:iam/role:Role"
    inputs = frozenset(
        ("name", "assumeRolePolicy", "path", "description", "maxSessionDuration", "permissionsBoundary", "tags")
    )
    required = frozenset(("assumeRolePolicy",))
    replace_on = frozenset(("path",))
    name_input = "name"
    name_limit = 64

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        parameters = chosen(
            inputs,
            Path="path",
            Description="description",
            MaxSessionDuration="maxSessionDuration",
            PermissionsBoundary="permissionsBoundary",
        )
        role = aws("iam").create_role(
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Tags=tag_list(inputs),
            **parameters,
        )["Role"]
        return Created(inputs["name"], {"arn": role["Arn"], "uniqueId": role["RoleId"], "path": role["Path"]})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        iam = aws("iam")
        iam.update_assume_role_policy(RoleName=id, PolicyDocument=new["assumeRolePolicy"])
        iam.update_role(
            RoleName=id,
            Description=new.get("description", ""),
            MaxSessionDuration=int(new.get("maxSessionDuration", 3600)),
        )
        boundary = new.get("permissionsBoundary")
        if boundary and boundary != old.get("permissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=id, PermissionsBoundary=boundary)
        elif old.get("permissionsBoundary") and not boundary:
            iam.delete_role_permissions_boundary(RoleName=id)
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("iam").delete_role, RoleName=id)


class RolePolicy(Resource):
    pulumi_type = "aws:iam/rolePolicy:RolePolicy"
    inputs = frozenset(("name", "policy", "role"))
    required = frozenset(("policy", "role"))
    replace_on = frozenset(("role",))
    name_input = "name"
    name_limit = 128

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        json.loads(inputs["policy"])
        aws("iam").put_role_policy(RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"])
        return Created(f"{inputs['role']}:{inputs['name']}", {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self.create(aws, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("iam").delete_role_policy, RoleName=inputs["role"], PolicyName=inputs["name"])
