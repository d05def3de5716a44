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
     * @param url host and port under which hosts reach it; {@code control} for the one in the control server's process
     * @param state {@code active} or {@code draining}
     * @param silent whether it was not heard for so long that it gets nothing
     * @param jobs that run through it now
     * @param repositories what it has said of them; of the one in the control server's process none
     * @param seen when it was here last; absent where it never was
     * @param facts what it says of itself
     */
    public record MediaServerView(
            String id,
            String name,
            String url,
            String site,
            String state,
            boolean silent,
            long jobs,
            List<HeldView> repositories,
            Instant added,
            Optional<Instant> seen,
            Optional<String> version,
            Map<String, String> facts) {}

    /**
     * A repository at a media server.
     *
     * @param trouble why it is not open there; absent where it is
     * @param storedBytes in its store, as its index knows
     * @param freeBytes left where it lies; absent where nobody can tell
     */
    public record HeldView(String name, Optional<String> trouble, long storedBytes, Optional<Long> freeBytes) {}

    /** @param state {@code active} or {@code draining} */
    public record MediaServerChange(String state) {}

    public record MediaServerList(List<MediaServerView> items) {}
}
