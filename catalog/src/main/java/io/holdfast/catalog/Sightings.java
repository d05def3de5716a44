package io.holdfast.catalog;

import io.holdfast.core.HoldfastException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Notes who was here, and writes only where that tells something. */
final class Sightings {
    private static final Duration EXACT = Duration.ofSeconds(Sighting.EXACT_SECONDS);

    private static final int MAX_WORD = 200;

    private Sightings() {}

    static void note(
            Database database, InstantSource clock, MachineId machine, String version, String address, String facts) {
        if (facts.length() > Sighting.MAX_FACTS) {
            throw HoldfastException.usage(
                    "a machine says " + facts.length() + " characters of itself",
                    "Let it say " + Sighting.MAX_FACTS + " at most.");
        }
        note(
                database,
                machine,
                new Sighting(
                        clock.instant(),
                        Texts.storable(version, MAX_WORD),
                        Texts.storable(address, MAX_WORD),
                        Texts.storable(facts, Sighting.MAX_FACTS)));
    }

    private static void note(Database database, MachineId machine, Sighting seen) {
        String table = switch (machine) {
            case HostId host -> "hosts";
            case MediaServerId server -> "media_servers";
        };
        String which = " WHERE id = ? AND (seen_micros < ? OR version <> ? OR address <> ? OR facts <> ?)";
        List<Object> news = List.of(
                machine.text(), Micros.of(seen.at().minus(EXACT)), seen.version(), seen.address(), seen.facts());
        boolean isNews = database.read(handle -> handle.select("SELECT id FROM " + table + which, news.toArray())
                .mapTo(String.class)
                .findFirst()
                .isPresent());
        if (isNews) {
            List<Object> arguments =
                    new ArrayList<>(List.of(Micros.of(seen.at()), seen.version(), seen.address(), seen.facts()));
            arguments.addAll(news);
            int ignored = database.execute(
                    "UPDATE " + table + " SET seen_micros = ?, version = ?, address = ?, facts = ?" + which,
                    arguments.toArray());
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
