package io.holdfast.databases.mariadb;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.databases.DatabasePart;
import io.holdfast.databases.DatabaseSource;
import io.holdfast.databases.Dump;
import io.holdfast.databases.DumpConsumer;
import io.holdfast.databases.LogPosition;
import io.holdfast.databases.RestoreTarget;
import io.holdfast.databases.ServerAccess;
import io.holdfast.databases.mariadb.MariadbTools.DumpProgram;
import io.holdfast.databases.tool.DumpRun;
import io.holdfast.databases.tool.EditedLines;
import io.holdfast.databases.tool.EndsOfStream;
import io.holdfast.databases.tool.Feeding;
import io.holdfast.databases.tool.HalfRestored;
import io.holdfast.databases.tool.RunningTool;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * MariaDB, or MySQL, by {@code mariadb-dump} or {@code mysqldump}: statements that make a database again. Each database is of one moment of its own, by a
 * transaction that sees nothing later, with routines, events and triggers. The dump names no database, so that it fits one of any name.
 */
public final class MariadbSource implements DatabaseSource {
    private static final String OF_THE_SERVER = "('information_schema', 'performance_schema', 'mysql', 'sys')";
    private static final byte[] NOTHING = {};
    /** A table that a database has until all of it was restored. */
    private static final String MARK = "holdfast_restoring";

    private final MariadbTools tools;

    public MariadbSource(ServerAccess access) {
        this.tools = new MariadbTools(access);
    }

    @Override
    public String kind() {
        return "mariadb";
    }

    @Override
    public String version() {
        return tools.rows("SELECT VERSION()", "asking MariaDB for its version").getFirst()[0];
    }

    @Override
    public List<String> databases() {
        return tools
                .rows(
                        "SELECT HEX(schema_name) FROM information_schema.schemata WHERE schema_name NOT IN "
                                + OF_THE_SERVER,
                        "listing the databases of MariaDB")
                .stream()
                .map(row -> MariadbTools.ofHex(row[0]))
                .sorted()
                .toList();
    }

    @Override
    public <T> Dump<T> dump(DatabasePart part, DumpConsumer<T> consumer) {
        DumpProgram program = tools.dumpProgram();
        String[] server = tools.rows("SELECT VERSION(), @@log_bin", "asking MariaDB for its version and binary log")
                .getFirst();
        return switch (part.kind()) {
            case DATABASE -> dumpDatabase(part, program, server[0], server[1].equals("1"), consumer);
            case ACCOUNTS -> dumpAccounts(part, program, server[0], consumer);
        };
    }

    private <T> Dump<T> dumpDatabase(
            DatabasePart part, DumpProgram program, String version, boolean isLogged, DumpConsumer<T> consumer) {
        String what = "dump of " + part.text();
        String[] character = characterSet(part);
        requireRights(part);
        List<String> warnings = new ArrayList<>(tablesWithoutTransactions(part));
        List<String> arguments = new ArrayList<>(List.of(
                "--single-transaction",
                "--quick",
                "--routines",
                "--events",
                "--triggers",
                "--hex-blob",
                // A database that has not changed gives the same bytes.
                "--skip-dump-date",
                "--default-character-set=utf8mb4"));
        if (isLogged) {
            arguments.addAll(program.isOfMariadb() ? List.of("--master-data=2", "--gtid") : List.of("--source-data=2"));
        }
        if (!program.isOfMariadb()) {
            arguments.add("--set-gtid-purged=OFF");
        }
        arguments.addAll(List.of("--", part.database()));
        try (RunningTool tool = tools.startDump(program, arguments)) {
            EndsOfStream stream = new EndsOfStream(new EditedLines(
                    tool.output(),
                    NamelessDump.head(character[0], character[1]).getBytes(StandardCharsets.US_ASCII),
                    new NamelessDump()));
            T result = DumpRun.send(tool, stream, what, consumer, () -> requireWhole(stream, what));
            Optional<LogPosition> position =
                    isLogged ? NamelessDump.position(stream.head(), stream.tail()) : Optional.empty();
            if (isLogged && position.isEmpty()) {
                warnings.add("the position of the binary log was not found in the dump");
            }
            return new Dump<>(result, stream.sizeBytes(), version, position, warnings);
        }
    }

    private String[] characterSet(DatabasePart part) {
        List<String[]> rows = tools.rows(
                "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata"
                        + " WHERE schema_name = " + MariadbTools.literal(part.database()),
                "looking for " + part.text());
        if (rows.isEmpty()) {
            throw new HoldfastException(
                    ErrorCode.NOT_FOUND,
                    "there is no " + part.text() + " on the server",
                    "Check its name, and whether the account may see it.");
        }
        return rows.getFirst();
    }

