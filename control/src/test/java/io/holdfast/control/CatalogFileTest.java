package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.luben.zstd.Zstd;
import io.holdfast.catalog.AuditLog.Verification;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.CatalogRows;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.PostgresqlServer;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is exported of one catalog is in the other one after the import: all of it, or nothing. */
@Timeout(120)
final class CatalogFileTest {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Instant NOW = Instant.parse("2060-01-01T12:00:00Z");
    private static final InstantSource CLOCK = InstantSource.fixed(NOW);
    private static final int ROWS = 3;

    /** What other tables refer to; a number is added for each row. */
    private static final Map<String, String> REFERRED = Map.ofEntries(
            Map.entry("hosts.id", "0a"),
            Map.entry("host_id", "0a"),
            Map.entry("media_servers.id", "0b"),
            Map.entry("media_server_id", "0b"),
            Map.entry("tokens.id", "token"),
            Map.entry("token_id", "token"),
            Map.entry("jobs.id", "0c"),
            Map.entry("job_id", "0c"),
            Map.entry("repositories.name", "repository"),
            Map.entry("repository", "repository"),
            Map.entry("snapshot_id", "0d"),
            Map.entry("users.name", "user"),
            Map.entry("user_name", "user"));

    @TempDir
    private Path root;

    private Path file = Path.of("/nonexistent");

    /** A catalog, how its rows are seen without the code that is tested, and its tables. */
    private record Database(String url, String tables) {
        Catalog open() {
            return url.startsWith("jdbc:sqlite:")
                    ? Catalog.open(Path.of(url.substring("jdbc:sqlite:".length())), CLOCK, new SeededRandom(1))
                    : Catalog.openPostgresql(url, CLOCK, new SeededRandom(1));
        }

