package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.MariadbServer;
import io.holdfast.testkit.PostgresqlServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The clients of the real database servers, as people use them. */
final class DatabaseClient {
    private static final MariadbServer MARIADB = MariadbServer.shared();
    private static final PostgresqlServer POSTGRESQL = PostgresqlServer.shared();

    private DatabaseClient() {}

    /** Runs statements in MariaDB; what they tell. */
    static String mariadb(String sql) throws IOException {
        return run(
                List.of(
                        "mariadb",
                        "--no-defaults",
                        "-N",
                        "-B",
                        "--user=root",
                        "--socket=" + MARIADB.socket(),
                        "--default-character-set=utf8mb4"),
                sql);
    }

    /** Runs statements in a database of PostgreSQL; what they tell. */
    static String postgresql(String database, String sql) throws IOException {
        return run(
                List.of(
                        "psql",
                        "-XAtq",
                        "-v",
                        "ON_ERROR_STOP=1",
                        "-d",
                        "host=127.0.0.1 port=" + POSTGRESQL.port() + " user=postgres dbname=" + database),
                "SET client_min_messages = error;" + sql);
    }

    private static String run(List<String> command, String input) throws IOException {
        Process client = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var in = client.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        try (InputStream said = client.getInputStream()) {
            String text = new String(said.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(text).doesNotContain("ERROR");
            return text;
        }
    }

    /** A file with these lines that its owner alone can read. */
    static Path secret(Path file, String lines) throws IOException {
        Path made = Files.createFile(
                file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(made, lines);
    }

    /** A connection file of MariaDB. */
    static Path optionFile(Path directory) throws IOException {
        return secret(directory.resolve("client.cnf"), "[client]\nsocket=" + MARIADB.socket() + "\nuser=root\n");
    }

    /** A connection file of PostgreSQL. */
    static Path serviceFile(Path directory) throws IOException {
        return secret(
                directory.resolve("service.conf"),
                "[holdfast]\nhost=127.0.0.1\nport=" + POSTGRESQL.port() + "\nuser=postgres\n");
    }
}
