package io.holdfast.catalog;

import io.holdfast.core.HoldfastException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Notes who was here, and writes only where that tells something. */
final class Sightings {
    private static final Duration EXACT = Duration.ofSeconds(Sighting.EXACT_SECONDS);

    private Sightings() {}

    static void note(
            Database database, InstantSource clock, MachineId machine, String version, String address, String facts) {
        if (facts.length() > Sighting.MAX_FACTS) {
            throw HoldfastException.usage(
                    "a machine says " + facts.length() + " characters of itself",
                    "Let it say " + Sighting.MAX_FACTS + " at most.");
        }
        String table = switch (machine) {
            case HostId host -> "hosts";
            case MediaServerId server -> "media_servers";
        };
        long now = Micros.of(clock.instant());
        String which = " WHERE id = ? AND (seen_micros < ? OR version <> ? OR address <> ? OR facts <> ?)";
        long old = now - EXACT.toNanos() / 1_000;
        boolean isNews = database.read(
                handle -> handle.select("SELECT id FROM " + table + which, machine.text(), old, version, address, facts)
                        .mapTo(String.class)
                        .findFirst()
                        .isPresent());
        if (isNews) {
            int ignored = database.execute(
                    "UPDATE " + table + " SET seen_micros = ?, version = ?, address = ?, facts = ?" + which,
                    now,
                    version,
                    address,
                    facts,
                    machine.text(),
                    old,
                    version,
                    address,
                    facts);
        }
    }

    /** @param first the column of the time; version, address and facts follow */
    static @Nullable Sighting read(ResultSet row, int first) throws SQLException {
        long micros = row.getLong(first);
        return micros == 0
                ? null
                : new Sighting(
                        Micros.instant(micros),
                        row.getString(first + 1),
                        row.getString(first + 2),
                        row.getString(first + 3));
    }
}
