package io.holdfast.catalog;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The plans of a catalog, as they were written. Whether one makes sense is known to whoever reads it. Thread-safe. */
public final class Plans {
    private final Database database;
    private final InstantSource clock;

    /**
     * A plan that was applied.
     *
     * @param revision 1 for the first text of this name, one more for each other text
     * @param text as it was written
     * @param decided up to which moment of its schedule everything is decided
     */
    public record Stored(String name, long revision, String text, Instant changed, Instant decided) {}

    /** What became of a plan that was applied. */
    public enum Applied {
        NEW,
        CHANGED,
        /** The same text was there. */
        UNCHANGED
    }

    Plans(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Puts a plan under its name, in place of an earlier text. What was decided stays so; of a new one, all moments up to now are. */
    public Applied apply(String name, String text) {
        long now = Micros.of(clock.instant());
        return database.write(handle -> {
            int added = handle.execute(
                    "INSERT INTO plans (name, revision, text, changed_micros, decided_micros) VALUES (?, 1, ?, ?, ?)"
                            + " ON CONFLICT (name) DO NOTHING",
                    name,
                    text,
                    now,
                    now);
            if (added > 0) {
                return Applied.NEW;
            }
            int changed = handle.execute(
                    "UPDATE plans SET revision = revision + 1, text = ?, changed_micros = ? WHERE name = ? AND text <> ?",
                    text,
                    now,
                    name,
                    text);
            return changed > 0 ? Applied.CHANGED : Applied.UNCHANGED;
        });
    }

    public Optional<Stored> named(String name) {
        return database.read(
                handle -> select(handle, "WHERE name = ?", name).stream().findFirst());
    }

    /** All, in the order of their names. */
    public List<Stored> all() {
        return database.read(handle -> select(handle, "ORDER BY name"));
    }

    /**
     * Notes that the moments up to this one are decided.
     *
     * @param before what was decided when somebody began to decide this
     * @return false where somebody else has decided meanwhile, or the plan is gone: then nothing of this may be done
     */
    public boolean decide(String name, Instant before, Instant decided) {
        return database.write(handle -> decide(handle, name, before, decided));
    }

    static boolean decide(Handle handle, String name, Instant before, Instant decided) {
        return handle.execute(
                        "UPDATE plans SET decided_micros = ? WHERE name = ? AND decided_micros = ?",
                        Micros.of(decided),
                        name,
                        Micros.of(before))
                > 0;
    }

    /** Removes it; its jobs stay in the history, and its last results in no overview. Says whether it was there. */
    public boolean remove(String name) {
        return database.write(handle -> {
            JobResults.forgetPlan(handle, name);
            return handle.execute("DELETE FROM plans WHERE name = ?", name) > 0;
        });
    }

    private static List<Stored> select(Handle handle, String which, Object... arguments) {
        return handle.select(
                        "SELECT name, revision, text, changed_micros, decided_micros FROM plans " + which, arguments)
                .map((row, context) -> new Stored(
                        row.getString(1),
                        row.getLong(2),
                        row.getString(3),
                        Micros.instant(row.getLong(4)),
                        Micros.instant(row.getLong(5))))
                .list();
    }
}
