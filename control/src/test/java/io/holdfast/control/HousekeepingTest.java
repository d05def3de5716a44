package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobKind;
import io.holdfast.core.Bytes;
import io.holdfast.core.EventLog;
import io.holdfast.core.MonotonicClock;
import io.holdfast.testkit.PostgresqlServer;
import io.holdfast.testkit.SeededRandom;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What several servers of one catalog do once. */
final class HousekeepingTest {
    private static final EventLog NOWHERE = (level, what, details) -> {};

    @TempDir
    private Path root;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2060-01-01T20:00:00Z"));

    @Test
    void aNightBeginsAtHalfPastTwo() {
        assertThat(Housekeeping.night(Instant.parse("2060-01-02T02:30:00Z"))).isEqualTo("2060-01-02T02:30:00Z");
        assertThat(Housekeeping.night(Instant.parse("2060-01-02T02:29:59Z"))).isEqualTo("2060-01-01T02:30:00Z");
    }

    @Test
    void eachNightIsDecidedOnceOnSqlite() throws Exception {
        decidesOnce(number -> Catalog.open(root.resolve("catalog.db"), now::get, new SeededRandom(number)));
    }

    @Test
    @Tag("root")
    void eachNightIsDecidedOnceOnPostgresql() throws Exception {
        String server = PostgresqlServer.shared().url("postgres");
        makeSchema(server);
        decidesOnce(number ->
                Catalog.openPostgresql(server + "&currentSchema=housekeeping", now::get, new SeededRandom(number)));
    }

    private static void makeSchema(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA housekeeping");
        }
    }

    private void decidesOnce(IntFunction<Catalog> open) throws Exception {
        try (Catalog one = open.apply(1);
                Catalog other = open.apply(2);
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (String name : List.of("main", "second")) {
                var ignored = one.repositories().add(name, "/" + name, Bytes.ofHex("00"), name);
            }
            List<Housekeeping> servers = List.of(housekeeping(one, 3), housekeeping(other, 4));
            for (int night = 0; night < 3; night++) {
                for (int look = 0; look < 5; look++) {
                    List<Callable<Boolean>> looks = new ArrayList<>();
                    servers.forEach(server -> looks.add(() -> {
                        server.look();
                        return true;
                    }));
                    for (Future<Boolean> each : threads.invokeAll(looks)) {
                        assertThat(each.get()).isTrue();
                    }
                }
                assertThat(prunes(one, "main"))
                        .as("those that wait already are enough")
                        .isEqualTo(Math.min(night, 1));
                assertThat(prunes(one, "second")).isEqualTo(Math.min(night, 1));
                now.updateAndGet(time -> time.plus(Duration.ofDays(1)));
            }
        }
    }

    private Housekeeping housekeeping(Catalog catalog, int seed) {
        Retention retention = new Retention(catalog, new NoRepositories(), now::get, NOWHERE);
        return new Housekeeping(catalog, retention, now::get, MonotonicClock.system(), new SeededRandom(seed), NOWHERE);
    }

    private static long prunes(Catalog catalog, String repository) {
        JobHistory.Filter filter = new JobHistory.Filter(null, JobKind.PRUNE, null, "", repository, null, null);
        return catalog.history().page(filter, null, 10).size();
    }
}
