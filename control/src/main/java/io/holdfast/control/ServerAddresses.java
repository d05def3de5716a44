package io.holdfast.control;

import io.holdfast.catalog.Settings;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SortedMap;

/** Where the control servers of a catalog are reached, as each of them says of itself. Thread-safe. */
final class ServerAddresses {
    private static final String PREFIX = "control-server.";
    /** Who has said nothing for so long is not told of any more. */
    private static final Duration KEPT = Duration.ofDays(7);

    private final Settings settings;
    private final InstantSource clock;
    private volatile List<String> known = List.of();

    ServerAddresses(Settings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /** Says that this server is reached there, and forgets those that are gone. To be called each hour. */
    void say(List<String> own) {
        Instant now = clock.instant();
        own.forEach(address -> settings.put(PREFIX + address, now.toString()));
        settings.all().tailMap(PREFIX).forEach((key, said) -> {
            if (key.startsWith(PREFIX) && Instant.parse(said).isBefore(now.minus(KEPT))) {
                boolean ignored = settings.remove(key);
            }
        });
        look();
    }

    /** Looks who there is. To be called every few seconds. */
    void look() {
        SortedMap<String, String> all = settings.all();
        known = all.keySet().stream()
                .filter(key -> key.startsWith(PREFIX))
                .map(key -> key.substring(PREFIX.length()))
                .toList();
    }

    /** Host and port of each, as of the last look; the same for every agent at every server. */
    List<String> known() {
        return known;
    }
}
