package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.AgentDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 'doctor' at real servers and agents: what is well, and each thing that may be wrong. */
final class DoctorTest {
    @TempDir
    private Path directory;

    private Path agent = Path.of("");

    @BeforeEach
    void setUp() {
        agent = directory.resolve("agent");
    }

    private TestHome enrolled(TestServer server) throws IOException {
        TestHome home = server.administrator();
        home.set("HOLDFAST_CONFIG_DIR", directory.toString());
        String token = String.valueOf(
                home.json("token", "create", "--enroll").getFirst().get("token"));
        home.run("agent", "enroll", server.url(), "--token", token, "--name", "loom", "--data", agent.toString())
                .succeeded();
        return home;
    }

    /** The worst of each check. */
    private Map<String, Finding.State> statesAt(Duration later) {
        return new Doctor(() -> Instant.now().plus(later))
                .agent(new AgentDirectory(agent)).stream()
                        .collect(Collectors.toMap(
                                Finding::subject,
                                Finding::state,
                                (one, other) -> one.compareTo(other) > 0 ? one : other));
    }

    private static String problem(TestHome home, String check, String... words) {
        TestHome.Run run = home.run(words);
        assertThat(run.code()).as(run.out()).isEqualTo(1);
        return run.outLines().stream()
                .filter(line -> line.startsWith("problem ") && line.contains("  " + check + " "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(run.out()));
    }

    @Test
    void findsNothingWhereAllIsWell() throws IOException {
        try (TestServer server = TestServer.start(directory)) {
            TestHome home = enrolled(server);
            List<Map<String, Object>> ofServer = home.json(
                    "doctor", "server", "--data", server.directory().root().toString());
            assertThat(ofServer)
                    .extracting(line -> line.get("check"))
                    .containsExactly(
                            "program",
                            "data",
                            "space",
                            "authority",
                            "certificate",
                            "dns",
                            "tcp",
                            "tls",
                            "repositories",
                            "version");
            assertThat(statesAt(Duration.ZERO))
                    .containsOnlyKeys(
                            "program",
                            "data",
                            "space",
                            "certificate",
                            "dns",
                            "tcp",
                            "tls",
                            "enrolment",
                            "clock",
                            "version",
                            "repositories")
                    .containsEntry("clock", Finding.State.OK)
                    .containsEntry("enrolment", Finding.State.OK)
                    .containsEntry("repositories", Finding.State.OK)
                    .containsEntry("certificate", Finding.State.OK);
            // The usual file says where it is, and what is here is looked at.
            Files.writeString(directory.resolve("agent.yaml"), "data: agent\n");
            assertThat(home.json("doctor")).allMatch(line -> "agent".equals(line.get("role")));
            Files.writeString(directory.resolve("server.yaml"), "data: server\n");
            assertThat(home.json("doctor")).extracting(line -> line.get("role")).contains("agent", "server");
        }
    }

    @Test
    void looksAtClockAndCertificate() throws IOException {
        try (TestServer server = TestServer.start(directory)) {
            enrolled(server);
            assertThat(statesAt(Duration.ofMinutes(10))).containsEntry("clock", Finding.State.WARNING);
            assertThat(statesAt(Duration.ofMinutes(-10))).containsEntry("clock", Finding.State.WARNING);
            assertThat(statesAt(Duration.ofHours(2))).containsEntry("clock", Finding.State.PROBLEM);
            assertThat(statesAt(Duration.ofDays(6))).containsEntry("certificate", Finding.State.WARNING);
            assertThat(statesAt(Duration.ofDays(8))).containsEntry("certificate", Finding.State.PROBLEM);
        }
    }

    @Test
    void tellsWhichStepToTheServerFails() throws IOException {
        try (TestServer server = TestServer.start(directory);
                TestServer other = TestServer.start(directory.resolve("other"))) {
            TestHome home = enrolled(server);
            String[] words = {"doctor", "agent", "--data", agent.toString()};
            home.run(words).succeeded();
            Files.setPosixFilePermissions(agent, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThat(problem(home, "data", words)).contains("chmod 700");
            Files.setPosixFilePermissions(agent, PosixFilePermissions.fromString("rwx------"));

            Path servers = agent.resolve("servers");
            Files.writeString(servers, "nowhere.invalid:8443\n");
            assertThat(problem(home, "dns", words)).contains("nowhere.invalid");
            Files.writeString(servers, other.url().substring("https://".length()) + "\n");
            assertThat(problem(home, "tls", words)).contains("authority");
            Files.writeString(servers, server.url().substring("https://".length()) + "\n");

            home.run("host", "remove", "loom").succeeded();
            assertThat(problem(home, "enrolment", words)).contains("agent enroll");
            server.stop();
            assertThat(problem(home, "tcp", words)).contains("does not answer");
            assertThat(problem(
                            home,
                            "tcp",
                            "doctor",
                            "server",
                            "--data",
                            server.directory().root().toString()))
                    .contains("does not answer");
            server.startAgain();
        }
        TestHome nobody = new TestHome(directory.resolve("nobody"));
        nobody.set("HOLDFAST_CONFIG_DIR", directory.resolve("nobody").toString());
        assertThat(nobody.run("doctor").failure(2)).contains("neither a server nor a media server nor an agent");
        assertThat(problem(nobody, "data", "doctor", "agent")).contains("not enrolled");
    }

    @Test
    void namesRepositoriesThatAreNotOpen() throws IOException {
        try (TestServer server = TestServer.start(directory)) {
            enrolled(server);
            server.stop();
            Files.move(server.directory().repository(), directory.resolve("away"));
            server.startAgain();
            TestHome home = new TestHome(directory);
            assertThat(problem(
                            home,
                            "repositories",
                            "doctor",
                            "server",
                            "--data",
                            server.directory().root().toString()))
                    .contains("repository main is not open");
            assertThat(statesAt(Duration.ZERO)).containsEntry("repositories", Finding.State.WARNING);
        }
    }
}
