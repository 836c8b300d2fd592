#!/usr/bin/env bash
# DynamoDB Local 2.5.4 (com.amazonaws:DynamoDBLocal, from Maven Central), started with -inMemory and asked for nothing.
# Guess: in memory means that nothing is written, and an engine for one's own machine tells nobody of itself unless it is asked to.
# Seen: it leaves dynamodb-local-metadata.json, with an id of the installation and `telemetryEnabled` "true", in the folder that it is
# started in, and says nothing of it. With -disableTelemetry there is no such file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>2.5.4</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B dependency:copy-dependencies -DoutputDirectory=libraries >/dev/null
seen() { # what is in the folder that an engine with these options was started in, and whether it said so
  mkdir "$1" && cd "$1"
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  timeout 30 java -Djava.library.path=../libraries -cp "../libraries/*" \
    com.amazonaws.services.dynamodbv2.local.main.ServerRunner -inMemory -port "$port" "${@:2}" >../"$1".log 2>&1 || true
  cd ..
  grep -q "Version:.*2.5.4" "$1".log
  printf '%s|%s|%s' "$(ls "$1")" "$(grep -o '"telemetryEnabled":"[a-z]*"' "$1"/*.json 2>/dev/null || true)" "$(grep -ic telemetry "$1".log || true)"
}
plain=$(seen plain)
silent=$(seen silent -disableTelemetry)
echo "files, setting, lines of its output about it: $plain; with -disableTelemetry: $silent"
[ "$plain" = 'dynamodb-local-metadata.json|"telemetryEnabled":"true"|0' ]
[ "$silent" = '||0' ]
