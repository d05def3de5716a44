package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.s3.S3Location;
import io.holdfast.storage.s3.S3Store;
import io.holdfast.testkit.RadosGateway;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** The whole program with its repository in a bucket of a real server. */
@Tag("slow")
@Tag("root")
final class S3RepositoryTest {
    private static final AtomicInteger NEXT = new AtomicInteger();

    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path data = Path.of("/nonexistent");

    @BeforeEach
    void makeData() throws IOException {
        System.setProperty("aws.accessKeyId", RadosGateway.ACCESS_KEY);
        System.setProperty("aws.secretAccessKey", RadosGateway.SECRET_KEY);
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        data = Files.createDirectory(directory.resolve("data"));
        Files.write(data.resolve("large"), new SeededRandom(1).bytes(5_000_000));
        Files.writeString(data.resolve("small"), "content");
    }

    /** A new bucket, as the user names it. */
    private static String url(URI endpoint, boolean locking, String options) {
        String bucket = "cli-" + ProcessHandle.current().pid() + "-" + NEXT.incrementAndGet();
        try (S3Client client = client()) {
            var ignored = client.createBucket(request -> request.bucket(bucket).objectLockEnabledForBucket(locking));
        }
        return "s3://" + bucket + "/backups?endpoint=" + endpoint + options;
    }

