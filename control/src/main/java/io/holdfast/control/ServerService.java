package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.protocol.api.ServerApi.About;
import io.holdfast.security.Authority;
import java.time.Instant;
import java.util.List;

/** What a server tells of itself. Thread-safe. */
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
}