    private void requireRights(DatabasePart part) {
        List<String> grants = tools.rows("SHOW GRANTS", "asking MariaDB for the rights of the account").stream()
                .map(row -> String.join("\t", row))
                .toList();
        List<String> missing = AccountRights.of(grants).missing(part.database());
        if (!missing.isEmpty()) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "the account lacks " + String.join(", ", missing) + " for the dump of " + part.text()
                            + ", which would leave out what it does not see",
                    "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO the account.");
        }
    }

    private List<String> tablesWithoutTransactions(DatabasePart part) {
        String name = MariadbTools.literal(part.database());
        List<String> warnings = new ArrayList<>();
        tools.rows(
                        "SELECT HEX(table_name), engine FROM information_schema.tables WHERE table_schema = " + name
                                + " AND table_type = 'BASE TABLE' AND engine NOT IN ('InnoDB', 'ROCKSDB') ORDER BY 1",
                        "looking for tables without transactions in " + part.text())
                .forEach(
                        row -> warnings.add(
                                "table '" + MariadbTools.ofHex(row[0]) + "' is " + row[1]
                                        + ", which knows no transactions: what is written to it while it is dumped may be in it or not"));
        return warnings;
    }

    private <T> Dump<T> dumpAccounts(DatabasePart part, DumpProgram program, String version, DumpConsumer<T> consumer) {
        if (!program.isOfMariadb()) {
            throw HoldfastException.usage(
                    "the program mysqldump of MySQL has no dump of accounts",
                    "Install mariadb-client, or leave accounts out.");
        }
        String what = "dump of " + part.text();
        try (RunningTool tool =
                tools.startDump(program, List.of("--system=users", "--insert-ignore", "--skip-dump-date"))) {
            EndsOfStream stream = new EndsOfStream(new EditedLines(tool.output(), NOTHING, new NamelessDump()));
            T result = DumpRun.send(tool, stream, what, consumer, () -> requireWhole(stream, what));
            return new Dump<>(result, stream.sizeBytes(), version, Optional.empty(), List.of());
        }
    }

    private static void requireWhole(EndsOfStream stream, String what) {
        if (!NamelessDump.isWhole(stream.tail())) {
            throw new HoldfastException(
                    ErrorCode.FAILED, what + ": its last line '-- Dump completed' is missing: it was cut short");
        }
    }

    @Override
    public List<String> restore(DatabasePart part, InputStream stream, RestoreTarget target) {
        return switch (part.kind()) {
            case DATABASE -> restoreDatabase(target.name().map(part::named).orElse(part), stream, target);
            case ACCOUNTS -> restoreAccounts(part, stream);
        };
    }

    private List<String> restoreDatabase(DatabasePart part, InputStream stream, RestoreTarget target) {
        String what = "restore of " + part.text();
        String name = MariadbTools.quoted(part.database());
        boolean isHalf = isHalfRestored(part);
        boolean exists = !isHalf && databases().contains(part.database());
        if (exists && target.existing() == RestoreTarget.Existing.REFUSE) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "there is a " + part.text() + " on the server already",
                    "Restore it under another name, or say that it is to be replaced.");
        }
        String drop = "DROP DATABASE " + name + ";";
        tools.rows(
                (exists || isHalf ? drop : "") + "CREATE DATABASE " + name + " CHARACTER SET utf8mb4; CREATE TABLE "
                        + name + "." + MARK + " (since timestamp);",
                what);
        HalfRestored.removedUnlessWhole(
                part,
                exists ? "the " + part.text() + " that was to be replaced is gone" : "",
                () -> {
                    feed(part, stream, what);
                    tools.rows("DROP TABLE " + name + "." + MARK + ";", what);
                },
                () -> tools.rows(drop, "removing what was restored of " + part.text()));
        return List.of();
    }

    /** Whether it is what a restore has left whose process was killed. */
    private boolean isHalfRestored(DatabasePart part) {
        return !tools.rows(
                        "SELECT 1 FROM information_schema.tables WHERE table_name = '" + MARK + "' AND table_schema = "
                                + MariadbTools.literal(part.database()),
                        "looking for " + part.text())
                .isEmpty();
    }

    private void feed(DatabasePart part, InputStream stream, String what) {
        try (RunningTool tool = tools.startClient(List.of("--", part.database()))) {
            EndsOfStream looked = new EndsOfStream(stream);
            Feeding.run(tool, looked, what, () -> requireWhole(looked, what));
        }
    }

    private List<String> restoreAccounts(DatabasePart part, InputStream stream) {
        String what = "restore of " + part.text();
        Set<String> known = new HashSet<>();
        tools.rows("SELECT HEX(user), HEX(host), is_role FROM mysql.user", "listing the accounts of MariaDB")
                .forEach(row -> {
                    String user = MariadbTools.quoted(MariadbTools.ofHex(row[0]));
                    known.add(row[2].equals("Y") ? user : user + "@" + MariadbTools.quoted(MariadbTools.ofHex(row[1])));
                });
        KnownAccounts edit = new KnownAccounts(known);
        try (RunningTool tool = tools.startClient(List.of())) {
            EndsOfStream looked = new EndsOfStream(stream);
            Feeding.run(tool, new EditedLines(looked, NOTHING, edit), what, () -> requireWhole(looked, what));
        }
        return edit.leftCount() == 0
                ? List.of()
                : List.of(edit.leftCount() + " accounts were there already, and keep their passwords and privileges");
    }
}
