package io.holdfast.databases.postgresql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.ErrorCode;
import io.holdfast.databases.DatabasePart;
import io.holdfast.databases.ServerAccess;
import io.holdfast.databases.fixture.KeptDump;
import io.holdfast.databases.fixture.PostgresqlContent;
import io.holdfast.testkit.Failures;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.PostgresqlServer;
import io.holdfast.testkit.SeededRandom;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The archives are those of a real pg_dump. */
@Tag("root")
class CustomArchiveTest {
    private static final int MINOR_VERSION = 6;

    @TempDir
    private Path directory;

    private final PostgresqlContent content = new PostgresqlContent(PostgresqlServer.shared());
    private byte[] all = {};

    @BeforeEach
    void dump() {
        content.run("postgres", "CREATE DATABASE archived");
        content.run("archived", """
                CREATE TABLE nothing(id int); CREATE TABLE few AS SELECT 1 AS one;
                CREATE TABLE many AS SELECT g AS id, md5(g::text) AS v FROM generate_series(1, 500) g;
                SELECT lo_from_bytea(4711, '\\x0001feff'); SELECT lo_from_bytea(4712, '');
                COMMENT ON DATABASE archived IS 'kept';
                """);
        all = new PostgresqlSource(ServerAccess.by(content.serviceFile(directory)))
                .dump(DatabasePart.database("archived"), KeptDump.consumer())
                .result()
                .bytes();
    }

    @AfterEach
    void drop() {
        content.run("postgres", "DROP DATABASE archived");
    }

    private static CustomArchive inPieces(byte[] bytes, int length, SeededRandom random) {
        CustomArchive archive = new CustomArchive();
        for (int at = 0; at < length; ) {
            int count = Math.min(length - at, 1 + random.size(2_000));
            archive.accept(bytes, at, count);
            at += count;
        }
        return archive;
    }

    @Test
    void tellsWhatItSaysOfTheDatabase() {
        SeededRandom.check(20, random -> {
            CustomArchive archive = inPieces(all, all.length, random);
            assertThat(archive.gap()).isEmpty();
            assertThat(archive.ofDatabase())
                    .extracting(CustomArchive.Entry::description)
                    .containsExactly("DATABASE", "COMMENT");
            DatabaseStatements statements = DatabaseStatements.of(archive, "a \"b\"");
            assertThat(statements.create()).startsWith("CREATE DATABASE \"a \"\"b\"\"\" WITH TEMPLATE = template0 ");
            assertThat(statements.after())
                    .containsExactly(
                            "ALTER DATABASE \"a \"\"b\"\"\" OWNER TO \"postgres\";\n",
                            "COMMENT ON DATABASE \"a \"\"b\"\"\" IS 'kept';\n");
        });
    }

    @Test
    void isNotWholeWhereverItIsCut() {
        SeededRandom.check(1, random -> {
            for (int length = 0; length < all.length; length++) {
                assertThat(inPieces(all, length, random).gap())
                        .as("cut to %d", length)
                        .isPresent();
            }
        });
    }

    @Test
    @Timeout(120)
    void damageEndsInAnErrorWithACode() {
        SeededRandom.check(
                1,
                random -> new Mutations(List.of(all), random)
                        .feed(Mutations.ROUNDS / 4, Set.of(ErrorCode.DAMAGED), bytes -> {
                            CustomArchive archive = new CustomArchive();
                            archive.accept(bytes, 0, bytes.length);
                            assertThat(archive.gap()).isNotNull();
                        }));
    }

    @Test
    void somethingElseIsNoArchive() {
        assertThatThrownBy(() -> new CustomArchive().accept("-- PostgreSQL dump".getBytes(UTF_8), 0, 18))
                .hasMessageContaining("does not begin as one");
    }

    /** A newer pg_dump must not stop all backups; what it writes is only restored by who knows it. */
    @Test
    void ofALaterVersionTheProgramItselfIsBelieved() {
        SeededRandom.check(1, random -> {
            byte[] later = all.clone();
            later[MINOR_VERSION] = 99;
            CustomArchive archive = inPieces(later, later.length, random);
            assertThat(archive.isOfLaterVersion()).isTrue();
            assertThat(archive.gap()).isEmpty();
            assertThat(Failures.codeOf(archive::hasContents)).isEqualTo(ErrorCode.UNSUPPORTED_VERSION);
        });
    }
}
