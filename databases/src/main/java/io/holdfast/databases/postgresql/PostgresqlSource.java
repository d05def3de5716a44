package io.holdfast.databases.postgresql;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.databases.DatabasePart;
import io.holdfast.databases.DatabaseSource;
import io.holdfast.databases.Dump;
import io.holdfast.databases.DumpConsumer;
import io.holdfast.databases.RestoreTarget;
import io.holdfast.databases.ServerAccess;
import io.holdfast.databases.tool.DumpRun;
import io.holdfast.databases.tool.EditedLines;
import io.holdfast.databases.tool.EndsOfStream;
import io.holdfast.databases.tool.Feeding;
import io.holdfast.databases.tool.HalfRestored;
import io.holdfast.databases.tool.RunningTool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * PostgreSQL by {@code pg_dump}, in its custom format without compression, so that what has not changed is stored once; accounts by {@code pg_dumpall}. A restore
 * happens under a name of its own, that is exchanged for the wanted one when all is there.
 */
public final class PostgresqlSource implements DatabaseSource {
    private static final String MAINTENANCE = "postgres";
    /** Somebody who changes a table for longer than that keeps it from being dumped. */
    private static final String LOCK_WAIT = "--lock-wait-timeout=10min";

    private static final String DROP_CONTENT = """
            DO $$ DECLARE schema name; BEGIN
                FOR schema IN SELECT nspname FROM pg_namespace
                    WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
                LOOP EXECUTE format('DROP SCHEMA %I CASCADE', schema); END LOOP;
            END $$;
            """;

    private final PostgresqlTools tools;

    public PostgresqlSource(ServerAccess access) {
        this.tools = new PostgresqlTools(access);
    }

    @Override
    public String kind() {
        return "postgresql";
    }

    @Override
    public String version() {
        return tools.rows(
                        MAINTENANCE,
                        "SELECT 'PostgreSQL ' || current_setting('server_version')",
                        "asking PostgreSQL for its version")
                .getFirst()[0];
    }

    @Override
    public List<String> databases() {
        return names(
                        "SELECT encode(convert_to(datname, 'UTF8'), 'hex') FROM pg_database WHERE NOT datistemplate AND datallowconn",
                        "listing the databases of PostgreSQL")
                .stream()
                .sorted()
                .toList();
    }

    private List<String> names(String sql, String what) {
        return tools.rows(MAINTENANCE, sql, what).stream()
                .map(row -> PostgresqlTools.ofHex(row[0]))
                .toList();
    }

    @Override
    public <T> Dump<T> dump(DatabasePart part, DumpConsumer<T> consumer) {
        String version = version();
        return switch (part.kind()) {
            case DATABASE -> dumpDatabase(part, version, consumer);
            case ACCOUNTS -> dumpAccounts(part, version, consumer);
        };
    }

    private <T> Dump<T> dumpDatabase(DatabasePart part, String version, DumpConsumer<T> consumer) {
        if (!databases().contains(part.database())) {
            throw new HoldfastException(
                    ErrorCode.NOT_FOUND, "there is no " + part.text() + " on the server", "Check its name.");
        }
        String what = "dump of " + part.text();
        try (RunningTool tool =
                tools.start("pg_dump", part.database(), List.of("--format=custom", "--compress=0", LOCK_WAIT))) {
            LookedAtArchive archive = new LookedAtArchive(tool.output());
            EndsOfStream stream = new EndsOfStream(archive);
            T result = DumpRun.send(tool, stream, what, consumer, () -> requireWhole(archive, what));
            List<String> warnings = new ArrayList<>(tool.said().stream()
                    .filter(line -> line.contains("warning:"))
                    .toList());
            if (archive.archive().isOfLaterVersion()) {
                warnings.add("pg_dump is newer than this program, which believes it that the archive is whole");
            }
            return new Dump<>(result, stream.sizeBytes(), version, Optional.empty(), warnings);
        }
    }

    private static void requireWhole(LookedAtArchive archive, String what) {
        archive.archive().gap().ifPresent(gap -> {
            throw new HoldfastException(ErrorCode.FAILED, what + ": the archive was cut short: " + gap);
        });
    }

    private <T> Dump<T> dumpAccounts(DatabasePart part, String version, DumpConsumer<T> consumer) {
        String what = "dump of " + part.text();
        try (RunningTool tool = tools.start("pg_dumpall", MAINTENANCE, List.of("--globals-only"))) {
            EndsOfStream stream = new EndsOfStream(tool.output());
            T result = DumpRun.send(tool, stream, what, consumer, () -> requireTrailer(stream, what));
            return new Dump<>(result, stream.sizeBytes(), version, Optional.empty(), List.of());
        }
    }

