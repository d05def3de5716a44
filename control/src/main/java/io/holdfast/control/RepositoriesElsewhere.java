package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.catalog.ServedRepositories.Held;
import io.holdfast.control.RepositoryDesk.Opening;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.HttpProblem;
import io.holdfast.repository.crypto.KeyFile;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Repositories that the control server's own process does not open: a media server makes them when it asks what to have open (docs/server.md, "Remote media servers"). Thread-safe.
 */
final class RepositoriesElsewhere {
    private static final String PREFIX = "repository.";
    private static final String SUFFIX = ".make-at";
    private static final Duration PATIENCE = Duration.ofSeconds(45);
    private static final Duration LOOK = Duration.ofMillis(250);

    private final Catalog catalog;
    private final InstantSource clock;
    private final MonotonicClock monotonic;
    private final SecureRandom random;

    RepositoriesElsewhere(Catalog catalog, InstantSource clock, MonotonicClock monotonic, SecureRandom random) {
        this.catalog = catalog;
        this.clock = clock;
        this.monotonic = monotonic;
        this.random = random;
    }

    /**
     * The media servers of these names.
     *
     * @throws HttpProblem 400 where there is none of a name
     */
    List<MediaServer> named(List<String> names) {
        List<MediaServer> servers = new ArrayList<>();
        for (String name : names.stream().distinct().toList()) {
            servers.add(catalog.mediaServers()
                    .named(name)
                    .orElseThrow(() -> new HttpProblem(
                            400, "usage", "there is no media server '" + name + "'", "Look: holdfast media list.")));
        }
        return servers;
    }

    /** The names of those that a repository names. */
    List<String> of(String repository) {
        Set<MediaServerId> ids = catalog.servedRepositories().assigned().getOrDefault(repository, Set.of());
        return catalog.mediaServers().all().stream()
                .filter(server -> ids.contains(server.id()))
                .map(MediaServer::name)
                .toList();
    }

    Opening draw() {
        byte[] id = new byte[16];
        random.nextBytes(id);
        return new Opening(Bytes.wrap(id).toHex(), KeyFile.generate(random).toText(), true);
    }

    /**
     * The one that is to make it.
     *
     * @throws HoldfastException {@code STORE_UNREACHABLE} where none of them was heard lately
     */
    MediaServer maker(List<MediaServer> servers) {
        return servers.stream()
                .filter(server -> MediaChoice.isThere(server, clock.instant()))
                .findFirst()
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.STORE_UNREACHABLE,
                        "media server '" + servers.getFirst().name() + "' was not heard lately",
                        "Start it: holdfast media run."));
    }

    /** From now on this one makes the repository where there is none. To be said in the transaction that adds it. */
    void have(MediaServer maker, String repository) {
        catalog.settings().put(PREFIX + repository + SUFFIX, maker.id().text());
    }

    /** Whether a media server is to make a repository where there is none. */
    static boolean isMaker(Map<String, String> settings, MediaServerId server, String repository) {
        return server.text().equals(settings.get(PREFIX + repository + SUFFIX));
    }

    /** Nobody makes it any more: it is there, or it is given up. */
    void made(String repository) {
        boolean ignored = catalog.settings().remove(PREFIX + repository + SUFFIX);
    }

    /**
     * Waits until the media server has it open.
     *
     * @throws HoldfastException {@code REFUSED} with what it says where it cannot, {@code STORE_UNREACHABLE} where it says nothing
     */
    void await(MediaServer maker, String repository) {
        long end = monotonic.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Optional<Held> held = catalog.servedRepositories().held().stream()
                    .filter(each -> each.server().equals(maker.id())
                            && each.repository().equals(repository))
                    .findFirst();
            if (held.filter(Held::isOpen).isPresent()) {
                return;
            }
            if (held.isPresent()) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "media server '" + maker.name() + "' says: "
                                + held.get().trouble(),
                        "Name another place, or another media server.");
            }
            if (monotonic.nanoTime() > end) {
                throw new HoldfastException(
                        ErrorCode.STORE_UNREACHABLE,
                        "media server '" + maker.name() + "' does not make the repository",
                        "Look at its log.");
            }
            try {
                monotonic.sleep(LOOK);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
            }
        }
    }
}
