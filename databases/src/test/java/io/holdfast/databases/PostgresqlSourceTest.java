package io.holdfast.databases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.databases.RestoreTarget.Existing;
import io.holdfast.databases.fixture.AtItsEnd;
import io.holdfast.databases.fixture.KeptDump;
import io.holdfast.databases.fixture.PostgresqlContent;
import io.holdfast.databases.fixture.SmallMount;
import io.holdfast.databases.postgresql.PostgresqlSource;
import io.holdfast.testkit.PostgresqlServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real server. */
@Tag("root")
class PostgresqlSourceTest {
    private static final String SHOP = """
            CREATE TABLE "größe"(id bigserial PRIMARY KEY, k int, v text, b bytea, d timestamptz, a int[]);
            INSERT INTO "größe"(k, v, b, d, a) SELECT g, 'row ' || g || E'\\n\\\\ 😀', decode(md5(g::text), 'hex'),
                '2026-07-01 12:00:00.123456+02', ARRAY[g, NULL] FROM generate_series(1, 3000) g;
            CREATE INDEX ON "größe"(k);
            CREATE TABLE account(id int PRIMARY KEY, balance numeric CHECK (balance >= 0));
            INSERT INTO account VALUES (1, 100), (2, 200);
            CREATE TABLE audit(id serial PRIMARY KEY, account int REFERENCES account, m text);
            CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN -- a comment
                INSERT INTO audit(account, m) VALUES (new.id, old.balance || '->' || new.balance); RETURN new;
            END $$;
            CREATE TRIGGER told AFTER UPDATE ON account FOR EACH ROW EXECUTE FUNCTION told();
            CREATE VIEW sums AS SELECT sum(balance) AS s FROM account;
            CREATE TABLE nothing(id int);
            SELECT lo_from_bytea(4711, '\\x0001feff');
            SELECT lo_from_bytea(4712, '');
            CREATE SCHEMA "Zweite";
            CREATE TABLE "Zweite".t AS SELECT 7 AS seven;
            GRANT SELECT ON account TO readers;
            """;

    @TempDir
    private Path directory;

    private final PostgresqlServer server = PostgresqlServer.shared();
    private final PostgresqlContent content = new PostgresqlContent(server);
    private DatabaseSource source = new PostgresqlSource(ServerAccess.local());

    @BeforeEach
    void connect() {
        source = new PostgresqlSource(ServerAccess.by(content.serviceFile(directory)));
        for (String name : source.databases()) {
            if (!name.equals("postgres")) {
                content.run("postgres", "DROP DATABASE \"" + name.replace("\"", "\"\"") + "\" WITH (FORCE)");
            }
        }
        content.run("postgres", "DROP ROLE IF EXISTS readers, shopkeeper; CREATE ROLE readers; CREATE ROLE shopkeeper");
    }

