"""CloudFront distributions and what they refer to."""

from typing import Any

from botocore.exceptions import ClientError

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import GONE, Created, Inputs, Outputs, Resource, tag_list, update_tags

HOSTED_ZONE = "Z2FDTNDATAQYW2"
"""The zone of all distributions' domains."""


class _Versioned(Resource):
    """A thing that is changed and deleted by its id and the ETag of its newest version."""

    replace_on = frozenset()

    def _get(self, cloudfront: Any, id: str) -> dict[str, Any]:
        raise NotImplementedError

    def _delete(self, cloudfront: Any, id: str, etag: str) -> None:
        raise NotImplementedError

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        cloudfront = aws("cloudfront")
        try:
            self._delete(cloudfront, id, self._get(cloudfront, id)["ETag"])
        except ClientError as error:
            if not GONE.search(error.response["Error"]["Code"]) and "NoSuch" not in error.response["Error"]["Code"]:
                raise


class OriginAccessControl(_Versioned):
    pulumi_type = "aws:cloudfront/originAccessControl:OriginAccessControl"
    inputs = frozenset(("name", "description", "originAccessControlOriginType", "signingBehavior", "signingProtocol"))
    name_input = "name"

    def _config(self, inputs: Inputs) -> dict[str, Any]:
        return {
            "Name": inputs["name"],
            "Description": inputs.get("description", ""),
            "OriginAccessControlOriginType": inputs["originAccessControlOriginType"],
            "SigningBehavior": inputs["signingBehavior"],
            "SigningProtocol": inputs["signingProtocol"],
        }

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("cloudfront").create_origin_access_control(OriginAccessControlConfig=self._config(inputs))
        return Created(made["OriginAccessControl"]["Id"], {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        cloudfront = aws("cloudfront")
        etag = self._get(cloudfront, id)["ETag"]
        cloudfront.update_origin_access_control(Id=id, IfMatch=etag, OriginAccessControlConfig=self._config(new))
        return {}

    def _get(self, cloudfront: Any, id: str) -> dict[str, Any]:
        return cloudfront.get_origin_access_control(Id=id)

    def _delete(self, cloudfront: Any, id: str, etag: str) -> None:
        cloudfront.delete_origin_access_control(Id=id, IfMatch=etag)


class CachePolicy(_Versioned):
    pulumi_type = "aws:cloudfront/cachePolicy:CachePolicy"
    inputs = frozenset(
        ("name", "comment", "defaultTtl", "maxTtl", "minTtl", "parametersInCacheKeyAndForwardedToOrigin")
    )
    name_input = "name"
    name_limit = 128

    def _config(self, inputs: Inputs) -> dict[str, Any]:
        parameters = inputs["parametersInCacheKeyAndForwardedToOrigin"]
        return {
            "Name": inputs["name"],
            "Comment": inputs.get("comment", ""),
            "DefaultTTL": inputs["defaultTtl"],
            "MaxTTL": inputs["maxTtl"],
            "MinTTL": inputs["minTtl"],
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": parameters["enableAcceptEncodingGzip"],
                "EnableAcceptEncodingBrotli": parameters["enableAcceptEncodingBrotli"],
                "CookiesConfig": {"CookieBehavior": parameters["cookiesConfig"]["cookieBehavior"]},
                "HeadersConfig": {"HeaderBehavior": parameters["headersConfig"]["headerBehavior"]},
                "QueryStringsConfig": {"QueryStringBehavior": parameters["queryStringsConfig"]["queryStringBehavior"]},
            },
        }

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("cloudfront").create_cache_policy(CachePolicyConfig=self._config(inputs))
        return Created(made["CachePolicy"]["Id"], {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        cloudfront = aws("cloudfront")
        etag = self._get(cloudfront, id)["ETag"]
        cloudfront.update_cache_policy(Id=id, IfMatch=etag, CachePolicyConfig=self._config(new))
        return {}

    def _get(self, cloudfront: Any, id: str) -> dict[str, Any]:
        return cloudfront.get_cache_policy(Id=id)

    def _delete(self, cloudfront: Any, id: str, etag: str) -> None:
        cloudfront.delete_cache_policy(Id=id, IfMatch=etag)


class ResponseHeadersPolicy(_Versioned):
    pulumi_type = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
    inputs = frozenset(("name", "comment", "securityHeadersConfig", "customHeadersConfig"))
    name_input = "name"
    name_limit = 128

    def _config(self, inputs: Inputs) -> dict[str, Any]:
        config: dict[str, Any] = {"Name": inputs["name"], "Comment": inputs.get("comment", "")}
        if given := inputs.get("securityHeadersConfig"):
            security: dict[str, Any] = {}
            if transport := given.get("strictTransportSecurity"):
                security["StrictTransportSecurity"] = {
                    "Override": transport["override"],
                    "AccessControlMaxAgeSec": transport["accessControlMaxAgeSec"],
                    "IncludeSubdomains": transport.get("includeSubdomains", False),
                    "Preload": transport.get("preload", False),
                }
            if types := given.get("contentTypeOptions"):
                security["ContentTypeOptions"] = {"Override": types["override"]}
            for name, value in (("frameOptions", "frameOption"), ("referrerPolicy", "referrerPolicy")):
                if option := given.get(name):
                    security[name[0].upper() + name[1:]] = {
                        "Override": option["override"],
                        value[0].upper() + value[1:]: option[value],
                    }
            if content := given.get("contentSecurityPolicy"):
                security["ContentSecurityPolicy"] = {
                    "Override": content["override"],
                    "ContentSecurityPolicy": content["contentSecurityPolicy"],
                }
            config["SecurityHeadersConfig"] = security
        if given := inputs.get("customHeadersConfig"):
            items = [
                {"Header": item["header"], "Value": item["value"], "Override": item["override"]}
                for item in given["items"]
            ]
            config["CustomHeadersConfig"] = {"Quantity": len(items), "Items": items}
        return config

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("cloudfront").create_response_headers_policy(ResponseHeadersPolicyConfig=self._config(inputs))
        return Created(made["ResponseHeadersPolicy"]["Id"], {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        cloudfront = aws("cloudfront")
        etag = self._get(cloudfront, id)["ETag"]
        cloudfront.update_response_headers_policy(Id=id, IfMatch=etag, ResponseHeadersPolicyConfig=self._config(new))
        return {}

    def _get(self, cloudfront: Any, id: str) -> dict[str, Any]:
        return cloudfront.get_response_headers_policy(Id=id)

    def _delete(self, cloudfront: Any, id: str, etag: str) -> None:
        cloudfront.delete_response_headers_policy(Id=id, IfMatch=etag)


class Distribution(_Versioned):
    """A distribution of S3 origins with one cache behaviour."""

    pulumi_type = "aws:cloudfront/distribution:Distribution"
    inputs = frozenset(
        (
            "aliases",
            "comment",
            "customErrorResponses",
            "defaultCacheBehavior",
            "defaultRootObject",
            "enabled",
            "httpVersion",
            "isIpv6Enabled",
            "origins",
            "priceClass",
            "restrictions",
            "tags",
            "viewerCertificate",
        )
    )

    def _config(self, inputs: Inputs, reference: str) -> dict[str, Any]:
        behavior = inputs["defaultCacheBehavior"]
        return {
            "CallerReference": reference,
            "Enabled": inputs["enabled"],
            "Comment": inputs.get("comment", ""),
            "HttpVersion": inputs["httpVersion"],
            "IsIPV6Enabled": inputs["isIpv6Enabled"],
            "PriceClass": inputs["priceClass"],
            "DefaultRootObject": inputs["defaultRootObject"],
            "Aliases": _list(inputs.get("aliases") or []),
            "Origins": _list(
                [
                    {
                        "Id": origin["originId"],
                        "DomainName": origin["domainName"],
                        "OriginPath": "",
                        "OriginAccessControlId": origin["originAccessControlId"],
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                    for origin in inputs["origins"]
                ]
            ),
            "DefaultCacheBehavior": {
                "TargetOriginId": behavior["targetOriginId"],
                "ViewerProtocolPolicy": behavior["viewerProtocolPolicy"],
                "AllowedMethods": {
                    **_list(behavior["allowedMethods"]),
                    "CachedMethods": _list(behavior["cachedMethods"]),
                },
                "Compress": behavior["compress"],
                "CachePolicyId": behavior["cachePolicyId"],
                "ResponseHeadersPolicyId": behavior["responseHeadersPolicyId"],
            },
            "CustomErrorResponses": _list(
                [
                    {
                        "ErrorCode": page["errorCode"],
                        "ResponseCode": str(page["responseCode"]),
                        "ResponsePagePath": page["responsePagePath"],
                        "ErrorCachingMinTTL": page["errorCachingMinTtl"],
                    }
                    for page in inputs.get("customErrorResponses") or []
                ]
            ),
            "Restrictions": {
                "GeoRestriction": {
                    "RestrictionType": inputs["restrictions"]["geoRestriction"]["restrictionType"],
                    "Quantity": 0,
                }
            },
            "ViewerCertificate": _certificate(inputs["viewerCertificate"]),
        }

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        reference = self.auto_name("distribution", {})
        made = aws("cloudfront").create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": self._config(inputs, reference),
                "Tags": {"Items": tag_list(inputs)},
            }
        )["Distribution"]
        outputs = {
            "arn": made["ARN"],
            "domainName": made["DomainName"],
            "hostedZoneId": HOSTED_ZONE,
            "callerReference": reference,
        }
        return Created(made["Id"], outputs)

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        cloudfront = aws("cloudfront")
        etag = self._get(cloudfront, id)["ETag"]
        config = self._config(new, outputs["callerReference"])
        cloudfront.update_distribution(Id=id, IfMatch=etag, DistributionConfig=config)
        if old.get("tags") != new.get("tags"):
            update_tags(aws, outputs["arn"], old, new)
        return {}

    def _get(self, cloudfront: Any, id: str) -> dict[str, Any]:
        return cloudfront.get_distribution(Id=id)

    def _delete(self, cloudfront: Any, id: str, etag: str) -> None:
        config = cloudfront.get_distribution_config(Id=id)["DistributionConfig"]
        if config["Enabled"]:
            config["Enabled"] = False
            etag = cloudfront.update_distribution(Id=id, IfMatch=etag, DistributionConfig=config)["ETag"]
        cloudfront.delete_distribution(Id=id, IfMatch=etag)


def _list(items: list[Any]) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": items} if items else {"Quantity": 0}


def _certificate(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("cloudfrontDefaultCertificate"):
        return {"CloudFrontDefaultCertificate": True}
    return {
        "ACMCertificateArn": given["acmCertificateArn"],
        "SSLSupportMethod": given["sslSupportMethod"],
        "MinimumProtocolVersion": given["minimumProtocolVersion"],
    }
