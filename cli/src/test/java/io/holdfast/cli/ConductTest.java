package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How runs of a plan go about: hooks, limits, courtesy, retries. A whole server, with its agent. */
final class ConductTest {
    @TempDir
    private Path root;

    private TestServer server;
    private TestHome admin;
    private Path data;
    private Path trace;

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(root);
        admin = server.administrator();
        data = Files.createDirectories(root.resolve("data"));
        trace = root.resolve("trace");
        Files.writeString(data.resolve("one"), "one");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private String say(String word) {
        return "run: [/bin/sh, -c, 'echo " + word + " >>" + trace + "; echo said " + word + "']";
    }

    private void apply(String name, String source, String conduct) throws IOException {
        Path plan = server.plan(name, source);
        Files.writeString(plan, Files.readString(plan) + conduct);
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
    }

    private Map<String, Object> run(String plan) {
        TestHome.Run ignored = admin.run("job", "run", plan, "--wait");
        String id = String.valueOf(admin.json("job", "list").getFirst().get("id"));
        return admin.json("job", "show", id).getFirst();
    }

    private String events(Map<String, Object> job) {
        TestHome.Run shown =
                admin.run("job", "show", String.valueOf(job.get("id"))).succeeded();
        return shown.out() + shown.err();
    }

    private List<String> traced() throws IOException {
        return Files.exists(trace) ? Files.readAllLines(trace) : List.of();
    }

    @Test
    void hooksRunAroundWhatIsSaved() throws IOException {
        apply(
                "nightly",
                "{command: [sh, -c, 'echo saving >>" + trace + "; echo x'], name: x}",
                "before:\n  - " + say("first") + "\n  - " + say("second") + "\nafter:\n  - " + say("always") + "\n  - {"
                        + say("good") + ", when: success}\n  - {" + say("bad") + ", when: failure}\n");
        Map<String, Object> job = run("nightly");
        assertThat(job).as("%s", job).containsEntry("state", "done");
        assertThat(traced()).containsExactly("first", "second", "saving", "always", "good");
        assertThat(events(job)).contains("before '/bin/sh' ended well; it said: said first");
    }

    @Test
    void whatABeforeDependsOnSavesNothing() throws IOException {
        apply(
                "nightly",
                "files: [" + data + "]",
                "before:\n  - run: [/bin/sh, -c, 'echo the lock is taken >&2; exit 7']\n  - " + say("second")
                        + "\nafter:\n  - " + say("always") + "\n  - {" + say("good")
                        + ", when: success}\nretries:\n  count: 0\n");
        Map<String, Object> job = run("nightly");
        assertThat(job).containsEntry("state", "failed");
        assertThat(String.valueOf(job.get("message"))).contains("nothing was saved: before '/bin/sh' ended with 7");
        assertThat(events(job)).contains("the lock is taken");
        assertThat(traced()).containsExactly("always");
    }

    @Test
    void aHookMayFailWithAWarningOrTakeTooLong() throws IOException {
        apply("nightly", "files: [" + data + "]", """
                before:
                  - run: [/bin/sh, -c, 'sleep 300 & sleep 300']
                    timeout: 1s
                    on-failure: warn
                  - run: [/no/such/program]
                    on-failure: warn
                after:
                  - run: [/bin/false]
                """);
        Instant begun = Instant.now();
        Map<String, Object> job = run("nightly");
        assertThat(job).as("%s", job).containsEntry("state", "done");
        assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(60));
        assertThat(events(job))
                .contains("before '/bin/sh' was ended after 1 s")
                .contains("'/no/such/program' cannot be run")
                .contains("after '/bin/false' ended with 1");
    }

    @Test
    void afterwardsARunMayFailAndItsSnapshotStays() throws IOException {
        apply(
                "nightly",
                "files: [" + data + "]",
                "after:\n  - run: [/bin/false]\n    on-failure: fail\nretries:\n  count: 0\n");
        Map<String, Object> job = run("nightly");
        assertThat(job).containsEntry("state", "failed");
        assertThat(String.valueOf(job.get("message")))
                .contains("after '/bin/false' ended with 1; what was saved stays");
        assertThat(admin.run("snapshots", "--server", server.url()).succeeded().out())
                .contains(data.toString());
    }

    @Test
    void aRunThatIsCancelledRunsItsHooksAfterwards() throws IOException {
        apply(
                "nightly",
                "{command: [sh, -c, 'echo saving >>" + trace + "; sleep 300'], name: x}",
                "after:\n  - " + say("continued") + "\n");
        admin.run("job", "run", "nightly").succeeded();
        await(() -> traced().contains("saving"));
        String id = String.valueOf(admin.json("job", "list").getFirst().get("id"));
        admin.run("job", "cancel", id).succeeded();
        await(() -> traced().contains("continued"));
        await(() -> "cancelled".equals(admin.json("job", "show", id).getFirst().get("state")));
    }

    @FunctionalInterface
    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Condition condition) throws IOException {
        for (int i = 0; i < 400 && !condition.holds(); i++) {
            LockSupport.parkNanos(50_000_000);
        }
        assertThat(condition.holds()).isTrue();
    }

    @Test
    void retriesAreThoseOfThePlan() throws IOException {
        apply(
                "nightly",
                "{command: [sh, -c, 'echo x >>" + trace + "; exit 3'], name: x}",
                "retries:\n  count: 2\n  wait: 1s\n");
        Map<String, Object> job = run("nightly");
        assertThat(job).containsEntry("state", "failed");
        assertThat(traced()).hasSize(3);
    }

    @Test
    void uploadsAreLimitedByTheTimeOfDay() throws IOException {
        Files.write(data.resolve("noise"), new SeededRandom(4711).bytes(3 << 20));
        apply("nightly", "files: [" + data + "]", "limits:\n  - upload: 1M\n");
        Instant begun = Instant.now();
        Map<String, Object> job = run("nightly");
        assertThat(job).containsEntry("state", "done");
        assertThat(Duration.between(begun, Instant.now())).isGreaterThan(Duration.ofMillis(2_500));
        assertThat(events(job)).contains("bandwidth: upload at most");
    }

    @Test
    void courtesyIsOfWhatTheJobStarts() throws IOException {
        apply(
                "nightly",
                "{command: [sh, -c, 'nice >>" + trace + "; ionice >>" + trace + "; echo x'], name: x}",
                "courtesy:\n  nice: 7\n  io: idle\n  threads: 1\nafter:\n  - run: [/bin/sh, -c, 'nice >>" + trace
                        + "']\n");
        Map<String, Object> job = run("nightly");
        assertThat(job).as("%s", job).containsEntry("state", "done");
        assertThat(traced().getFirst()).isEqualTo("7");
        assertThat(traced().get(1)).startsWith("idle");
        assertThat(traced().getLast())
                .as("an application that is started is not slow")
                .isEqualTo(ownNiceness());
    }

    /** As whoever started the tests has set it. */
    private static String ownNiceness() throws IOException {
        Process nice = new ProcessBuilder("nice").start();
        return new String(nice.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    }
}