    private void create(String name) {
        String quoted = "\"" + name + "\"";
        content.run("postgres", "CREATE DATABASE " + quoted + " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
        content.run("postgres", """
                ALTER DATABASE %1$s OWNER TO shopkeeper;
                ALTER DATABASE %1$s SET search_path = "Zweite", public;
                ALTER ROLE readers IN DATABASE %1$s SET work_mem = '8MB';
                COMMENT ON DATABASE %1$s IS 'all of
                ALTER DATABASE %1$s it';
                REVOKE CONNECT ON DATABASE %1$s FROM PUBLIC;
                GRANT CONNECT ON DATABASE %1$s TO readers;
                """.formatted(quoted));
        content.run(name, "SET search_path = public;" + SHOP);
    }

    private Dump<KeptDump> dump(String database) {
        return source.dump(DatabasePart.database(database), KeptDump.consumer());
    }

    private static HoldfastException failure(Runnable call) {
        HoldfastException e = catchThrowableOfType(HoldfastException.class, call::run);
        assertThat(e).isNotNull();
        assertThat(e.getMessage()).hasLineCount(1);
        return e;
    }

    @Test
    void aDatabaseComesBackUnderAnotherNameWithAllThatIsInIt() {
        String name = "bücher – ключ";
        create(name);
        String before = content.describe(name);
        assertThat(before)
                .contains("GRANT CONNECT ON DATABASE \"bücher – ключ\" TO readers")
                .contains("ALTER ROLE readers IN DATABASE \"bücher – ключ\" SET work_mem")
                .contains("LOCALE = 'C'")
                .contains("4711");
        Dump<KeptDump> dump = dump(name);
        assertThat(dump.server()).startsWith("PostgreSQL ");
        assertThat(dump.sizeBytes()).isEqualTo(dump.result().bytes().length);
        assertThat(dump.position()).isEmpty();
        assertThat(dump.warnings()).isEmpty();

        source.restore(DatabasePart.database(name), dump.result().stream(), RestoreTarget.named("it's \"copy\" \\"));

        assertThat(source.databases()).contains("it's \"copy\" \\");
        assertThat(content.describe(name)).isEqualTo(before);
        content.run("postgres", "DROP DATABASE \"" + name + "\"");
        content.run("postgres", "ALTER DATABASE \"it's \"\"copy\"\" \\\" RENAME TO \"" + name + "\"");
        assertThat(content.describe(name)).isEqualTo(before);
        assertThat(content.run(name, "SELECT seven FROM t; SELECT lo_get(4711)"))
                .isEqualTo("7\n\\x0001feff\n");
    }

    @Test
    void whatIsThereIsReplacedWhenTheNewOneIsWhole() {
        create("shop");
        String before = content.describe("shop");
        KeptDump dump = dump("shop").result();
        content.run("shop", "DROP TABLE public.audit; CREATE TABLE public.other(id int)");
        DatabasePart shop = DatabasePart.database("shop");
        assertThat(failure(() -> source.restore(shop, dump.stream(), RestoreTarget.ownName()))
                        .getMessage())
                .isEqualTo("there is a database 'shop' on the server already");

        RestoreTarget replacing = new RestoreTarget(Optional.empty(), Existing.REPLACE);
        String changed = content.describe("shop");
        failure(() -> source.restore(shop, dump.cutTo(dump.bytes().length - 1), replacing));
        assertThat(content.describe("shop")).isEqualTo(changed);
        assertThat(source.databases()).containsExactly("postgres", "shop");

        AtomicBoolean isOver = new AtomicBoolean();
        Thread busy = Thread.ofPlatform().start(() -> {
            while (!isOver.get()) {
                try {
                    content.run("shop", "SELECT pg_sleep(60)");
                } catch (IllegalStateException e) {
                    // It was ended, or is not let in for a while.
                }
            }
        });
        try {
            assertThat(source.restore(shop, dump.stream(), replacing)).isEmpty();
        } finally {
            isOver.set(true);
            content.run(
                    "postgres",
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%sleep(60)'"
                            + " AND pid <> pg_backend_pid()");
        }
        assertThat(content.describe("shop")).isEqualTo(before);
        assertThat(source.databases()).containsExactly("postgres", "shop");
        joined(busy);
    }

    /** Programs that are those of the server, but for psql, of which this stands in front. */
    private DatabaseSource withPsql(String script) throws IOException {
        Path programs = Files.createDirectories(directory.resolve("programs"));
        Path real = Path.of("/usr/bin");
        for (String name : List.of("pg_dump", "pg_restore", "pg_dumpall")) {
            Files.createSymbolicLink(programs.resolve(name), real.resolve(name));
        }
        Path psql = Files.writeString(programs.resolve("psql"), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(psql, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new PostgresqlSource(
                new ServerAccess(Optional.of(content.serviceFile(directory)), Optional.empty(), Optional.of(programs)));
    }

    private static HoldfastException interruptedAt(Path sign, Runnable work) throws IOException {
        List<HoldfastException> failed = new CopyOnWriteArrayList<>();
        Thread worker = Thread.ofPlatform().start(() -> failed.add(failure(work)));
        while (!Files.exists(sign)) {
            LockSupport.parkNanos(10_000_000);
        }
        worker.interrupt();
        long begun = System.nanoTime();
        joined(worker);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
        return failed.getFirst();
    }

    @Test
    void whoAsksAServerThatDoesNotAnswerCanBeInterrupted() throws IOException {
        Path sign = directory.resolve("asked");
        DatabaseSource silent = withPsql("touch " + sign + "\nsleep 600\n");
        assertThat(interruptedAt(sign, silent::databases).code()).isEqualTo(ErrorCode.INTERRUPTED);
        assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive))
                .isEmpty();
    }

    @Test
    void anExchangeThatIsInterruptedLeavesTheOldOneOpen() throws IOException {
        create("shop");
        KeptDump dump = dump("shop").result();
        String before = content.describe("shop");
        Path sign = directory.resolve("exchanging");
        DatabaseSource stuck = withPsql("sql=$(cat)\ncase \"$sql\" in *pg_terminate_backend*) touch " + sign
                + "; sleep 600;; esac\nprintf '%s\\n' \"$sql\" | /usr/bin/psql \"$@\"\n");
        HoldfastException e = interruptedAt(
                sign,
                () -> stuck.restore(
                        DatabasePart.database("shop"),
                        dump.stream(),
                        new RestoreTarget(Optional.empty(), Existing.REPLACE)));
        assertThat(e.code()).isEqualTo(ErrorCode.INTERRUPTED);
        assertThat(content.describe("shop")).isEqualTo(before);
        assertThat(source.databases()).containsExactly("postgres", "shop");
    }

    private static void joined(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Test
    void isOfOneMoment() {
        content.run("postgres", "CREATE DATABASE bank");
        content.run("bank", """
                CREATE TABLE a AS SELECT g AS id, 1000 AS m FROM generate_series(1, 50) g;
                CREATE TABLE bulk AS SELECT g AS id, repeat(md5(g::text), 30) AS v FROM generate_series(1, 20000) g;
                CREATE TABLE z AS SELECT g AS id, 1000 AS m FROM generate_series(1, 50) g;
                """);
        AtomicBoolean isOver = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> {
            while (!isOver.get()) {
                content.run("bank", "BEGIN; UPDATE a SET m = m - 1; UPDATE z SET m = m + 1; COMMIT;".repeat(20));
            }
        });
        KeptDump dump;
        try {
            dump = source.dump(DatabasePart.database("bank"), (in, ending) -> {
                        byte[] all = Slowly.read(in, 20);
                        ending.check();
                        return new KeptDump(all);
                    })
                    .result();
        } finally {
            isOver.set(true);
            joined(writer);
        }
        source.restore(DatabasePart.database("bank"), dump.stream(), RestoreTarget.named("copy"));
        assertThat(content.run("copy", "SELECT (SELECT sum(m) FROM a) + (SELECT sum(m) FROM z)"))
                .isEqualTo("100000\n");
        assertThat(content.run("copy", "SELECT sum(m) FROM z"))
                .isNotEqualTo(content.run("bank", "SELECT sum(m) FROM z"));
    }

    @Test
    void accountsComeBackAndThoseThatAreThereStayAsTheyAre() {
        content.run("postgres", """
                DROP ROLE IF EXISTS "lisa's ""x"" y", old;
                CREATE ROLE "lisa's ""x"" y" LOGIN PASSWORD 'from the dump'; GRANT readers TO "lisa's ""x"" y";
                ALTER ROLE "lisa's ""x"" y" SET work_mem = '9MB';
                CREATE ROLE old LOGIN SUPERUSER PASSWORD 'from the dump'; GRANT readers TO old;
                """);
        KeptDump accounts =
                source.dump(DatabasePart.accounts(), KeptDump.consumer()).result();
        content.run("postgres", """
                DROP ROLE "lisa's ""x"" y", old, readers; CREATE ROLE old NOLOGIN;
                """);
        assertThat(source.restore(DatabasePart.accounts(), accounts.stream(), RestoreTarget.ownName()))
                .containsExactly(known(accounts)
                        + " roles or tablespaces were there already, and keep their passwords and settings");
        assertThat(content.run("postgres", """
                SELECT rolname, a.rolcanlogin, a.rolsuper, a.rolpassword IS NULL, r.rolconfig
                FROM pg_authid AS a JOIN pg_roles AS r USING (rolname)
                WHERE rolname IN ('old', 'lisa''s "x" y') ORDER BY 1;
                SELECT member::regrole FROM pg_auth_members WHERE roleid = 'readers'::regrole ORDER BY 1 DESC;
                """)).isEqualTo("""
                        lisa's "x" y|t|f|f|{work_mem=9MB}
                        old|f|f|t|
                        "lisa's ""x"" y"
                        old
                        """);
        failure(() -> source.restore(
                DatabasePart.accounts(), accounts.cutTo(accounts.bytes().length - 10), RestoreTarget.ownName()));
        content.run("postgres", "DROP ROLE \"lisa's \"\"x\"\" y\", old");
    }

    private static int known(KeptDump accounts) {
        return (int) accounts.text()
                .lines()
                .filter(line -> line.startsWith("CREATE ROLE") && !line.contains("lisa") && !line.contains("readers"))
                .count();
    }

    @Test
    void whatGoesWrongIsTold() throws IOException {
        create("shop");
        DatabasePart shop = DatabasePart.database("shop");
        Path nowhere = content.serviceFile(directory, "host=127.0.0.1\nport=1\nuser=postgres\n");
        assertThat(failure(() -> new PostgresqlSource(ServerAccess.by(nowhere)).databases())
                        .getMessage())
                .startsWith(
                        "listing the databases of PostgreSQL: 'psql' ended with 2: psql: error: connection to server");
        assertThat(failure(() -> source.dump(DatabasePart.database("nothing"), KeptDump.consumer()))
                        .code())
                .isEqualTo(ErrorCode.NOT_FOUND);
        ServerAccess bare = new ServerAccess(Optional.empty(), Optional.empty(), Optional.of(directory));
        assertThat(failure(() -> new PostgresqlSource(bare).databases()).getMessage())
                .isEqualTo("'psql' is not in " + directory);
        Path empty = Files.createFile(
                directory.resolve("empty"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        assertThat(failure(() -> new PostgresqlSource(ServerAccess.by(empty)).databases())
                        .getMessage())
                .endsWith("has no section");
        content.run(
                "postgres", "DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN; GRANT CONNECT ON DATABASE shop TO poor");
        Path poor = content.serviceFile(directory, "host=127.0.0.1\nport=" + server.port() + "\nuser=poor\n");
        HoldfastException denied =
                failure(() -> new PostgresqlSource(ServerAccess.by(poor)).dump(shop, KeptDump.consumer()));
        assertThat(denied.getMessage())
                .startsWith(
                        "dump of database 'shop': 'pg_dump' ended with 1: pg_dump: error: query failed: ERROR:  permission denied for ");
        HoldfastException gone = failure(() -> source.dump(shop, (in, ending) -> {
            server.restart();
            read(in);
            ending.check();
            return "kept";
        }));
        assertThat(gone.getMessage()).startsWith("dump of database 'shop': 'pg_dump' ended with 1: ");
    }

    @Test
    void aWrongPasswordIsTold() throws IOException {
        Path rules = Path.of(content.run("postgres", "SHOW hba_file").strip());
        String before = Files.readString(rules);
        content.run("postgres", "DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'right'");
        try {
            Files.writeString(rules, "host all locked 127.0.0.1/32 scram-sha-256\n" + before);
            content.run("postgres", "SELECT pg_reload_conf()");
            String lines = "host=127.0.0.1\nport=" + server.port() + "\nuser=locked\n";
            Path right = content.serviceFile(directory, lines + "password=right\n");
            assertThat(new PostgresqlSource(ServerAccess.by(right)).databases()).contains("postgres");
            Path wrong = content.serviceFile(directory, lines + "password=wrong\n");
            HoldfastException e = failure(() -> new PostgresqlSource(ServerAccess.by(wrong)).databases());
            assertThat(e.getMessage()).endsWith("password authentication failed for user \"locked\"");
            assertThat(e.hint()).hasValueSatisfying(hint -> assertThat(hint).contains("connection file"));
            Path none = content.serviceFile(directory, lines);
            assertThat(failure(() -> new PostgresqlSource(ServerAccess.by(none)).databases())
                            .getMessage())
                    .contains("no password supplied");
        } finally {
            Files.writeString(rules, before);
            content.run("postgres", "SELECT pg_reload_conf(); DROP ROLE locked");
        }
    }

    @Test
    void aDumpThatIsCutShortOrBreaksOffIsNotRestored() {
        create("shop");
        KeptDump dump = dump("shop").result();
        DatabasePart shop = DatabasePart.database("shop");
        RestoreTarget copy = RestoreTarget.named("copy");
        for (int length : new int[] {0, 3, 2_000, dump.bytes().length / 2, dump.bytes().length - 1}) {
            assertThat(failure(() -> source.restore(shop, dump.cutTo(length), copy))
                            .getMessage())
                    .startsWith("restore of database 'copy': ");
            assertThat(source.databases()).containsExactly("postgres", "shop");
        }
        for (int length : new int[] {10, dump.bytes().length - 100}) {
            InputStream broken = new AtItsEnd(dump.bytes(), length, () -> {
                throw new IOException("the store is gone");
            });
            assertThat(failure(() -> source.restore(shop, broken, copy)).getMessage())
                    .isEqualTo("restore of database 'copy': the dump breaks off: the store is gone");
            assertThat(source.databases()).containsExactly("postgres", "shop");
        }
    }

    @Test
    void rolesThatAreMissingEndARestore() {
        create("shop");
        KeptDump dump = dump("shop").result();
        content.run("postgres", "DROP DATABASE shop; DROP ROLE readers, shopkeeper");
        HoldfastException e =
                failure(() -> source.restore(DatabasePart.database("shop"), dump.stream(), RestoreTarget.ownName()));
        assertThat(e.getMessage()).contains("role \"", "\" does not exist");
        assertThat(source.databases()).containsExactly("postgres");
    }

    @Test
    void aDiskThatIsFullIsTold() throws IOException {
        try (SmallMount small = SmallMount.ofMiB(100)) {
            UserPrincipal owner =
                    small.path().getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postgres");
            Files.setOwner(small.path(), owner);
            content.run("postgres", "CREATE TABLESPACE small LOCATION '" + small.path() + "'");
            try {
                content.run("postgres", "CREATE DATABASE shop TABLESPACE small");
                content.run("shop", """
                        CREATE TABLE t(v text); ALTER TABLE t ALTER v SET STORAGE EXTERNAL;
                        INSERT INTO t SELECT repeat(md5(g::text), 100) FROM generate_series(1, 20000) g;
                        """);
                KeptDump dump = dump("shop").result();
                HoldfastException e = failure(() ->
                        source.restore(DatabasePart.database("shop"), dump.stream(), RestoreTarget.named("copy")));
                assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE);
                assertThat(e.getMessage()).contains("No space left on device");
                assertThat(source.databases()).containsExactly("postgres", "shop");
            } finally {
                content.run("postgres", "DROP DATABASE IF EXISTS shop");

                content.run("postgres", "CHECKPOINT; DROP TABLESPACE small");
            }
        }
    }

    @Test
    void runsAsAnotherUserOfTheMachine() {
        ServerAccess access = new ServerAccess(Optional.empty(), Optional.of("postgres"), Optional.of(directory));
        assertThatThrownBy(() -> new PostgresqlSource(access).databases()).isInstanceOf(HoldfastException.class);
        assertThatThrownBy(() -> new ServerAccess(Optional.empty(), Optional.of("-x"), Optional.empty()))
                .isInstanceOf(HoldfastException.class);
        Path file = content.serviceFile(directory);
        try {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setOwner(
                    file, file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postgres"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        DatabaseSource asPostgres =
                new PostgresqlSource(new ServerAccess(Optional.of(file), Optional.of("postgres"), Optional.empty()));
        assertThat(asPostgres.databases()).contains("postgres");
        assertThat(asPostgres
                        .dump(DatabasePart.database("postgres"), KeptDump.consumer())
                        .sizeBytes())
                .isPositive();
    }

    private static void read(InputStream in) {
        try {
            in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
