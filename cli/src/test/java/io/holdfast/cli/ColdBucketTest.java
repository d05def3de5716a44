package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.FakeS3;
import io.holdfast.testkit.FakeS3.Request;
import io.holdfast.testkit.RadosGateway;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Data packs in GLACIER and DEEP_ARCHIVE: what is asked of the server. */
@Timeout(300)
final class ColdBucketTest {
    @TempDir
    private Path directory;

    private final FakeS3 server = new FakeS3();
    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path data = Path.of("/nonexistent");

    @BeforeEach
    void setUp() throws IOException {
        System.setProperty("aws.accessKeyId", RadosGateway.ACCESS_KEY);
        System.setProperty("aws.secretAccessKey", RadosGateway.SECRET_KEY);
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        home.set("HOLDFAST_REPO", "s3://bucket/backups?endpoint=" + server.endpoint());
        data = Files.createDirectory(directory.resolve("data"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void backUpTwoFiles() throws IOException {
        for (String name : List.of("a", "b")) {
            Files.write(data.resolve(name), new SeededRandom(name.charAt(0)).bytes(2_000_000));
            home.run("backup", data.toString()).succeeded();
        }
    }

    private List<Request> asked(int from) {
        return since(from).stream()
                .filter(request -> request.query().containsKey("restore"))
                .toList();
    }

    private List<Request> since(int from) {
        return server.requests().subList(from, server.requests().size());
    }

    private String target() {
        return directory.resolve("target").toString();
    }

    private void isRestored(String... names) {
        for (String name : names) {
            assertThat(Path.of(target()).resolve(data.toString().substring(1)).resolve(name))
                    .hasSameBinaryContentAs(data.resolve(name));
        }
    }

    @Test
    void putsOnlyDataPacksIntoTheClass() throws IOException {
        home.run("init", "--data-class", "GLACIER").succeeded();
        backUpTwoFiles();
        List<Request> puts = server.requests().stream()
                .filter(request ->
                        request.method().equals("PUT") && !request.key().contains("/probe/"))
                .toList();
        assertThat(puts).anyMatch(put -> put.key().contains("/packs/data/"));
        assertThat(puts)
                .allSatisfy(put -> assertThat(put.header("x-amz-storage-class").isPresent())
                        .as(put.key())
                        .isEqualTo(put.key().contains("/packs/data/")));
    }

    @Test
    void thawsWhatIsNeededAndRestoresIt() throws IOException {
        home.run("init", "--data-class", "GLACIER").succeeded();
        backUpTwoFiles();
        assertThat(home.run("restore", "latest", "--target", target()).failure(4))
                .contains("archive class GLACIER", "2 packs", "--thaw");
        assertThat(asked(0)).isEmpty();
        assertThat(home.run("restore", "latest", "--estimate").succeeded().out())
                .contains("12:00:00 h", "5:00:00 h", "5:00 min");

        server.setLooksToThaw(4);
        int before = server.requests().size();
        home.run("restore", "latest", data.resolve("b").toString(), "--target", target(), "--thaw", "standard")
                .succeeded();
        isRestored("b");
        assertThat(asked(before)).hasSize(1);
        assertThat(asked(before).getFirst().text()).contains("<Tier>Standard</Tier>", "<Days>7</Days>");
        String pack = asked(before).getFirst().key();
        int request = server.requests().indexOf(asked(before).getFirst());
        assertThat(since(request).stream()
                        .filter(each -> each.method().equals("HEAD"))
                        .map(Request::key))
                .as("only what it waits for")
                .contains(pack)
                .allMatch(key -> key.equals(pack) || !key.contains("/packs/data/"));

        before = server.requests().size();
        home.run("restore", "latest", "--target", target(), "--thaw", "bulk").succeeded();
        isRestored("a", "b");
        assertThat(asked(before)).hasSize(1).noneMatch(each -> each.key().equals(pack));

        before = server.requests().size();
        home.run("restore", "latest", "--target", target(), "--overwrite", "always", "--verify")
                .succeeded();
        assertThat(asked(before)).isEmpty();
        server.expireCopies();
        assertThat(home.run("restore", "latest", "--target", target(), "--overwrite", "always")
                        .failure(4))
                .contains("--thaw");
    }

    @Test
    void asksNothingTwiceAndFasterOnRequest() throws IOException {
        home.run("init", "--data-class", "GLACIER").succeeded();
        backUpTwoFiles();
        server.setLooksToThaw(1_000);
        String[] bulk = {"restore", "latest", "--thaw", "bulk", "--no-wait"};
        assertThat(home.run(bulk).code()).isEqualTo(6);
        assertThat(asked(0)).hasSize(2);
        assertThat(home.run(bulk).code()).isEqualTo(6);
        assertThat(home.run("restore", "latest", "--thaw", "expedited", "--no-wait")
                        .code())
                .isEqualTo(6);
        assertThat(asked(0)).hasSize(2);
        assertThat(home.run("restore", "latest", "--thaw", "expedited", "--no-wait", "--thaw-faster")
                        .code())
                .isEqualTo(6);
        assertThat(asked(0)).hasSize(4);
        assertThat(asked(0).getLast().text()).contains("<Tier>Expedited</Tier>");
        server.finishThaws();
        assertThat(home.run(bulk).succeeded().out()).contains("can be read now");
        assertThat(asked(0)).hasSize(4);
    }

    @Test
    void knowsThatADeepArchiveHasTwoTiers() throws IOException {
        home.set("HOLDFAST_REPO", "s3://bucket/backups?endpoint=" + server.endpoint() + "&storage-class=DEEP_ARCHIVE");
        home.run("init").succeeded();
        backUpTwoFiles();
        assertThat(home.json("restore", "latest", "--estimate").getLast())
                .containsEntry("archived_packs", 2L)
                .containsKeys("bulk_seconds", "standard_seconds")
                .doesNotContainKey("expedited_seconds");
        assertThat(home.run("restore", "latest", "--target", target(), "--thaw", "expedited")
                        .failure(4))
                .contains("DEEP_ARCHIVE", "nothing was asked for");
        assertThat(asked(0)).isEmpty();
    }

    /** A listing does not tell what has moved to the archive tiers. */
    @Test
    void findsOutWhatHasMovedToAnArchiveTier() throws IOException {
        home.run("init", "--data-class", "INTELLIGENT_TIERING").succeeded();
        backUpTwoFiles();
        assertThat(home.run("restore", "latest", "--target", target()).failure(4))
                .contains("2 packs", "INTELLIGENT_TIERING");
        home.run("restore", "latest", data.resolve("b").toString(), "--target", target(), "--thaw", "standard")
                .succeeded();
        isRestored("b");
        assertThat(asked(0)).hasSize(1);
        assertThat(asked(0).getFirst().text()).contains("<Tier>Standard</Tier>").doesNotContain("Days");
        assertThat(home.json("restore", "latest", "--estimate").getLast())
                .containsEntry("archived_packs", 1L)
                .containsEntry("readable_packs", 1L);
    }

    @Test
    void worksOnWithoutThawing() throws IOException {
        home.run("init", "--data-class", "GLACIER").succeeded();
        backUpTwoFiles();
        home.run("ls", "-r", "latest").succeeded();
        assertThat(home.json("verify", "--read-data").getLast()).containsEntry("archived_packs", 2L);
        Files.delete(data.resolve("a"));
        home.run("backup", data.toString()).succeeded();
        home.run("forget", "--keep-last", "1").succeeded();
        assertThat((Long) home.json("prune").getLast().get("freed_bytes")).isGreaterThan(1_900_000L);
        assertThat(home.run("verify").succeeded().out()).contains("No damage found");
        assertThat(asked(0)).isEmpty();
    }
}
