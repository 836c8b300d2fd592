package engagement;

import io.trino.Session;
import io.trino.plugin.hive.HivePlugin;
import io.trino.spi.type.TimeZoneKey;
import io.trino.testing.DistributedQueryRunner;
import io.trino.testing.TestingSession;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A Trino of one node whose catalog `awsdatacatalog` is a Glue catalog and the S3 objects that it names.
 *
 * Arguments: the endpoint of both, the region, a folder for the node's data, a file to which the address of its HTTP
 * interface is written when it answers. It ends with its standard input.
 */
public final class Engine
{
    private static final String KEY = "test";

    private Engine() {}

    public static void main(String[] arguments)
            throws Exception
    {
        String endpoint = arguments[0];
        String region = arguments[1];
        Path folder = Path.of(arguments[2]);
        Path address = Path.of(arguments[3]);
        Session session = TestingSession.testSessionBuilder()
                .setCatalog("awsdatacatalog")
                .setSchema("default")
                .setTimeZoneKey(TimeZoneKey.UTC_KEY)
                .build();
        try (DistributedQueryRunner runner = DistributedQueryRunner.builder(session)
                .setWorkerCount(0)
                .setBaseDataDir(java.util.Optional.of(folder))
                .build()) {
            runner.installPlugin(new HivePlugin());
            runner.createCatalog("awsdatacatalog", "hive", Map.ofEntries(
                    Map.entry("hive.metastore", "glue"),
                    Map.entry("hive.metastore.glue.region", region),
                    Map.entry("hive.metastore.glue.endpoint-url", endpoint),
                    Map.entry("hive.metastore.glue.aws-access-key", KEY),
                    Map.entry("hive.metastore.glue.aws-secret-key", KEY),
                    Map.entry("hive.partition-projection-enabled", "true"),
                    Map.entry("hive.timestamp-precision", "MILLISECONDS"),
                    Map.entry("fs.native-s3.enabled", "true"),
                    Map.entry("s3.endpoint", endpoint),
                    Map.entry("s3.region", region),
                    Map.entry("s3.path-style-access", "true"),
                    Map.entry("s3.aws-access-key", KEY),
                    Map.entry("s3.aws-secret-key", KEY)));
            Files.writeString(address, runner.getCoordinator().getBaseUrl().toString());
            while (System.in.read() >= 0) {
            }
        }
    }
}