        /** With no look at references: rows are written in any order. */
        Connection connect() throws SQLException {
            Connection connection = DriverManager.getConnection(url);
            if (!url.startsWith("jdbc:sqlite:")) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("SET session_replication_role = replica");
                }
            }
            return connection;
        }
    }

    @BeforeEach
    void prepare() {
        file = root.resolve("catalog.hfc");
    }

    private Database sqlite() {
        return new Database(
                "jdbc:sqlite:" + root.resolve("catalog-" + COUNT.incrementAndGet() + ".db"),
                "SELECT name FROM sqlite_master WHERE type = 'table'");
    }

    private static Database postgresql() throws SQLException {
        String url = PostgresqlServer.shared().url("postgres");
        String schema = "moved_" + COUNT.incrementAndGet();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA " + schema);
        }
        return new Database(
                url + "&currentSchema=" + schema,
                "SELECT tablename FROM pg_tables WHERE schemaname = '" + schema + "'");
    }

    private static List<String> tables(Connection connection, Database database) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(database.tables())) {
            while (rows.next()) {
                if (!rows.getString(1).equals("schema_steps")) {
                    tables.add(rows.getString(1));
                }
            }
        }
        return tables;
    }

    /** Some rows in every table that there is; an audit log with a true chain. */
    private static void fill(Database database) throws SQLException {
        try (Catalog catalog = database.open();
                Connection connection = database.connect()) {
            for (int i = 0; i < ROWS; i++) {
                catalog.audit().append("ada", "plan.change", "nächtlich", "{\"n\":" + i + "}");
            }
            HostId host = catalog.hosts().add("web1").id();
            assertThat(catalog.jobs().put(new NewJob(JobKind.BACKUP, "", host, "main", "{\"of\":\"before\"}", NOW)))
                    .isPresent();
            for (String table : tables(connection, database)) {
                for (int i = 0; i < ROWS && !table.equals("audit_log"); i++) {
                    insert(connection, table, i);
                }
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("UPDATE counters SET value = 4000000000 WHERE name = 'snapshots'");
            }
        }
    }

    private static void insert(Connection connection, String table, int number) throws SQLException {
        List<String> columns = new ArrayList<>();
        List<@Nullable Object> values = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet none = statement.executeQuery("SELECT * FROM " + table + " WHERE 1 = 0")) {
            ResultSetMetaData data = none.getMetaData();
            for (int i = 1; i <= data.getColumnCount(); i++) {
                columns.add(data.getColumnName(i));
                values.add(value(table, data, i, number));
            }
        }
        String marks = String.join(", ", columns.stream().map(column -> "?").toList());
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO " + table + " (" + String.join(", ", columns) + ") VALUES (" + marks + ")")) {
            for (int i = 0; i < values.size(); i++) {
                statement.setObject(i + 1, values.get(i));
            }
            assertThat(statement.executeUpdate()).isEqualTo(1);
        }
    }

    private static @Nullable Object value(String table, ResultSetMetaData data, int column, int number)
            throws SQLException {
        String name = data.getColumnName(column);
        boolean isCertificate = table.equals("certificates");
        if (isCertificate && name.equals(number == 0 ? "media_server_id" : "host_id")) {
            return null;
        }
        if (!isCertificate && number == 2 && data.isNullable(column) == ResultSetMetaData.columnNullable) {
            // SQLite takes null for the key of a table, too.
            if (!name.equals("id") && !name.equals("name") && !name.equals("key") && !name.endsWith("hash")) {
                return null;
            }
        }
        String referred = REFERRED.getOrDefault(table + "." + name, REFERRED.get(name));
        if (referred != null) {
            return referred + number;
        }
        if (table.equals("jobs") && (name.equals("state") || name.equals("kind"))) {
            return name.equals("state") ? "done" : "backup";
        }
        return switch (data.getColumnTypeName(column)) {
            case "TEXT", "text" -> table + " \"ünï\\\n\t\ud83d\udd12\u0001' " + name + number;
            case "BIGINT", "int8" -> Long.MAX_VALUE - 100L * number - column;
            case "BYTEA", "bytea" -> new byte[] {0, -1, '\n', '[', (byte) number};
            default -> throw new AssertionError(data.getColumnTypeName(column));
        };
    }

    /** All rows, however they are ordered. */
    private static Map<String, List<String>> rows(Database database) throws SQLException {
        Map<String, List<String>> all = new TreeMap<>();
        try (Connection connection = database.connect()) {
            for (String table : tables(connection, database)) {
                List<String> rows = new ArrayList<>();
                try (Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery("SELECT * FROM " + table)) {
                    while (row.next()) {
                        rows.add(text(row));
                    }
                }
                rows.sort(null);
                all.put(table, rows);
            }
        }
        return all;
    }

    private static String text(ResultSet row) throws SQLException {
        Map<String, String> values = new TreeMap<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            Object value = row.getObject(i);
            values.put(
                    row.getMetaData().getColumnName(i),
                    value instanceof byte[] bytes ? "bytes " + HexFormat.of().formatHex(bytes) : value + "");
        }
        return values.toString();
    }

    private CatalogFile.Summary export(Database from) {
        try (Catalog catalog = from.open()) {
            return new CatalogFile(file).write(catalog.rows(), "holdfast test", NOW);
        }
    }

    private CatalogFile.Summary importInto(Database to) {
        try (Catalog catalog = to.open()) {
            return new CatalogFile(file).fill(catalog.rows());
        }
    }

    private ErrorCode failure(Database to) {
        return catchThrowableOfType(HoldfastException.class, () -> importInto(to))
                .code();
    }

    private void moves(Database from, Database to) throws SQLException {
        fill(from);
        Map<String, List<String>> before = rows(from);
        assertThat(before.values()).allSatisfy(rows -> assertThat(rows).hasSizeGreaterThanOrEqualTo(ROWS));
        CatalogFile.Summary written = export(from);
        assertThat(importInto(to)).isEqualTo(written);
        assertThat(rows(to)).isEqualTo(before);
        assertThat(written.rows().keySet()).isEqualTo(before.keySet());
        assertThat(written.allRows())
                .isEqualTo(before.values().stream().mapToInt(List::size).sum());
        goesOn(to);
    }

    /** Numbers go on where they ended. */
    private static void goesOn(Database moved) {
        try (Catalog catalog = moved.open()) {
            catalog.audit().append("ada", "plan.change", "weekly", "{}");
            assertThat(catalog.audit().verify())
                    .isInstanceOfSatisfying(
                            Verification.Intact.class,
                            intact -> assertThat(intact.head().sequence()).isEqualTo(ROWS + 1));
            assertThat(catalog.snapshots()
                            .put(
                                    "repository0",
                                    new SnapshotFacts(
                                            "0e",
                                            "web1",
                                            null,
                                            "/home",
                                            "",
                                            null,
                                            NOW,
                                            NOW,
                                            1,
                                            1,
                                            1,
                                            1,
                                            null,
                                            new TreeSet<>()))
                            .sequence())
                    .isEqualTo(4_000_000_001L);
            assertThat(catalog.jobs().take("worker", Duration.ofMinutes(1)).map(Job::spec))
                    .hasValue("{\"of\":\"before\"}");
        }
    }

    @Test
    @Tag("root")
    void movesToPostgresql() throws SQLException {
        moves(sqlite(), postgresql());
    }

    @Test
    @Tag("root")
    void movesToSqlite() throws SQLException {
        moves(postgresql(), sqlite());
    }

    @Test
    void whatIsCutOffOrChangedIsRefusedWithNothingImported() throws SQLException, IOException {
        Database from = sqlite();
        fill(from);
        var written = export(from);
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        byte[] whole = Files.readAllBytes(file);
        Database to = sqlite();
        Map<String, List<String>> empty = Map.of();
        try (Catalog catalog = to.open()) {
            assertThat(catalog.kind()).isEqualTo("SQLite");
            empty = rows(to);
        }
        SeededRandom random = new SeededRandom(7);
        for (int i = 0; i < 30; i++) {
            byte[] cut = Arrays.copyOf(whole, random.nextInt(whole.length));
            Files.write(file, cut);
            assertThat(failure(to)).as("cut at " + cut.length).isEqualTo(ErrorCode.DAMAGED);
            byte[] changed = whole.clone();
            changed[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, changed);
            assertThat(failure(to)).as("changed").isEqualTo(ErrorCode.DAMAGED);
        }
        String text = new String(Zstd.decompress(whole, 1 << 20), StandardCharsets.UTF_8);
        for (String wrong : List.of(
                text.replace("ada", "eve"),
                text.replace("\"hosts\":4", "\"hosts\":3"),
                text.substring(0, text.indexOf("{\"rows\"")),
                text + "[]\n",
                text.replaceFirst("\\[.*\n", ""))) {
            assertThat(wrong).isNotEqualTo(text);
            Files.write(file, Zstd.compress(wrong.getBytes(StandardCharsets.UTF_8)));
            assertThat(failure(to)).isEqualTo(ErrorCode.DAMAGED);
        }
        Files.write(
                file, Zstd.compress(text.replace("\"schema\":", "\"schema\":9").getBytes(StandardCharsets.UTF_8)));
        assertThat(failure(to)).isEqualTo(ErrorCode.UNSUPPORTED_VERSION);
        assertThat(rows(to)).isEqualTo(empty);
        Files.write(file, whole);
        assertThat(importInto(to)).isEqualTo(written);
        assertThat(failure(to)).as("it is not empty any more").isEqualTo(ErrorCode.REFUSED);
        assertThat(rows(to)).isEqualTo(rows(from));
    }

    /** Also where the file is whole, and something in it does not fit: what went in before goes out again. */
    @Test
    void rowsThatDoNotFitLeaveNothing() throws SQLException {
        Database from = sqlite();
        fill(from);
        Database to = sqlite();
        try (Catalog source = from.open();
                Catalog target = to.open()) {
            Map<String, List<String>> empty = rows(to);
            HoldfastException thrown = catchThrowableOfType(
                    HoldfastException.class,
                    () -> target.rows().fill(sink -> {
                        source.rows().read(sink);
                        sink.table(new CatalogRows.Table("extra", List.of()));
                    }));
            assertThat(thrown.code()).isEqualTo(ErrorCode.DAMAGED);
            assertThat(rows(to)).isEqualTo(empty);
        }
    }

    @Test
    void writesOverNoFile() throws SQLException, IOException {
        Database from = sqlite();
        fill(from);
        Files.writeString(file, "mine");
        assertThat(catchThrowableOfType(HoldfastException.class, () -> export(from))
                        .code())
                .isEqualTo(ErrorCode.REFUSED);
        assertThat(file).hasContent("mine");
    }
}
