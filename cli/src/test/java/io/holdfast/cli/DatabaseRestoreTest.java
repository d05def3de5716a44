package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.MariadbServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases that a plan has saved come back: real servers of them, a real Holdfast server and its agent. */
@Tag("root")
final class DatabaseRestoreTest {
    private static final MariadbServer MARIADB = MariadbServer.shared();
    private static final String ROWS = "SELECT count(*), sum(length(v)), min(v), max(v) FROM ";

    @TempDir
    private Path root;

    private TestServer server;
    private TestHome admin;
    private String host = "";

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(root);
        admin = server.administrator();
        host = String.valueOf(admin.json("host", "list").getFirst().get("name"));
        clear();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        clear();
    }

    private static void clear() throws IOException {
        for (String name : List.of("back_shop", "back_copy", "back_billing")) {
            DatabaseClient.mariadb("DROP DATABASE IF EXISTS " + name);
            DatabaseClient.postgresql("postgres", "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
        }
        DatabaseClient.postgresql("postgres", "DROP ROLE IF EXISTS back_owner");
    }

    /** Saves what the plan names; the id of the snapshot of a stream. */
    private String saved(String source, String stream) throws IOException {
        Path plan = server.plan("nightly", source);
        Files.writeString(plan, Files.readString(plan) + "retries:\n  count: 0\n");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        admin.run("job", "run", "nightly", "--wait").succeeded();
        return snapshotOf(stream);
    }

    private String snapshotOf(String stream) {
        Map<String, Object> snapshot = admin.json("snapshots", "--server", server.url(), "--path", stream)
                .getLast();
        return String.valueOf(snapshot.get("id"));
    }

    private TestHome.Run restore(String snapshot, String... options) {
        List<String> all = new ArrayList<>(List.of("job", "restore", snapshot, "--host", host, "--database", "--wait"));
        all.addAll(List.of(options));
        return admin.run(all.toArray(String[]::new));
    }

    private Map<String, Object> lastJob() {
        return admin.json("job", "list").getFirst();
    }

    private String fillMariadb(int rows) throws IOException {
        DatabaseClient.mariadb(
                "CREATE DATABASE back_shop; USE back_shop; CREATE TABLE back_shop.t (id int PRIMARY KEY, v text);"
                        + " INSERT INTO back_shop.t SELECT seq, concat('row ', seq, repeat(md5(seq), 8)) FROM seq_1_to_"
                        + rows
                        + "; CREATE VIEW back_shop.w AS SELECT id FROM back_shop.t");
        return DatabaseClient.mariadb(ROWS + "back_shop.t");
    }

    @Test
    void aDatabaseOfMariadbComesBackUnderItsOwnNameAndAnother() throws IOException {
        Path connection = DatabaseClient.optionFile(root);
        String content = fillMariadb(20_000);
        String snapshot = saved(
                "{mariadb: {connection: " + connection + ", databases: [back_shop]}, name: shop-db}",
                "shop-db:back_shop.dump");

        assertThat(restore(snapshot).code()).isEqualTo(1);
        assertThat(lastJob())
                .containsEntry("state", "failed")
                .as("not tried again")
                .containsEntry("attempt", 1L);
        assertThat(String.valueOf(lastJob().get("message")))
                .contains("there is a database 'back_shop' on the server already")
                .contains("under another name");

        restore(snapshot, "--as", "back_copy").succeeded();
        assertThat(DatabaseClient.mariadb(ROWS + "back_copy.t")).isEqualTo(content);
        assertThat(DatabaseClient.mariadb("SELECT count(*) FROM back_copy.w")).isEqualTo("20000\n");

        DatabaseClient.mariadb("DROP DATABASE back_shop");
        restore(snapshot).succeeded();
        assertThat(DatabaseClient.mariadb(ROWS + "back_shop.t")).isEqualTo(content);

        DatabaseClient.mariadb("DELETE FROM back_shop.t; CREATE TABLE back_shop.later (id int)");
        restore(snapshot, "--replace").succeeded();
        assertThat(DatabaseClient.mariadb(ROWS + "back_shop.t")).isEqualTo(content);
        assertThat(DatabaseClient.mariadb("SHOW TABLES FROM back_shop LIKE 'later'"))
                .isEmpty();
        Map<String, Object> job = lastJob();
        assertThat(job).containsEntry("state", "done").containsEntry("kind", "restore");
        assertThat(Long.parseLong(String.valueOf(job.get("bytes")))).isGreaterThan(1_000_000);
        assertThat(String.valueOf(job.get("message"))).contains("database 'back_shop' of mariadb is back");

        assertThat(admin.run("audit", "list", "--json").succeeded().out())
                .contains("snapshot.restore")
                .contains("back_copy");
    }

    @Test
    void aDatabaseOfPostgresqlComesBackWithTheAccountsItNeeds() throws IOException {
        Path connection = DatabaseClient.serviceFile(root);
        DatabaseClient.postgresql("postgres", "CREATE ROLE back_owner; CREATE DATABASE back_billing OWNER back_owner");
        DatabaseClient.postgresql(
                "back_billing",
                "CREATE TABLE t AS SELECT g AS id, 'row ' || g || repeat(md5(g::text), 8) AS v FROM generate_series(1, 20000) g;"
                        + "ALTER TABLE t OWNER TO back_owner");
        String content = DatabaseClient.postgresql("back_billing", ROWS + "t");
        String snapshot = saved(
                "{postgresql: {connection: " + connection + ", databases: [back_billing]}, name: billing}",
                "billing:back_billing.dump");
        restore(snapshot, "--as", "back_copy").succeeded();
        assertThat(DatabaseClient.postgresql("back_copy", ROWS + "t")).isEqualTo(content);

        DatabaseClient.postgresql("postgres", "DROP DATABASE back_copy");
        DatabaseClient.postgresql("postgres", "DROP DATABASE back_billing");
        DatabaseClient.postgresql("postgres", "DROP ROLE back_owner");
        assertThat(restore(snapshot).code()).isEqualTo(1);
        assertThat(String.valueOf(lastJob().get("message")))
                .contains("role \"back_owner\" does not exist")
                .contains("Restore the accounts first");
        assertThat(DatabaseClient.postgresql(
                        "postgres",
                        "SELECT datname FROM pg_database WHERE datname LIKE '%back%' OR datname LIKE 'holdfast%'"))
                .as("nothing is left")
                .isEmpty();
        restore(snapshotOf("billing.accounts.dump")).succeeded();
        restore(snapshot).succeeded();
        assertThat(DatabaseClient.postgresql("back_billing", ROWS + "t")).isEqualTo(content);
        assertThat(DatabaseClient.postgresql("back_billing", "SELECT tableowner FROM pg_tables WHERE tablename = 't'"))
                .isEqualTo("back_owner\n");
        DatabaseClient.postgresql("back_billing", "DELETE FROM t");
        restore(snapshot, "--replace").succeeded();
        assertThat(DatabaseClient.postgresql("back_billing", ROWS + "t")).isEqualTo(content);
    }

    @Test
    void anotherHostBringsItBack() throws IOException, InterruptedException {
        Path connection = DatabaseClient.optionFile(root);
        String content = fillMariadb(1_000);
        String snapshot =
                saved("{mariadb: {connection: " + connection + ", databases: [back_shop]}}", "mariadb:back_shop.dump");
        TestHome other = new TestHome(Files.createDirectories(root.resolve("home-of-other")));
        String token = String.valueOf(
                admin.json("token", "create", "--enroll").getFirst().get("token"));
        other.run("agent", "enroll", server.url(), "--token", token, "--name", "loom")
                .succeeded();
        Thread agent = Thread.ofPlatform().start(() -> {
            TestHome.Run ignored = other.run("agent", "run");
        });
        try {
            host = "loom";
            restore(snapshot, "--as", "back_copy").succeeded();
        } finally {
            agent.interrupt();
            agent.join();
        }
        assertThat(lastJob()).containsEntry("host", "loom").containsEntry("state", "done");
        assertThat(DatabaseClient.mariadb(ROWS + "back_copy.t")).isEqualTo(content);
    }

    @Test
    void itComesBackFromHereToo() throws IOException {
        Path connection = DatabaseClient.optionFile(root);
        String content = fillMariadb(1_000);
        String snapshot =
                saved("{mariadb: {connection: " + connection + ", databases: [back_shop]}}", "mariadb:back_shop.dump");
        assertThat(admin.run(
                                "restore",
                                snapshot,
                                "--server",
                                server.url(),
                                "--database",
                                "--connection",
                                connection.toString())
                        .failure(4))
                .contains("there is a database 'back_shop'");
        admin.run(
                        "restore",
                        snapshot,
                        "--server",
                        server.url(),
                        "--database",
                        "--as",
                        "back_copy",
                        "--connection",
                        connection.toString())
                .succeeded();
        assertThat(DatabaseClient.mariadb(ROWS + "back_copy.t")).isEqualTo(content);
        assertThat(admin.run("restore", snapshot, "--server", server.url(), "--as", "x")
                        .failure(2))
                .contains("Write --database, too");
    }

    @Test
    void whatCannotBeIsSaidAndNoPasswordIs() throws IOException {
        Path connection = DatabaseClient.optionFile(root);
        String content = fillMariadb(100);
        String snapshot =
                saved("{mariadb: {connection: " + connection + ", databases: [back_shop]}}", "mariadb:back_shop.dump");
        Path wrong = DatabaseClient.secret(
                root.resolve("wrong.cnf"),
                "[client]\nprotocol=socket\nsocket=" + MARIADB.socket() + "\nuser=nobody\npassword=very-secret-word\n");
        assertThat(restore(snapshot, "--as", "back_copy", "--connection", wrong.toString())
                        .code())
                .isEqualTo(1);
        assertThat(String.valueOf(lastJob().get("message")))
                .contains("Access denied")
                .contains("connection file");
        assertThat(restore(snapshot, "--as", "back_copy", "--connection", root + "/gone.cnf")
                        .code())
                .isEqualTo(1);
        assertThat(String.valueOf(lastJob().get("message"))).contains("gone.cnf is not there");
        assertThat(restore(snapshot, "--connection", "relative.cnf").failure(2)).contains("no absolute path");
        assertThat(DatabaseClient.mariadb("SHOW DATABASES LIKE 'back%'")).isEqualTo("back_shop\n");
        assertThat(DatabaseClient.mariadb(ROWS + "back_shop.t")).isEqualTo(content);

        Path data = Files.createDirectories(root.resolve("data"));
        Files.writeString(data.resolve("file"), "no database");
        String files = saved("files: [" + data + "]", data.toString());
        assertThat(restore(files).failure(2)).contains("is no dump of a database");
        String other = saved("{command: [echo, no dump], name: 'odd:thing.dump'}", "odd:thing.dump");
        assertThat(restore(other).code()).isEqualTo(1);
        assertThat(String.valueOf(lastJob().get("message"))).contains("no dump that this program knows");
        assertThat(String.join("\n", server.logged())).doesNotContain("very-secret-word");
    }

    /** What a query of the server tells in the end; nothing is as slow as the machine on which this runs. */
    private static void await(String query) throws IOException {
        long end = System.nanoTime() + 120_000_000_000L;
        while (DatabaseClient.mariadb(query).isEmpty()) {
            assertThat(System.nanoTime()).as(query).isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void oneThatIsCancelledLeavesNothing() throws IOException {
        Path connection = DatabaseClient.optionFile(root);
        DatabaseClient.mariadb(
                "CREATE DATABASE back_shop; USE back_shop; CREATE TABLE back_shop.a (id int PRIMARY KEY, v text);"
                        + " INSERT INTO back_shop.a SELECT seq, repeat(md5(seq), 8) FROM seq_1_to_150000;"
                        + " CREATE TABLE back_shop.b AS SELECT 1 AS id");
        String snapshot =
                saved("{mariadb: {connection: " + connection + ", databases: [back_shop]}}", "mariadb:back_shop.dump");
        Process client = new ProcessBuilder(
                        "mariadb", "--no-defaults", "--user=root", "--socket=" + MARIADB.socket(), "--unbuffered")
                .redirectErrorStream(true)
                .start();
        try (var holding = client.getOutputStream()) {
            String id = String.valueOf(
                    admin.json("job", "restore", snapshot, "--host", host, "--database", "--as", "back_copy")
                            .getFirst()
                            .get("id"));
            await("SELECT 1 FROM information_schema.tables WHERE table_schema = 'back_copy' AND table_name = 'a'");
            // From the end of the first table on the restore waits for this, and so does its removal.
            holding.write("FLUSH TABLES WITH READ LOCK;\n".getBytes(StandardCharsets.UTF_8));
            holding.flush();
            await(
                    "SELECT 1 FROM information_schema.processlist WHERE state LIKE '%waiting for%' OR state LIKE '%metadata lock%'"
                            + " OR state LIKE '%backup lock%'");
            admin.run("job", "cancel", id).succeeded();
            await("SELECT 1 FROM information_schema.processlist WHERE info LIKE 'DROP DATABASE%'");
            assertThat(DatabaseClient.mariadb(
                            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'back_copy'"))
                    .as("half of it is marked as that")
                    .contains("holdfast_restoring")
                    .contains("a\n")
                    .doesNotContain("b\n");
            holding.write("UNLOCK TABLES;\n".getBytes(StandardCharsets.UTF_8));
            holding.flush();
            TestHome.Run ignored = admin.run("job", "watch", id);
            assertThat(admin.json("job", "show", id).getFirst()).containsEntry("state", "cancelled");
        }
        assertThat(DatabaseClient.mariadb("SHOW DATABASES LIKE 'back%'")).isEqualTo("back_shop\n");
        assertThat(DatabaseClient.mariadb("SELECT count(*) FROM back_shop.a")).isEqualTo("150000\n");
    }
}
