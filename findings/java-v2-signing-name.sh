#!/usr/bin/env bash
# AWS SDK for Java v2 2.31.78 (pinpoint, url-connection-client): the execution attribute SERVICE_SIGNING_NAME.
# Guess: `overrideConfiguration(c -> c.putExecutionAttribute(AwsSignerExecutionAttribute.SERVICE_SIGNING_NAME, "lambda"))`
# changes the service in the signature's scope, as its name says.
# Seen: it changes nothing and nothing warns; only a signer property of the client's auth scheme does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>software.amazon.awssdk</groupId><artifactId>pinpoint</artifactId><version>2.31.78</version>
      <exclusions>
        <exclusion><groupId>software.amazon.awssdk</groupId><artifactId>netty-nio-client</artifactId></exclusion>
        <exclusion><groupId>software.amazon.awssdk</groupId><artifactId>apache-client</artifactId></exclusion>
      </exclusions></dependency>
    <dependency><groupId>software.amazon.awssdk</groupId><artifactId>url-connection-client</artifactId><version>2.31.78</version></dependency>
  </dependencies>
</project>
XML
cat >Check.java <<'JAVA'
import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.*;
import software.amazon.awssdk.auth.signer.AwsSignerExecutionAttribute;
import software.amazon.awssdk.core.interceptor.*;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.scheme.AuthSchemeOption;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.pinpoint.*;

class Check {
    static String scope(Consumer<PinpointClientBuilder> change) {
        AtomicReference<String> seen = new AtomicReference<>();
        PinpointClientBuilder builder = PinpointClient.builder().region(Region.EU_WEST_1)
            .endpointOverride(URI.create("http://127.0.0.1:9"))
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")));
        ExecutionInterceptor reader = new ExecutionInterceptor() {
            public void beforeTransmission(Context.BeforeTransmission call, ExecutionAttributes attributes) {
                seen.set(call.httpRequest().firstMatchingHeader("Authorization").orElse("").replaceAll(".*/([a-z-]+)/aws4_request.*", "$1"));
                throw new IllegalStateException("seen");
            }
        };
        builder.overrideConfiguration(c -> c.addExecutionInterceptor(reader));
        change.accept(builder);
        try { builder.build().getApp(r -> r.applicationId("x")); } catch (RuntimeException expected) { }
        return seen.get();
    }
    public static void main(String[] none) {
        String attribute = scope(b -> b.overrideConfiguration(b.overrideConfiguration().toBuilder()
            .putExecutionAttribute(AwsSignerExecutionAttribute.SERVICE_SIGNING_NAME, "lambda").build()));
        String property = scope(b -> b.authSchemeProvider(call -> List.of(AuthSchemeOption.builder().schemeId("aws.auth#sigv4")
            .putSignerProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "lambda")
            .putSignerProperty(AwsV4HttpSigner.REGION_NAME, "eu-west-1").build())));
        System.out.println(attribute + " " + property);
    }
}
JAVA
mvn -q -B dependency:copy-dependencies -DoutputDirectory=libraries >/dev/null
seen=$(java -cp "libraries/*" Check.java 2>/dev/null)
echo "scope by execution attribute, by the auth scheme's property: $seen"
[ "$seen" = "mobiletargeting lambda" ]
