package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.Snapshots;
import io.holdfast.core.WallClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans with databases: real servers of them, a real Holdfast server and its agent. */
@Tag("root")
final class DatabasePlanTest {
    @TempDir
    private Path root;

    private TestServer server;
    private TestHome admin;

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(root);
        admin = server.administrator();
        sql("CREATE DATABASE plan_shop; CREATE TABLE plan_shop.t(v text); INSERT INTO plan_shop.t VALUES ('bread');"
                + " CREATE DATABASE `plan_ölmühle`; CREATE DATABASE plan_scratch");
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        sql("DROP DATABASE IF EXISTS plan_shop; DROP DATABASE IF EXISTS `plan_ölmühle`;"
                + " DROP DATABASE IF EXISTS plan_scratch");
    }

    private static void sql(String statements) throws IOException {
        assertThat(DatabaseClient.mariadb(statements)).isEmpty();
    }

    private Path mariadb() throws IOException {
        return DatabaseClient.optionFile(root);
    }

    private void apply(String name, String... sources) throws IOException {
        Path plan = server.plan(name, sources);
        Files.writeString(plan, Files.readString(plan) + "retries:\n  count: 0\n");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
    }

    private Map<String, Object> run(String plan) {
        TestHome.Run ignored = admin.run("job", "run", plan, "--wait");
        String id = String.valueOf(admin.json("job", "list").getFirst().get("id"));
        return admin.json("job", "show", id).getFirst();
    }

    private List<SnapshotEntry> snapshots() {
        try (Catalog catalog = Catalog.open(server.directory().catalog(), WallClock.system(), new SecureRandom())) {
            return catalog.snapshots().page(Snapshots.Filter.ALL, Long.MAX_VALUE, 1_000);
        }
    }

    @Test
    void eachDatabaseIsAStreamOfItsOwn() throws IOException {
        apply(
                "nightly",
                "{mariadb: {connection: " + mariadb()
                        + ", databases: ['plan_*'], exclude: [plan_scratch]}, name: shop-db}");
        Map<String, Object> job = run("nightly");
        assertThat(job).as("%s %s", job, server.logged()).containsEntry("state", "done");
        assertThat(snapshots().stream().map(entry -> entry.facts().source()))
                .containsExactlyInAnyOrder(
                        "shop-db.accounts.dump", "shop-db:plan_shop.dump", "shop-db:plan_ölmühle.dump");
        String shown = admin.run("job", "show", String.valueOf(job.get("id")))
                .succeeded()
                .out();
        assertThat(shown).containsPattern("shop-db:plan_shop.dump: log position bin\\.\\d+:\\d+ gtid");
        assertThat(result(String.valueOf(job.get("id")))).containsPattern("\"logPosition\":\"bin\\.\\d+:\\d+ gtid");
    }

    private String result(String id) {
        try (Catalog catalog = Catalog.open(server.directory().catalog(), WallClock.system(), new SecureRandom())) {
            return catalog.jobs()
                    .job(new io.holdfast.catalog.JobId(id))
                    .orElseThrow()
                    .result();
        }
    }

    @Test
    void aDatabaseThatCannotBeDumpedKeepsNoOtherFromBeingSaved() throws IOException {
        sql("CREATE VIEW plan_scratch.broken AS SELECT v FROM plan_shop.t; DROP TABLE plan_shop.t");
        apply("nightly", "{mariadb: {connection: " + mariadb() + ", databases: ['plan_*'], accounts: false}}");
        Map<String, Object> job = run("nightly");
        assertThat(job).containsEntry("state", "failed");
        assertThat(String.valueOf(job.get("message"))).contains("plan_scratch");
        assertThat(snapshots().stream().map(entry -> entry.facts().source()))
                .containsExactlyInAnyOrder("mariadb:plan_shop.dump", "mariadb:plan_ölmühle.dump");
        assertThat(job.get("snapshots"))
                .asInstanceOf(InstanceOfAssertFactories.LIST)
                .hasSize(2);
    }

    @Test
    void postgresqlIsSavedToo() throws IOException {
        Path service = DatabaseClient.serviceFile(root);
        apply("pg", "{postgresql: {connection: " + service + ", databases: [postgres]}, name: billing}");
        Map<String, Object> job = run("pg");
        assertThat(job).as("%s %s", job, server.logged()).containsEntry("state", "done");
        assertThat(snapshots().stream().map(entry -> entry.facts().source()))
                .containsExactlyInAnyOrder("billing.accounts.dump", "billing:postgres.dump");
    }

    @Test
    void whatIsNotThereIsSaid() throws IOException {
        apply("nightly", "{mariadb: {connection: " + mariadb() + ", databases: [plan_gone]}}");
        Map<String, Object> job = run("nightly");
        assertThat(job).containsEntry("state", "failed");
        assertThat(String.valueOf(job.get("message"))).contains("there is no database 'plan_gone' on the server");
        assertThat(snapshots()).isEmpty();
    }
}
