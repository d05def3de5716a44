package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.FakeS3;
import io.holdfast.testkit.FakeS3.Fault;
import io.holdfast.testkit.FakeS3.Request;
import io.holdfast.testkit.RadosGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a bucket cannot do is said when a repository is made there, and in one line. */
@Timeout(180)
final class BucketLimitsTest {
    @TempDir
    private Path directory;

    private final FakeS3 server = new FakeS3();
    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path data = Path.of("/nonexistent");
    private String url = "";

    @BeforeEach
    void setUp() throws IOException {
        System.setProperty("aws.accessKeyId", RadosGateway.ACCESS_KEY);
        System.setProperty("aws.secretAccessKey", RadosGateway.SECRET_KEY);
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        url = "s3://bucket/backups?endpoint=" + server.endpoint();
        home.set("HOLDFAST_REPO", url);
        data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("file"), "content");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void answer(Predicate<Request> condition, int status, String code) {
        server.setFaults(
                request -> condition.test(request) ? Optional.of(new Fault.Answer(status, code)) : Optional.empty());
    }

    private static boolean isInto(Request request, String storageClass) {
        return request.header("x-amz-storage-class").equals(Optional.of(storageClass));
    }

    private List<Path> keys() throws IOException {
        try (Stream<Path> files = Files.walk(home.home())) {
            return files.filter(file -> file.toString().endsWith(".key")).toList();
        }
    }

    @Test
    void refusesAStorageClassThatTheServerDoesNotTake() throws IOException {
        for (String code : List.of("InvalidArgument", "InvalidStorageClass", "InvalidRequest")) {
            answer(request -> isInto(request, "NONSENSE"), 400, code);
            assertThat(home.run("init", "--data-class", "NONSENSE").failure(2))
                    .contains("s3://bucket/backups", "does not take the storage class NONSENSE", code)
                    .contains("--data-class", "nothing was made");
        }
        home.set("HOLDFAST_REPO", url + "&storage-class=NONSENSE");
        assertThat(home.run("init").failure(2)).contains("storage class NONSENSE", "storage-class=");
        assertThat(keys()).isEmpty();

        home.set("HOLDFAST_REPO", url);
        home.run("init", "--data-class", "WARM").succeeded();
        assertThat(server.requests()).anyMatch(request -> isInto(request, "WARM"));
        List<Request> probes = server.requests().stream()
                .filter(request -> request.key().contains("/probe/") && !isInto(request, "NONSENSE"))
                .toList();
        assertThat(probes.stream().filter(request -> request.method().equals("DELETE")))
                .extracting(Request::key)
                .containsAll(probes.stream().map(Request::key).toList());
    }

    @Test
    void saysInOneLineWhatAPutMeets() {
        home.run("init").succeeded();
        answer(request -> isInto(request, "NONSENSE"), 400, "InvalidArgument");
        String[] command = {"backup", data.toString(), "--data-class", "NONSENSE"};
        assertThat(home.run(command).failure(4))
                .contains("put packs/data/", "does not take the storage class NONSENSE", "InvalidArgument");

        answer(request -> request.method().equals("PUT") && request.key().contains("packs/data/"), 400, "Strange");
        assertThat(home.run("backup", data.toString()).failure(1))
                .contains("s3://bucket/backups", "put packs/data/", "Strange (HTTP 400)");
        assertThat(JsonObject.parse(
                        home.run("backup", data.toString(), "--json").failure(1)))
                .containsEntry("code", "failed")
                .doesNotContainEntry("hint", "");
    }

    /** Also where more is wanted: the trace is part of the message then. */
    @Test
    void keepsToOneObjectALine() {
        answer(request -> true, 403, "AccessDenied");
        Map<String, Object> error =
                JsonObject.parse(home.run("snapshots", "--json", "-v").failure(11));
        assertThat(String.valueOf(error.get("message")))
                .contains("HTTP 403", "\n\tat io.holdfast.")
                .doesNotContain("HoldfastException:");
    }

    @Test
    void saysThatWritersCannotBeKeptApart() {
        assertThat(home.json("init").getLast()).containsEntry("single_writer", false);
        server.ignoreConditions();
        home.set("HOLDFAST_REPO", url.replace("backups", "others"));
        String out = home.run("init").succeeded().out();
        assertThat(out.lines())
                .filteredOn(line -> line.contains("If-None-Match"))
                .hasSize(1);
        assertThat(out).contains("one writer at a time, and no prune");
        home.set("HOLDFAST_REPO", url.replace("backups", "more"));
        assertThat(home.json("init").getLast()).containsEntry("single_writer", true);
    }

    /** The answer to a HEAD has no body that could say it. */
    @Test
    void validatesNothingWhereThereIsNoBucket() {
        answer(request -> true, 404, "NoSuchBucket");
        TestHome.Run run = home.run("storage", "validate", url);
        assertThat(run.failure(10)).contains("NoSuchBucket", "make the bucket first");
        assertThat(run.out()).isEmpty();
        assertThat(server.requests()).hasSizeLessThan(5);
    }

    @Test
    @Tag("slow")
    void validatesWithTheMemoryOfEveryCommand() {
        HoldfastProcess holdfast = new HoldfastProcess(
                home.home(), List.of("env", "AWS_ACCESS_KEY_ID=holdfast", "AWS_SECRET_ACCESS_KEY=holdfast-secret"));
        HoldfastProcess.Ended ended = holdfast.run("storage", "validate", url);
        assertThat(ended.code()).as(ended.output()).isZero();
        assertThat(ended.output()).contains("good    an object larger than a pack");
    }
}
