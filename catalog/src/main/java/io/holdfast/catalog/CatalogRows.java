package io.holdfast.catalog;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * The rows of all tables as they are, to bring a catalog from one database to another. Which tables there are the database says itself: none is forgotten. Those of
 * the schema's steps are left out. Thread-safe.
 */
public final class CatalogRows {
    private static final String STEPS = "schema_steps";

    /** It has rows from the beginning; as long as nothing happened they count nothing. */
    private static final String COUNTERS = "counters";

    private static final int AT_ONCE = 1_000;

    private final Database database;

    /** What a column has in it. */
    public enum Type {
        /** {@link String}. */
        TEXT,
        /** {@link Long}. */
        NUMBER,
        /** {@code byte[]}. */
        BYTES
    }

    public record Column(String name, Type type) {}

    /** @param columns in the order of the values of a row */
    public record Table(String name, List<Column> columns) {
        public Table {
            columns = List.copyOf(columns);
        }
    }

    /** Takes tables, each of them before its rows. Values may be null. */
    public interface Sink {
        void table(Table table);

        void row(List<@Nullable Object> values);
    }

    CatalogRows(Database database) {
        this.database = database;
    }

    /** The number of the schema that all catalogs have that this program opens. */
    public static int schema() {
        return Migrations.newest();
    }

    /** Gives everything that is there at one moment; a table comes after those that its rows refer to. */
    public void read(Sink sink) {
        boolean ignored = database.readAtOnce(handle -> {
            for (Table table : tables(handle)) {
                sink.table(table);
                handle.createQuery("SELECT " + names(table) + " FROM " + quoted(table.name()))
                        .setFetchSize(AT_ONCE)
                        .map((row, context) -> values(row, table))
                        .forEach(sink::row);
            }
            return true;
        });
    }

