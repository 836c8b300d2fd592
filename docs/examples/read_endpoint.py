"""Reads an endpoint: `python read_endpoint.py ENDPOINT_ID`, after `eval "$(sandbox env)"`."""

import json
import os
import sys

from hosted_client import engagement_client


def main(endpoint_id):
    client = engagement_client()
    try:
        answer = client.get_endpoint(ApplicationId=os.environ["APPLICATION_ID"], EndpointId=endpoint_id)
    except client.exceptions.NotFoundException as error:
        sys.exit(error.response["Error"]["Message"])
    print(json.dumps(answer["EndpointResponse"], indent=2))


if __name__ == "__main__":
    main(sys.argv[1])
