package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Configuration files of servers and agents, and what 'config check' says of them. */
final class ConfigurationTest {
    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));

    @BeforeEach
    void setUp() {
        home = new TestHome(directory);
        home.set("HOLDFAST_CONFIG_DIR", directory.toString());
    }

    private Path file(String name, String... lines) throws IOException {
        Path file = Files.write(directory.resolve(name), List.of(lines));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return file;
    }

    private List<Map<String, Object>> check(int expected, Path file) {
        TestHome.Run run = home.run("config", "check", file.toString(), "--json");
        assertThat(run.code()).as("%s%s", run.out(), run.err()).isEqualTo(expected);
        return run.outLines().stream().map(JsonObject::parse).toList();
    }

    @Test
    void allKeysAreRead() throws IOException {
        Path file = file(
                "server.yaml",
                "data: data # beside the file",
                "listen: '[::1]:9443'",
                "names: [backup.example.org, 192.0.2.1]",
                "catalog: jdbc:postgresql://db/holdfast?user=holdfast",
                "catalog-password-file: /etc/secret",
                "log: json");
        Configuration read = ConfigurationReader.read(MachineRole.SERVER, file).valid();
        assertThat(read.data()).contains(directory.resolve("data"));
        assertThat(read.listen()).contains("[::1]:9443");
        assertThat(read.names()).containsExactly("backup.example.org", "192.0.2.1");
        assertThat(read.catalog()).contains("jdbc:postgresql://db/holdfast?user=holdfast");
        assertThat(read.catalogPasswordFile()).contains(Path.of("/etc/secret"));
        assertThat(read.log()).contains(LogFormat.JSON);
    }

    @Test
    void oneThatSaysNothingIsOne() throws IOException {
        Path file = file("agent.yaml", "# data: /var/lib/holdfast/agent", "");
        assertThat(ConfigurationReader.read(MachineRole.AGENT, file).valid()).isEqualTo(Configuration.NONE);
    }

    @Test
    void thePasswordOfTheCatalogComesOutOfItsFile() throws IOException {
        Files.writeString(directory.resolve("secret"), "p&ss w\u00f6rd\nsecond line\n");
        Path file = file(
                "server.yaml", "catalog: jdbc:postgresql://db/holdfast?user=holdfast", "catalog-password-file: secret");
        Configuration read = ConfigurationReader.read(MachineRole.SERVER, file).valid();
        assertThat(read.catalogUrl(null))
                .contains("jdbc:postgresql://db/holdfast?user=holdfast&password=p%26ss+w%C3%B6rd");
        assertThat(read.catalogUrl("jdbc:postgresql://other/x")).contains("jdbc:postgresql://other/x");
    }

    @Test
    void everythingThatIsWrongIsNamedWithItsLine() throws IOException {
        Path file = file(
                "server.yaml",
                "data: " + directory.resolve("data"),
                "lissten: 127.0.0.1:0",
                "listen: 8443",
                "names: ['https://x']",
                "catalog: mysql://db",
                "log: xml");
        List<Map<String, Object>> lines = check(2, file);
        assertThat(lines.stream().filter(line -> "finding".equals(line.get("type"))))
                .extracting(line -> line.get("place"), line -> line.get("state"))
                .contains(
                        org.assertj.core.groups.Tuple.tuple(file + ":2", "problem"),
                        org.assertj.core.groups.Tuple.tuple(file + ":3", "problem"),
                        org.assertj.core.groups.Tuple.tuple(file + ":4", "problem"),
                        org.assertj.core.groups.Tuple.tuple(file + ":5", "problem"),
                        org.assertj.core.groups.Tuple.tuple(file + ":6", "problem"));
        assertThatThrownBy(
                        () -> ConfigurationReader.read(MachineRole.SERVER, file).valid())
                .isInstanceOf(HoldfastException.class)
                .hasMessageStartingWith(file + ":6: log:");
        assertThat(home.run("server").failure(2)).contains(file + ":6: log:");
        Path agent = file("agent.yaml", "listen: 127.0.0.1:0");
        assertThat(home.run("agent", "run").failure(2)).contains(agent + ":1: there is no key 'listen' here");
    }

    @Test
    void aNamedFileHasToBeThere() {
        Path missing = directory.resolve("none.yaml");
        assertThat(home.run("agent", "run", "--config", missing.toString()).failure(2))
                .contains(missing + " cannot be read");
        assertThat(home.run("config", "check").failure(2)).contains("server.yaml");
        assertThat(home.run("config", "check", missing.toString()).failure(2)).contains("--role");
    }

    @Test
    void whatTheFileSaysCountsWhereNoOptionDoes() throws IOException {
        Path password = Files.writeString(directory.resolve("password"), TestServer.PASSWORD + "\n");
        file("server.yaml", "data: configured");
        home.run("server", "init", "--admin-password-file", password.toString()).succeeded();
        assertThat(directory.resolve("configured/host.key")).isRegularFile();
        home.run(
                        "server",
                        "init",
                        "--admin-password-file",
                        password.toString(),
                        "--data",
                        directory.resolve("said").toString())
                .succeeded();
        assertThat(directory.resolve("said/host.key")).isRegularFile();
        assertThat(Configuration.NONE.logFormat(null, true)).isEqualTo(LogFormat.JSON);
        assertThat(Configuration.NONE.logFormat(LogFormat.TEXT, true)).isEqualTo(LogFormat.TEXT);
    }

    @Test
    void rightsPortsAndSecretsAreLookedAt() throws IOException {
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path secret = Files.writeString(directory.resolve("secret"), "word\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path file = file(
                    "server.yaml",
                    "listen: 127.0.0.1:" + other.getLocalPort(),
                    "data: data",
                    "catalog: jdbc:postgresql://db/x?user=u&password=word",
                    "catalog-password-file: secret");
            // Nobody answers in TLS there; the end of the connection is one.
            Thread hanging = Thread.startVirtualThread(() -> {
                try {
                    other.accept().close();
                } catch (IOException e) {
                    // The test is over.
                }
            });
            assertThat(hanging).isNotNull();
            List<Map<String, Object>> lines = check(2, file);
            assertThat(lines.stream().map(line -> line.get("place") + " " + line.get("message")))
                    .anyMatch(text -> text.startsWith(file + ":1 listen: nothing can listen on 127.0.0.1"))
                    .anyMatch(text -> text.startsWith(file + ":2 data: " + data + " is open to others"))
                    .anyMatch(text -> text.startsWith(file + ":3 catalog: there is a password in it"))
                    .anyMatch(text -> text.startsWith(file + ":4 catalog-password-file: " + secret + " is open"));
        }
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        Path good = file("server.yaml", "data: data", "listen: 127.0.0.1:0");
        assertThat(check(0, good))
                .singleElement()
                .satisfies(
                        line -> assertThat(line).containsEntry("type", "config").containsEntry("role", "server"));
        Files.setPosixFilePermissions(good, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(check(2, good))
                .anySatisfy(line -> assertThat(String.valueOf(line.get("hint"))).startsWith("chmod go-w "));
    }
}
