package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Machines. */
public final class HostApi {
    private HostApi() {}

    /**
     * @param seen when it was heard last
     * @param facts that its agent tells
     */
    public record HostView(
            String id,
            String name,
            Instant added,
            List<String> groups,
            List<String> tags,
            Optional<Instant> seen,
            Optional<String> version,
            Optional<String> address,
            Map<String, String> facts,
            List<LastRun> last) {}

    /** The last result of a plan on a host. */
    public record LastRun(String plan, String state, Instant ended, String message) {}

    /** @param next the value of {@code after} for the next page; absent at the end */
    public record HostPage(List<HostView> items, Optional<String> next) {}

    /** What a host shall have; what is absent stays. */
    public record HostChange(Optional<List<String>> groups, Optional<List<String>> tags) {}
}