    /**
     * Fills an empty catalog, or where something throws leaves it empty.
     *
     * @param source gives the sink the tables and their rows, as {@link #read} does
     * @throws HoldfastException {@code REFUSED} where it has something in it, {@code DAMAGED} where tables or columns are others than those of this catalog
     */
    public void fill(Consumer<Sink> source) {
        boolean ignored = database.write(handle -> {
            List<Table> tables = tables(handle);
            requireEmpty(handle, tables);
            handle.execute("DELETE FROM " + COUNTERS);
            try (Filling filling = new Filling(handle, tables)) {
                source.accept(filling);
                filling.end();
            } catch (JdbiException e) {
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        "the catalog does not take the rows: "
                                + String.valueOf(e.getMessage())
                                        .lines()
                                        .findFirst()
                                        .orElse(""),
                        "Nothing was imported. Check the database and its space, or export again.",
                        e);
            }
            return true;
        });
    }

    /** @throws HoldfastException {@code REFUSED} where it has something in it */
    public void requireEmpty() {
        boolean ignored = database.read(handle -> {
            requireEmpty(handle, tables(handle));
            return true;
        });
    }

    private static void requireEmpty(Handle handle, List<Table> tables) {
        for (Table table : tables) {
            String counts = table.name().equals(COUNTERS) ? " WHERE value <> 0" : "";
            if (handle.select("SELECT 1 FROM " + quoted(table.name()) + counts + " LIMIT 1")
                    .mapTo(Long.class)
                    .findFirst()
                    .isPresent()) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "the catalog has something in it (" + table.name() + ")",
                        "Import into a new one: a directory or database where no server was made.");
            }
        }
    }

    private static final class Filling implements Sink, AutoCloseable {
        private final Handle handle;
        private final List<Table> expected;
        private final Set<String> seen = new LinkedHashSet<>();
        private @Nullable Table table;
        private @Nullable PreparedBatch batch;

        Filling(Handle handle, List<Table> expected) {
            this.handle = handle;
            this.expected = expected;
        }

        @Override
        public void table(Table next) {
            flush();
            Set<Column> columns = Set.copyOf(next.columns());
            if (next.columns().size() != columns.size()
                    || expected.stream()
                            .noneMatch(known -> known.name().equals(next.name())
                                    && Set.copyOf(known.columns()).equals(columns))
                    || !seen.add(next.name())) {
                throw HoldfastException.damaged("table '" + next.name() + "' is none of this catalog's");
            }
            table = next;
            batch = handle.prepareBatch("INSERT INTO " + quoted(next.name()) + " (" + names(next) + ") VALUES ("
                    + next.columns().stream().map(column -> "?").collect(Collectors.joining(", ")) + ")");
        }

        @Override
        public void row(List<@Nullable Object> values) {
            Table into = table;
            PreparedBatch rows = batch;
            if (into == null || rows == null || values.size() != into.columns().size()) {
                throw HoldfastException.damaged("a row belongs to no table, or has another number of columns");
            }
            for (int i = 0; i < values.size(); i++) {
                Object value = values.get(i);
                try {
                    switch (into.columns().get(i).type()) {
                        case TEXT -> rows.bind(i, (String) value);
                        case NUMBER -> rows.bind(i, (Long) value);
                        case BYTES -> rows.bind(i, (byte[]) value);
                    }
                } catch (ClassCastException e) {
                    throw HoldfastException.damaged("a value of table '" + into.name() + "' has another type");
                }
            }
            rows.add();
            if (rows.size() >= AT_ONCE) {
                int[] ignored = rows.execute();
            }
        }

        private void flush() {
            PreparedBatch rows = batch;
            if (rows != null) {
                if (rows.size() > 0) {
                    int[] ignored = rows.execute();
                }
                rows.close();
                batch = null;
            }
        }

        void end() {
            flush();
            for (Table each : expected) {
                if (!seen.contains(each.name())) {
                    throw HoldfastException.damaged("table '" + each.name() + "' is missing");
                }
            }
        }

        @Override
        public void close() {
            PreparedBatch rows = batch;
            if (rows != null) {
                rows.close();
            }
        }
    }

    private List<Table> tables(Handle handle) {
        List<String> waiting = new ArrayList<>(handle.select(
                        database.dialect() == Dialect.SQLITE
                                ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
                                        + " ORDER BY name"
                                : "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
                                        + " AND table_type = 'BASE TABLE' ORDER BY table_name")
                .mapTo(String.class)
                .list());
        boolean ignored = waiting.remove(STEPS);
        List<Table> ordered = new ArrayList<>();
        Set<String> done = new LinkedHashSet<>();
        while (!waiting.isEmpty()) {
            List<String> ready = waiting.stream()
                    .filter(name -> done.containsAll(referred(handle, name)))
                    .toList();
            if (ready.isEmpty()) {
                throw new IllegalStateException("tables that refer to each other in a circle: " + waiting);
            }
            ready.forEach(name -> ordered.add(table(handle, name)));
            done.addAll(ready);
            waiting.removeAll(ready);
        }
        return ordered;
    }

    /** The other tables that rows of this one refer to. */
    private static Set<String> referred(Handle handle, String table) {
        try (ResultSet keys = handle.getConnection()
                .getMetaData()
                .getImportedKeys(null, handle.getConnection().getSchema(), table)) {
            Set<String> names = new LinkedHashSet<>();
            while (keys.next()) {
                names.add(keys.getString("PKTABLE_NAME"));
            }
            names.remove(table);
            return names;
        } catch (SQLException e) {
            throw new IllegalStateException("what table " + table + " refers to", e);
        }
    }

    private static Table table(Handle handle, String name) {
        List<Column> columns = handle.select("SELECT * FROM " + quoted(name) + " WHERE 1 = 0")
                .scanResultSet((rows, context) -> {
                    try (ResultSet none = rows.get()) {
                        ResultSetMetaData data = none.getMetaData();
                        List<Column> found = new ArrayList<>();
                        for (int i = 1; i <= data.getColumnCount(); i++) {
                            found.add(new Column(data.getColumnName(i), type(data.getColumnTypeName(i))));
                        }
                        return found;
                    }
                });
        return new Table(name, columns);
    }

    private static Type type(String name) {
        return switch (name.toUpperCase(Locale.ROOT)) {
            case "TEXT" -> Type.TEXT;
            case "BIGINT", "INT8" -> Type.NUMBER;
            case "BYTEA" -> Type.BYTES;
            default -> throw new IllegalStateException("a column of type " + name);
        };
    }

    private static List<@Nullable Object> values(ResultSet row, Table table) throws SQLException {
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < table.columns().size(); i++) {
            Object value = switch (table.columns().get(i).type()) {
                case TEXT -> row.getString(i + 1);
                case NUMBER -> row.getLong(i + 1);
                case BYTES -> row.getBytes(i + 1);
            };
            values.add(row.wasNull() ? null : value);
        }
        return values;
    }

    private static String names(Table table) {
        return table.columns().stream().map(column -> quoted(column.name())).collect(Collectors.joining(", "));
    }

    /** Names come from the schema, or were compared with it. */
    private static String quoted(String name) {
        return '"' + name + '"';
    }
}
