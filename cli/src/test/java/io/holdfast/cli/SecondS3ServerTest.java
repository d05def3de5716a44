package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.RadosGateway;
import io.holdfast.testkit.S3Mock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;

/** The whole program with its repository in a bucket of S3Mock, which has other ways than the server of {@link S3RepositoryTest}. */
@Tag("slow")
final class SecondS3ServerTest {
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

    /** @param name also the bucket's */
    private static String url(String name, boolean versions, boolean locking) {
        String bucket = name + "-" + ProcessHandle.current().pid();
        try (S3Client client = S3Client.builder()
                .endpointOverride(S3Mock.shared().endpoint())
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(AnonymousCredentialsProvider.create())
                .build()) {
            var made = client.createBucket(request -> request.bucket(bucket).objectLockEnabledForBucket(locking));
            assertThat(made.location()).isNotEmpty();
            if (versions) {
                var versioned = client.putBucketVersioning(request -> request.bucket(bucket)
                        .versioningConfiguration(wanted -> wanted.status(BucketVersioningStatus.ENABLED)));
                assertThat(versioned.sdkHttpResponse().isSuccessful()).isTrue();
            }
        }
        return "s3://" + bucket + "/backups?endpoint=" + S3Mock.shared().endpoint();
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

    /** With versions, and prune all the same: the other server ignores conditions there, so that it can do the one or the other. */
    @Test
    void doesWhatItDoesOnADisk() throws IOException {
        home.set("HOLDFAST_REPO", url("versions", true, false));
        home.run("init").succeeded();
        String first = backUp();
        Files.write(data.resolve("large"), new SeededRandom(2).bytes(5_000_000));
        String second = backUp();
        restores("latest");
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        home.run("forget", first).succeeded();
        Map<String, Object> pruned = home.json("prune").getLast();
        assertThat((Long) pruned.get("freed_bytes")).isGreaterThan(4_000_000L);
        assertThat(home.json("snapshots")).extracting(line -> line.get("id")).containsExactly(second);
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        restores(second);
        assertThat(home.run("init").failure(4)).contains("already");
    }

    /** Its condition is no single step: what a probe of one client cannot see, several at once do. This server is slow with many objects. */
    @Test
    @Tag("long")
    void findsThatTwoMayWin() {
        TestHome.Run run = home.run("storage", "validate", url("validated", false, false));
        assertThat(run.code()).as(run.out()).isEqualTo(4);
        assertThat(run.out())
                .contains(
                        "FAILED  of several clients",
                        "clients were told that they had won a name",
                        "nobody will be refused");
    }

    /** It offers locks and forgets them: that must not look like a locked snapshot. */
    @Test
    void makesNoLockedSnapshotWhereLocksAreForgotten() {
        home.set("HOLDFAST_REPO", url("locks", true, true));
        home.run("init", "--lock-for", "1d").succeeded();
        assertThat(home.run("backup", data.toString()).failure(4)).contains("nothing is locked there");
        assertThat(home.json("snapshots")).isEmpty();
    }
}