    private static S3Client client() {
        return S3Client.builder()
                .endpointOverride(RadosGateway.shared().endpoint())
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(RadosGateway.ACCESS_KEY, RadosGateway.SECRET_KEY)))
                .build();
    }

    private String backUp() {
        return String.valueOf(home.json("backup", data.toString()).getLast().get("snapshot"));
    }

    private void restores(String snapshot) throws IOException {
        Path target = Files.createTempDirectory(directory, "target");
        home.run("restore", snapshot, "--target", target.toString(), "--verify").succeeded();
        for (String name : List.of("large", "small")) {
            assertThat(target.resolve(data.toString().substring(1)).resolve(name))
                    .hasSameBinaryContentAs(data.resolve(name));
        }
    }

    /** The server keeps what Holdfast locks, whoever asks. */
    @Test
    void locksSnapshotsInABucketThatCan() throws IOException {
        String url = url(RadosGateway.shared().endpoint(), true, "&lock-mode=governance");
        home.set("HOLDFAST_REPO", url);
        home.run("init", "--lock-for", "1d").succeeded();
        String first = backUp();
        Files.writeString(data.resolve("small"), "changed");
        String second = backUp();

        assertThat(home.json("snapshots"))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).containsKey("locked_until"));
        assertThat(home.run("forget", first).failure(4)).contains("is locked until");
        try (S3Store bucket = S3Store.open(S3Location.parse(url))) {
            List<ObjectName> names = new ArrayList<>();
            bucket.list("", object -> names.add(object.name()));
            assertThat(names).isNotEmpty();
            for (ObjectName name : names) {
                // What lies at the names of other snapshots are tombstones.
                boolean isNeeded = Stream.of("config/", "keys/", "packs/")
                                .anyMatch(prefix -> name.value().startsWith(prefix))
                        || Stream.of(first, second)
                                .anyMatch(id -> name.value().startsWith("snapshots/")
                                        && name.value().endsWith(id));
                assertThat(isLocked(bucket, name)).as(name.value()).isEqualTo(isNeeded);
            }
        }
        putMarkersOverEverything(url);
        assertThat(home.run("snapshots").failure(10)).contains("there is no repository");

        assertThat(home.run("storage", "undelete", url).succeeded().out()).contains("are there again");

        home.run("repair").succeeded();
        assertThat(home.json("snapshots")).hasSize(2);
        restores(second);
        assertThat(home.json("storage", "undelete", url).getFirst()).containsEntry("objects", 0L);
    }

    /** As somebody does who has the credentials and ill will. */
    private static void putMarkersOverEverything(String url) {
        String bucket = url.substring("s3://".length(), url.indexOf("/backups"));
        try (S3Client client = client()) {
            client.listObjectsV2Paginator(request -> request.bucket(bucket))
                    .contents()
                    .forEach(object -> {
                        var ignored = client.deleteObject(
                                request -> request.bucket(bucket).key(object.key()));
                    });
        }
    }

    private static boolean isLocked(ObjectStore store, ObjectName name) {
        try {
            return !store.delete(name);
        } catch (HoldfastException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.REFUSED);
            return true;
        }
    }

    @Test
    void saysThatAPlainBucketCannotLock() {
        home.set("HOLDFAST_REPO", url(RadosGateway.shared().endpoint(), false, ""));
        assertThat(home.run("init", "--lock-for", "1d").failure(4)).contains("cannot lock snapshots");
        home.run("init").succeeded();
        assertThat(home.run("backup", data.toString(), "--lock-for", "1d").failure(4))
                .contains("cannot lock snapshots");
        backUp();
        assertThat(home.run("hold", "add", "latest", "--for", "1d").failure(4)).contains("cannot lock");
        home.run("hold", "add", "latest").succeeded();
    }

    @Test
    void doesWhatItDoesOnADisk() throws IOException {
        String url = url(RadosGateway.shared().endpoint(), false, "");
        home.set("HOLDFAST_REPO", url);
        assertThat(home.run("snapshots").failure(10)).contains("there is no repository at s3://");
        for (String unknown : List.of("NONSENSE", "GLACIER")) {
            assertThat(home.run("init", "--data-class", unknown).failure(2)).contains("storage class " + unknown);
        }
        assertThat(home.run("init", "--data-class", "STANDARD_IA").succeeded().out())
                .contains("Made repository", url, "STANDARD_IA")
                .doesNotContain("one writer at a time");
        String first = backUp();
        Files.write(data.resolve("large"), new SeededRandom(2).bytes(5_000_000));
        String second = backUp();
        assertThat(home.json("snapshots")).extracting(line -> line.get("id")).containsExactly(first, second);
        assertThat(home.run("find", "small").succeeded().out()).contains("2 matches");
        restores(second);
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        home.run("forget", first).succeeded();
        Map<String, Object> pruned = home.json("prune").getLast();
        assertThat((Long) pruned.get("freed_bytes")).isGreaterThan(4_000_000L);
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        restores("latest");
        assertThat(home.run("init").failure(4)).contains("already");
    }

    @Test
    void encryptsWithKeysOfTheStoreOrOfTheCustomer() throws IOException {
        Path key = directory.resolve("sse.key");
        Files.write(key, new SeededRandom(3).bytes(32));
        Path wrong = directory.resolve("wrong.key");
        Files.write(wrong, new SeededRandom(4).bytes(32));
        String plain = url(RadosGateway.shared().endpoint(), false, "");
        home.set("HOLDFAST_REPO", plain + "&sse=c&sse-key-file=" + key);
        home.run("init").succeeded();
        restores(backUp());
        home.set("HOLDFAST_REPO", plain + "&sse=c&sse-key-file=" + wrong);
        TestHome.Run refused = home.run("snapshots");
        assertThat(refused.code()).isIn(11, 12);
        assertThat(refused.err()).contains("sse=c");
        home.set("HOLDFAST_REPO", plain);
        assertThat(home.run("snapshots").failure(12)).contains("sse=c");

        home.set("HOLDFAST_REPO", url(RadosGateway.shared().endpoint(), false, "&sse=kms:testkey-1"));
        home.run("init").succeeded();
        restores(backUp());
    }

    @Test
    void speaksTlsWithAnAuthorityOfOnesOwn() throws IOException {
        RadosGateway gateway = RadosGateway.shared();
        String url = url(gateway.secureEndpoint(), false, "");
        home.set("HOLDFAST_REPO", url);
        assertThat(home.run("snapshots").failure(11)).contains("no secure connection", "ca-file");
        home.set("HOLDFAST_REPO", url + "&ca-file=" + gateway.certificate());
        home.run("init").succeeded();
        restores(backUp());
    }

    /** This server ignores the condition of a put where a bucket has versions. */
    @Test
    void keepsToASingleWriterWhereTheStoreCannotKeepTwoApart() throws IOException {
        home.set("HOLDFAST_REPO", url(RadosGateway.shared().endpoint(), true, ""));
        assertThat(home.run("init").succeeded().out()).contains("one writer at a time, and no prune");
        String first = backUp();
        backUp();
        restores(first);
        assertThat(home.run("prune").failure(4)).contains("cannot be pruned", "If-None-Match");
        home.run("forget", first).succeeded();
        assertThat(home.json("snapshots")).hasSize(1);
    }

    @Test
    void waitsForAServerThatRestarts() throws Exception {
        home.set("HOLDFAST_REPO", url(RadosGateway.shared().endpoint(), false, ""));
        home.run("init").succeeded();
        for (int i = 0; i < 20; i++) {
            Files.write(data.resolve("f" + i), new SeededRandom(100 + i).bytes(12 << 20));
        }
        Thread restarting = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(1_500);
                RadosGateway.shared().restart();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        String snapshot = backUp();
        restarting.join();
        restores(snapshot);
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
    }

    @Test
    void triesOutPlaces() throws IOException {
        String good = url(RadosGateway.shared().endpoint(), false, "");
        assertThat(home.run("storage", "validate", good).succeeded().out())
                .contains("may be used for everything")
                .doesNotContain("FAILED");
        TestHome.Run locking =
                home.run("storage", "validate", url(RadosGateway.shared().endpoint(), true, ""));
        assertThat(locking.code()).isEqualTo(4);
        assertThat(locking.out()).contains("FAILED  of several clients", "by one writer at a time");
        assertThat(home.run("storage", "validate", directory.resolve("new").toString())
                        .succeeded()
                        .out())
                .contains("may be used for everything");
    }

    @Test
    void saysWhatIsWrong() {
        String endpoint = RadosGateway.shared().endpoint().toString();
        home.set("HOLDFAST_REPO", "s3://no-such-bucket/x?endpoint=" + endpoint);
        assertThat(home.run("snapshots").failure(10))
                .contains("no-such-bucket", "NoSuchBucket", "make the bucket first");
        TestHome.Run validated = home.run("storage", "validate", "s3://no-such-bucket/x?endpoint=" + endpoint);
        assertThat(validated.failure(10)).contains("no-such-bucket", "NoSuchBucket", "make the bucket first");
        assertThat(validated.out()).isEmpty();
        home.set("HOLDFAST_REPO", "s3://bucket/x?endpoint=http://127.0.0.1:1");
        assertThat(home.run("snapshots").failure(11)).contains("no connection", "Check the endpoint");
        for (String wrong : List.of(
                "s3://",
                "s3:///x",
                "s3://UPPER/x",
                "s3://bucket/x?endpoint=ftp://host",
                "s3://bucket/x?nonsense=1",
                "s3://bucket/x?region=",
                "s3://bucket/x?region=a&region=b",
                "s3://bucket/x?path-style=maybe",
                "s3://bucket/x?sse=c",
                "s3://bucket/x?metadata-class=GLACIER",
                "s3://bucket/x?storage-class=cold",
                "s3://bucket/a b")) {
            home.set("HOLDFAST_REPO", wrong);
            assertThat(home.run("snapshots").failure(2)).as(wrong).contains(wrong);
        }
    }
}
