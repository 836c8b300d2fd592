#!/usr/bin/env bash
# aws-sdk (JavaScript v2) 2.1693.0: `client.api.signingName = "..."` on one client changes every client of that service.
# Guess: a property that is set on one client stays with it, as `config.signingName` or boto3's event handlers would.
# Seen: `api` is one object for all clients of a service and version, made before or after, so all sign for that name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund aws-sdk@2.1693.0 >/dev/null 2>&1
cat >check.js <<'JS'
const AWS = require("aws-sdk");
const options = { endpoint: "http://127.0.0.1:9", region: "eu-west-1", credentials: new AWS.Credentials("a", "b") };
const scope = (client) =>
  new Promise((resolve) => {
    const request = client.getApp({ ApplicationId: "x" });
    request.on("sign", () => {}).on("send", () => {
      resolve(request.httpRequest.headers.Authorization.match(/eu-west-1\/([a-z-]+)\/aws4/)[1]);
      request.abort();
    });
    request.send(() => {});
  });
(async () => {
  const before = new AWS.Pinpoint(options);
  const first = await scope(before);
  new AWS.Pinpoint(options).api.signingName = "lambda";
  console.log(first, await scope(before), await scope(new AWS.Pinpoint(options)));
})();
JS
seen=$(node check.js 2>/dev/null)
echo "own name, an older client after the change, a newer client: $seen"
[ "$seen" = "mobiletargeting lambda lambda" ]
