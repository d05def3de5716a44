package io.holdfast.catalog;

import io.holdfast.catalog.Alert.State;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The alerts of a catalog. Thread-safe. */
public final class Alerts {
    private static final String COLUMNS =
            "id, kind, object, first_micros, last_micros, count, state, by_whom, text, told";
    private static final int MAX_TEXT = 4_000;

    private final Database database;
    private final InstantSource clock;
    private final RandomGenerator random;

    /** Where a page ended, for the next one. */
    public record Position(Instant last, AlertId id) {
        public static Position of(Alert alert) {
            return new Position(alert.last(), alert.id());
        }
    }

    Alerts(Database database, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.clock = clock;
        this.random = random;
    }

    /** Notes that something was noticed: in the alert of this kind and object that is not closed, or in a new one. */
    public Alert raise(String kind, String object, String text) {
        long now = Micros.of(clock.instant());
        return database.write(handle -> {
            handle.execute(
                    "INSERT INTO alerts (id, kind, object, first_micros, last_micros, count, state, closed_micros, by_whom, text, told)"
                            + " VALUES (?, ?, ?, ?, ?, 1, 'open', 0, '', ?, 0)"
                            + " ON CONFLICT (kind, object) WHERE closed_micros = 0"
                            + " DO UPDATE SET last_micros = excluded.last_micros, count = alerts.count + 1, text = excluded.text",
                    AlertId.generate(random).text(),
                    kind,
                    object,
                    now,
                    now,
                    Texts.storable(text, MAX_TEXT));
            return select(handle, "WHERE kind = ? AND object = ? AND closed_micros = 0", kind, object)
                    .getFirst();
        });
    }

    /** Notes that it is over what these alerts were about; false where there is none that is not closed. */
    public boolean settle(String kind, String object) {
        long now = Micros.of(clock.instant());
        // Most that go well went well before.
        boolean isThere = database.read(
                handle -> !select(handle, "WHERE kind = ? AND object = ? AND closed_micros = 0", kind, object)
                        .isEmpty());
        return isThere
                && database.execute(
                                "UPDATE alerts SET state = 'closed', closed_micros = ?, last_micros = ?"
                                        + " WHERE kind = ? AND object = ? AND closed_micros = 0",
                                now,
                                now,
                                kind,
                                object)
                        > 0;
    }

    /** Somebody knows; false where it is not open. */
    public boolean acknowledge(AlertId id, String user) {
        return database.execute(
                        "UPDATE alerts SET state = 'acknowledged', by_whom = ? WHERE id = ? AND state = 'open'",
                        user,
                        id.text())
                > 0;
    }

    /** Somebody says that it is over; false where it is closed. */
    public boolean close(AlertId id, String user) {
        long now = Micros.of(clock.instant());
        return database.execute(
                        "UPDATE alerts SET state = 'closed', by_whom = ?, closed_micros = ?, last_micros = ?"
                                + " WHERE id = ? AND closed_micros = 0",
                        user,
                        now,
                        now,
                        id.text())
                > 0;
    }

    public Optional<Alert> of(AlertId id) {
        return database.read(
                handle -> select(handle, "WHERE id = ?", id.text()).stream().findFirst());
    }

    /**
     * Alerts, those that were noticed last first.
     *
     * @param state absent: of any
     * @param after where the page before ended; absent for the first one
     */
    public List<Alert> page(@Nullable State state, @Nullable Position after, int most) {
        Conditions conditions = new Conditions();
        if (state != null) {
            conditions.add("state = ?", Words.of(state));
        }
        if (after != null) {
            conditions.add(
                    "(last_micros, id) < (?, ?)",
                    Micros.of(after.last()),
                    after.id().text());
        }
        Object[] arguments = conditions.arguments(Pages.check(most));
        return database.read(handle ->
                select(handle, conditions.where() + " ORDER BY last_micros DESC, id DESC LIMIT ?", arguments));
    }

    /** All that are not closed, the oldest first. */
    public List<Alert> current() {
        return database.read(handle -> select(handle, "WHERE closed_micros = 0 ORDER BY first_micros, id"));
    }

    /** Those of which nobody was told yet, the oldest first, whether they are over or not. */
    public List<Alert> untold(int most) {
        int rows = Pages.check(most);
        return database.read(handle -> select(handle, "WHERE told = 0 ORDER BY first_micros, id LIMIT ?", rows));
    }

    /** Notes that those who wanted to know were told; false where that was noted before. */
    public boolean told(AlertId id) {
        return database.execute("UPDATE alerts SET told = 1 WHERE id = ? AND told = 0", id.text()) > 0;
    }

    /** Forgets those that were closed before this. */
    public void removeClosed(Instant before) {
        int ignored = database.execute(
                "DELETE FROM alerts WHERE closed_micros <> 0 AND closed_micros < ?", Micros.of(before));
    }

    private static List<Alert> select(Handle handle, String which, Object... arguments) {
        return handle.select("SELECT " + COLUMNS + " FROM alerts " + which, arguments)
                .map((row, context) -> new Alert(
                        new AlertId(row.getString(1)),
                        row.getString(2),
                        row.getString(3),
                        Micros.instant(row.getLong(4)),
                        Micros.instant(row.getLong(5)),
                        row.getLong(6),
                        Words.read(State.class, row.getString(7)),
                        row.getString(8),
                        row.getString(9),
                        row.getLong(10) != 0))
                .list();
    }
}
