package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A server itself, and its media servers. */
public final class ServerApi {
    private ServerApi() {}

    /**
     * @param names under which it is called, as its certificate has them
     * @param catalog {@code SQLite} or {@code PostgreSQL}
     * @param data its directory
     */
    public record About(
            String version,
            Instant started,
            List<String> names,
            Instant certificateEnds,
            Instant authorityEnds,
            String catalog,
            String data) {}

    /**
     * @param state {@code active} or {@code draining}
     * @param seen when it was here last; absent where it never was
     * @param facts what it says of itself
     */
    public record MediaServerView(
            String name,
            String url,
            String site,
            String state,
            Instant added,
            Optional<Instant> seen,
            Optional<String> version,
            Map<String, String> facts) {}

    public record MediaServerList(List<MediaServerView> items) {}
}
