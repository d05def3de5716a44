package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** How things stand. */
public final class OverviewApi {
    private OverviewApi() {}

    /**
     * What whoever asks should know first.
     *
     * @param since a host counts as saved where a backup of it was good since then
     * @param saved how many hosts are
     * @param never how many never were
     * @param unsaved the hosts that are not saved, those that never were first
     * @param troubles last results that are not as they should be, the newest first
     */
    public record Overview(
            Instant since, long hosts, long saved, long never, List<Unsaved> unsaved, List<Trouble> troubles) {}

    /** @param last when a backup of it was good; absent where none ever was */
    public record Unsaved(String host, Optional<Instant> last) {}

    /**
     * The last job of a plan on a host, which failed or left something out.
     *
     * @param failures how many failed one after the other
     */
    public record Trouble(
            String job,
            String kind,
            Optional<String> plan,
            Optional<String> host,
            String state,
            Instant ended,
            long failures,
            String message) {}
}