    private static void requireTrailer(EndsOfStream stream, String what) {
        if (!KnownRoles.isWhole(stream.tail())) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    what
                            + ": its last line '-- PostgreSQL database cluster dump complete' is missing: it was cut short");
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
        boolean exists = databases().contains(part.database());
        if (exists && target.existing() == RestoreTarget.Existing.REFUSE) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "there is a " + part.text() + " on the server already",
                    "Restore it under another name, or say that it is to be replaced.");
        }
        String meanwhile = "holdfast_restoring_" + checksum(part.database());
        LookedAtArchive archive = new LookedAtArchive(stream);
        InputStream whole;
        try {
            whole = archive.afterContents();
        } catch (IOException e) {
            throw new HoldfastException(ErrorCode.FAILED, what + ": the dump breaks off: " + e.getMessage(), null, e);
        }
        if (!archive.archive().hasContents()) {
            requireWhole(archive, what);
        }
        DatabaseStatements statements = DatabaseStatements.of(archive.archive(), meanwhile);
        String drop = "DROP DATABASE IF EXISTS " + PostgresqlTools.quoted(meanwhile) + ";";
        tools.rows(MAINTENANCE, drop, what);
        tools.rows(MAINTENANCE, statements.create(), what);
        List<String> told = new ArrayList<>();
        HalfRestored.removedUnlessWhole(
                DatabasePart.database(meanwhile),
                "",
                () -> {
                    feed(meanwhile, whole, archive, what);
                    statements.after().forEach(statement -> tools.rows(MAINTENANCE, statement, what));
                    told.addAll(rename(meanwhile, part.database(), exists, what));
                },
                () -> remove(meanwhile, drop, "removing what was restored of " + part.text()));
        return told;
    }

    /**
     * On a full disk a database cannot go whose pages are not written yet, and whoever tries leaves one that lets nobody in. Its tables can go, and then it.
     */
    private void remove(String database, String drop, String what) {
        try {
            tools.rows(database, DROP_CONTENT, what);
        } catch (HoldfastException e) {
            // Mostly it can go as it is; else that says why not.
        }
        tools.rows(MAINTENANCE, drop, what);
    }

    private void feed(String database, InputStream whole, LookedAtArchive archive, String what) {
        try (RunningTool tool = tools.start("pg_restore", database, List.of("--exit-on-error"))) {
            Feeding.run(tool, whole, what, () -> requireWhole(archive, what));
        }
    }

    /** Exchanges the two at once, when nobody works in the old one any more. */
    private List<String> rename(String from, String to, boolean exists, String what) {
        String renamed = "ALTER DATABASE " + PostgresqlTools.quoted(from) + " RENAME TO " + PostgresqlTools.quoted(to);
        if (!exists) {
            tools.rows(MAINTENANCE, renamed + ";", what);
            return List.of();
        }
        String old = "holdfast_replaced_" + checksum(to);
        String quotedOld = PostgresqlTools.quoted(old);
        String quotedTo = PostgresqlTools.quoted(to);
        try {
            tools.rows(
                    MAINTENANCE,
                    "DROP DATABASE IF EXISTS " + quotedOld + ";\nALTER DATABASE " + quotedTo
                            + " ALLOW_CONNECTIONS false;",
                    what);
            tools.rows(
                    MAINTENANCE,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                            + PostgresqlTools.literal(to) + ";\nBEGIN;\nALTER DATABASE " + quotedTo + " RENAME TO "
                            + quotedOld + ";\n" + renamed + ";\nCOMMIT;",
                    what);
        } catch (HoldfastException e) {
            HalfRestored.uninterrupted(() -> {
                if (databases().contains(from)) {
                    tools.rows(MAINTENANCE, "ALTER DATABASE " + quotedTo + " ALLOW_CONNECTIONS true;", what);
                }
            });
            throw e;
        }
        try {
            tools.rows(MAINTENANCE, "DROP DATABASE " + quotedOld + ";", "removing what was replaced");
            return List.of();
        } catch (HoldfastException e) {
            return List.of("what was replaced is still there as '" + old + "': " + e.getMessage());
        }
    }

    private static String checksum(String name) {
        CRC32 checksum = new CRC32();
        checksum.update(name.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(checksum.getValue());
    }

    private List<String> restoreAccounts(DatabasePart part, InputStream stream) {
        String what = "restore of " + part.text();
        Set<String> roles = new HashSet<>(
                names("SELECT encode(convert_to(rolname, 'UTF8'), 'hex') FROM pg_roles", "listing the roles"));
        Set<String> tablespaces = new HashSet<>(names(
                "SELECT encode(convert_to(spcname, 'UTF8'), 'hex') FROM pg_tablespace", "listing the tablespaces"));
        KnownRoles edit = new KnownRoles(roles, tablespaces);
        try (RunningTool tool =
                tools.start("psql", MAINTENANCE, List.of("-Xq", "--set=ON_ERROR_STOP=1", "--output=/dev/null"))) {
            EndsOfStream looked = new EndsOfStream(stream);
            Feeding.run(tool, new EditedLines(looked, new byte[0], edit), what, () -> requireTrailer(looked, what));
        }
        List<String> told = new ArrayList<>();
        if (edit.leftCount() > 0) {
            told.add(edit.leftCount()
                    + " roles or tablespaces were there already, and keep their passwords and settings");
        }
        return told;
    }
}
