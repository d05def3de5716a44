package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.catalog.ServedRepositories.Held;
import io.holdfast.catalog.Sighting;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which media servers a host may be sent to, as the catalog was when it was read. Immutable. */
final class MediaChoice {
    /** They come every half minute, and the catalog notes that within the next one. */
    static final Duration SILENT = Duration.ofMinutes(2);

    private static final String SITE = "site:";

    private final List<MediaServer> there;
    private final Map<String, Set<MediaServerId>> assigned;
    private final Map<String, Set<MediaServerId>> open;

    private MediaChoice(
            List<MediaServer> there, Map<String, Set<MediaServerId>> assigned, Map<String, Set<MediaServerId>> open) {
        this.there = there;
        this.assigned = assigned;
        this.open = open;
    }

    static MediaChoice read(Catalog catalog, InstantSource clock) {
        Instant now = clock.instant();
        return new MediaChoice(
                catalog.mediaServers().all().stream()
                        .filter(server -> server.state() == MediaServer.State.ACTIVE && isThere(server, now))
                        .toList(),
                catalog.servedRepositories().assigned(),
                catalog.servedRepositories().held().stream()
                        .filter(Held::isOpen)
                        .collect(Collectors.groupingBy(
                                Held::repository, Collectors.mapping(Held::server, Collectors.toSet()))));
    }

    /** Whether it was heard lately; the one in the control server's process always is. */
    static boolean isThere(MediaServer server, Instant now) {
        Sighting seen = server.seen();
        return isInControl(server)
                || !server.url().isEmpty()
                        && seen != null
                        && seen.at().plus(SILENT).isAfter(now);
    }

    static boolean isInControl(MediaServer server) {
        return server.url().equals(MediaPlace.IN_CONTROL);
    }

    /** Those that serve a repository and have it open: those of the host's own site first, by name then, so that every server says the same. */
    List<MediaServer> of(Host host, String repository) {
        return there.stream()
                .filter(server -> serves(server, repository))
                .sorted(Comparator.comparing(
                                (MediaServer server) -> !host.tags().contains(SITE + server.site()))
                        .thenComparing(MediaServer::name))
                .toList();
    }

    /** Of the one in the control server's process only it knows what is open; a job that finds nothing open there says so. */
    private boolean serves(MediaServer server, String repository) {
        boolean isAsked = assigned.getOrDefault(repository, Set.of(server.id())).contains(server.id());
        return isAsked
                && (isInControl(server)
                        || open.getOrDefault(repository, Set.of()).contains(server.id()));
    }
}
