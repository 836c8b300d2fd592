"""ACM certificates, proven by DNS."""

import time
from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, tag_list, unless_gone, update_tags

ISSUE_SECONDS = 60


class Certificate(Resource):
    pulumi_type = "aws:acm/certificate:Certificate"
    inputs = frozenset(("domainName", "validationMethod", "tags"))
    required = frozenset(("domainName", "validationMethod"))
    replace_on = required

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        acm = aws("acm")
        arn = acm.request_certificate(
            DomainName=inputs["domainName"], ValidationMethod=inputs["validationMethod"], Tags=tag_list(inputs)
        )["CertificateArn"]
        described = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        options: list[dict[str, Any]] = [
            {
                "domainName": option["DomainName"],
                "resourceRecordName": option["ResourceRecord"]["Name"],
                "resourceRecordType": option["ResourceRecord"]["Type"],
                "resourceRecordValue": option["ResourceRecord"]["Value"],
            }
            for option in described["DomainValidationOptions"]
        ]
        return Created(arn, {"arn": arn, "domainValidationOptions": options})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        update_tags(aws, id, old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("acm").delete_certificate, CertificateArn=id)


class CertificateValidation(Resource):
    """Waits until the certificate is issued; nothing of its own exists."""

    pulumi_type = "aws:acm/certificateValidation:CertificateValidation"
    inputs = frozenset(("certificateArn", "validationRecordFqdns"))
    required = frozenset(("certificateArn",))
    replace_on = inputs

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        deadline = time.monotonic() + ISSUE_SECONDS
        while True:
            described = aws("acm").describe_certificate(CertificateArn=inputs["certificateArn"])["Certificate"]
            if described["Status"] == "ISSUED":
                return Created(inputs["certificateArn"], {})
            if time.monotonic() > deadline:
                raise TimeoutError(f"{inputs['certificateArn']} is {described['Status']} after {ISSUE_SECONDS} s")
            time.sleep(0.5)

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        """Nothing to delete."""
