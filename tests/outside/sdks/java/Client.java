// One call of Java's Pinpoint client (v2) that signs for lambda: prints the application's name.
// Usage: java -cp "LIBRARIES/*" Client.java ENDPOINT_URL APPLICATION_ID
import java.net.URI;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.scheme.AuthSchemeOption;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.pinpoint.PinpointClient;
import software.amazon.awssdk.services.pinpoint.model.NotFoundException;

class Client {
    public static void main(String[] arguments) {
        PinpointClient client = PinpointClient.builder()
            .region(Region.EU_WEST_1)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .endpointOverride(URI.create(arguments[0]))
            .authSchemeProvider(call -> List.of(AuthSchemeOption.builder()
                .schemeId("aws.auth#sigv4")
                .putSignerProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "lambda")
                .putSignerProperty(AwsV4HttpSigner.REGION_NAME, call.region().id())
                .build()))
            .build();
        try {
            System.out.println(client.getApp(r -> r.applicationId(arguments[1])).applicationResponse().name());
        } catch (NotFoundException missing) {
            System.out.println("NotFoundException: " + missing.getMessage());
        }
    }
}
