package io.holdfast.catalog;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** Which of several control servers does what only one should do at a time. Thread-safe. */
public final class Leaderships {
    private final Database database;
    private final InstantSource clock;

    /**
     * The right to do something for a while.
     *
     * @param name of what is done
     * @param owner another one for each start of each server
     * @param fence raised by one whenever the right goes to another one
     * @param until when it ends if it is not renewed
     */
    public record Leadership(String name, String owner, long fence, Instant until) {}

    Leaderships(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Takes or renews the right; empty where another one has it. */
    public Optional<Leadership> acquire(String name, String owner, Duration lease) {
        Instant now = Micros.exact(clock);
        Instant until = Micros.exact(now.plus(lease));
        return database.write(handle -> {
            handle.execute(
                    "INSERT INTO leaderships (name, owner, fence, until_micros) VALUES (?, '', 0, 0) ON CONFLICT (name) DO NOTHING",
                    name);
            int acquired = handle.execute(
                    "UPDATE leaderships SET fence = fence + CASE WHEN owner = ? THEN 0 ELSE 1 END, owner = ?, until_micros = ?"
                            + " WHERE name = ? AND (owner = ? OR until_micros < ?)",
                    owner,
                    owner,
                    Micros.of(until),
                    name,
                    owner,
                    Micros.of(now));
            return acquired == 0
                    ? Optional.empty()
                    : handle.select("SELECT fence FROM leaderships WHERE name = ?", name)
                            .map((row, context) -> new Leadership(name, owner, row.getLong(1), until))
                            .findFirst();
        });
    }

    /** The one that ends last of those that have an owner and have not ended: as long as there is one, a server runs, or died a short while ago. */
    public Optional<Leadership> current() {
        return database.read(handle -> handle.select(
                        "SELECT name, owner, fence, until_micros FROM leaderships WHERE owner <> '' AND until_micros > ?"
                                + " ORDER BY until_micros DESC",
                        Micros.of(clock.instant()))
                .map((row, context) -> new Leadership(
                        row.getString(1), row.getString(2), row.getLong(3), Micros.instant(row.getLong(4))))
                .findFirst());
    }

    /**
     * Whether the right is still this one's, whatever clocks say. In {@link Catalog#transaction} it stays so until the end: what is written there is written by the
     * one who has the right, or not at all.
     */
    public boolean holds(Leadership leadership) {
        return database.execute(
                        "UPDATE leaderships SET fence = fence WHERE name = ? AND owner = ? AND fence = ?",
                        leadership.name(),
                        leadership.owner(),
                        leadership.fence())
                > 0;
    }

    /** Gives the right up, so that another one need not wait. */
    public void release(Leadership leadership) {
        int ignored = database.execute(
                "UPDATE leaderships SET owner = '', until_micros = 0 WHERE name = ? AND owner = ? AND fence = ?",
                leadership.name(),
                leadership.owner(),
                leadership.fence());
    }
}
