package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.Sighting;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.ServerApi.About;
import io.holdfast.protocol.api.ServerApi.MediaServerList;
import io.holdfast.protocol.api.ServerApi.MediaServerView;
import io.holdfast.security.Authority;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a server tells of itself and of its media servers. Thread-safe. */
public final class ServerService {
    private final Catalog catalog;
    private final Authority authority;
    private final ServerIdentity identity;
    private final ServerDirectory directory;
    private final String version;
    private final List<String> names;
    private final Instant started;

    ServerService(
            Catalog catalog,
            Authority authority,
            ServerIdentity identity,
            ServerDirectory directory,
            ControlServer.Settings settings) {
        this.catalog = catalog;
        this.authority = authority;
        this.identity = identity;
        this.directory = directory;
        this.version = settings.version();
        this.names = List.copyOf(settings.names());
        this.started = settings.clock().instant();
    }

    public About about() {
        return new About(
                version,
                started,
                names,
                identity.current().certificate().getNotAfter().toInstant(),
                authority.certificate().getNotAfter().toInstant(),
                catalog.kind(),
                directory.root().toString());
    }

    /** All, in the order of their names. */
    public MediaServerList mediaServers() {
        return new MediaServerList(
                catalog.mediaServers().all().stream().map(ServerService::view).toList());
    }

    private static MediaServerView view(MediaServer server) {
        Optional<Sighting> seen = Optional.ofNullable(server.seen());
        return new MediaServerView(
                server.name(),
                server.url(),
                server.site(),
                server.state().name().toLowerCase(Locale.ROOT),
                server.added(),
                seen.map(Sighting::at),
                seen.map(Sighting::version).filter(text -> !text.isEmpty()),
                seen.map(Sighting::facts).map(ServerService::facts).orElse(Map.of()));
    }

    private static Map<String, String> facts(String text) {
        try {
            return text.isEmpty() ? Map.of() : Json.parseTexts(text);
        } catch (HoldfastException e) {
            // Of another version; it will say it anew.
            return Map.of();
        }
    }
}
