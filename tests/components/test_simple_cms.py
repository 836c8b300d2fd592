"""Architecture 10 as registered: private content behind a distribution, logs, domain, first upload."""

import json

import pydantic
import pytest

from components.building_blocks.account import Account
from components.simple_cms import SimpleCms, SimpleCmsArgs, SimpleCmsConfig
from tests.recorder import ACCOUNT, REGION, record

ZONE = "Z0123456789ABCDEFGHIJ"


def built(**config):
    def program():
        cms = SimpleCms("cms", SimpleCmsArgs(SimpleCmsConfig(**config), Account(ACCOUNT, REGION, "aws")))
        return {"domain": cms.domain, "url": cms.url}

    return record(program)


def policy_of(recorder, bucket):
    found = [each for each in recorder.of("BucketPolicy") if each.inputs["bucket"] == bucket]
    assert len(found) == 1
    return json.loads(found[0].inputs["policy"])["Statement"]


def test_only_this_distribution_may_read_the_content():
    recorder = built()
    distribution = recorder.one("Distribution")
    allowed = [each for each in policy_of(recorder, "cms-content-bucket") if each["Effect"] == "Allow"]
    assert allowed == [
        {
            "Sid": "ThroughTheDistribution",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::cms-content-bucket/*",
            "Condition": {"StringEquals": {"aws:SourceArn": distribution.outputs["arn"]}},
        }
    ]
    assert distribution.inputs["origins"][0]["originAccessControlId"] == "cms-access-id"
    assert recorder.one("OriginAccessControl").inputs["signingBehavior"] == "always"


def test_it_serves_https_compressed_with_secure_headers_and_the_seeds_cache_time():
    recorder = built()
    inputs = recorder.one("Distribution").inputs
    behavior = inputs["defaultCacheBehavior"]
    assert behavior["viewerProtocolPolicy"] == "redirect-to-https"
    assert behavior["allowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert behavior["compress"] and inputs["isIpv6Enabled"] and inputs["httpVersion"] == "http2and3"
    assert inputs["defaultRootObject"] == "index.html"
    assert recorder.one("CachePolicy").inputs["defaultTtl"] == 3600
    security = recorder.one("ResponseHeadersPolicy").inputs["securityHeadersConfig"]
    assert security["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 31_536_000
    assert {"contentTypeOptions", "frameOptions", "referrerPolicy", "contentSecurityPolicy"} < security.keys()
    assert recorder.outputs["url"] == f"https://{recorder.outputs['domain']}/"


def test_the_cache_time_is_config():
    policy = built(cache_seconds=60).one("CachePolicy").inputs
    assert (policy["minTtl"], policy["defaultTtl"]) == (0, 60)


def test_both_kinds_of_logs_may_be_written_to_their_own_prefix_by_this_accounts_services_alone():
    recorder = built()
    allowed = {each["Sid"]: each for each in policy_of(recorder, "cms-logs-bucket") if each["Effect"] == "Allow"}
    assert allowed["BucketLogs"]["Resource"] == "arn:aws:s3:::cms-logs-bucket/s3/*"
    assert allowed["BucketLogs"]["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:s3:::cms-content-bucket"}
    assert allowed["DistributionLogs"]["Resource"] == "arn:aws:s3:::cms-logs-bucket/cloudfront/*"
    assert all(each["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT} for each in allowed.values())
    assert recorder.one("BucketLogging").inputs["targetPrefix"] == "s3/"
    source = recorder.one("LogDeliverySource").inputs
    assert (source["logType"], source["region"]) == ("ACCESS_LOGS", "us-east-1")
    target = recorder.one("LogDeliveryDestination").inputs["deliveryDestinationConfiguration"]
    assert target["destinationResourceArn"] == "arn:aws:s3:::cms-logs-bucket/cloudfront"


def test_a_domain_gets_a_certificate_where_cloudfront_looks_for_it_and_records_of_both_kinds():
    recorder = built(domain={"name": "images.example.com", "hostedZoneId": ZONE})
    assert recorder.one("Certificate").inputs["region"] == "us-east-1"
    inputs = recorder.one("Distribution").inputs
    assert inputs["aliases"] == ["images.example.com"]
    assert inputs["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    records = {each.inputs["type"]: each.inputs for each in recorder.of("Record")}
    assert records.keys() == {"CNAME", "A", "AAAA"}
    assert all(records[kind]["name"] == "images.example.com" for kind in ("A", "AAAA"))
    assert recorder.outputs["url"] == "https://images.example.com/"


def test_a_certificate_of_ones_own_is_taken_and_dns_without_a_zone_left_alone():
    arn = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1"
    recorder = built(domain={"name": "images.example.com", "certificateArn": arn})
    assert recorder.one("Distribution").inputs["viewerCertificate"]["acmCertificateArn"] == arn
    assert not recorder.of("Certificate") and not recorder.of("Record")


def test_a_domain_that_cannot_be_proven_is_refused():
    with pytest.raises(pydantic.ValidationError, match="neither hostedZoneId nor certificateArn"):
        SimpleCmsConfig(domain={"name": "images.example.com"})


def test_files_are_uploaded_once_with_their_type_and_stay_with_the_data(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("a b.html", "sub/x.png", "data.bin", ".git/config", ".hidden"):
        (tmp_path / name).write_text("x")
    recorder = built(first_upload=str(tmp_path))
    types = {each.inputs["key"]: each.inputs["contentType"] for each in recorder.of("BucketObjectv2")}
    assert types == {
        "a b.html": "text/html; charset=utf-8",
        "sub/x.png": "image/png",
        "data.bin": "application/octet-stream",
    }


@pytest.mark.parametrize("given", ["no/such/folder", "empty"])
def test_a_folder_without_files_is_refused(tmp_path, given):
    (tmp_path / "empty").mkdir()
    with pytest.raises(pydantic.ValidationError, match="allowed: a folder that exists, with files"):
        SimpleCmsConfig(first_upload=str(tmp_path / given))


def test_a_page_for_what_does_not_exist_answers_with_404():
    page = built(not_found_page="404.html").one("Distribution").inputs["customErrorResponses"][0]
    assert (page["errorCode"], page["responseCode"], page["responsePagePath"]) == (403, 404, "/404.html")


def test_files_and_logs_stay_unless_config_says_otherwise():
    assert [each.inputs["forceDestroy"] for each in built().of("Bucket")] == [False, False]
    assert [each.inputs["forceDestroy"] for each in built(retain_data=False).of("Bucket")] == [True, True]
