package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Names over all snapshots. */
public final class SearchApi {
    private SearchApi() {}

    /**
     * A path that fits.
     *
     * @param source what was saved: paths, or the name of a stream
     * @param path absolute; bytes that are no UTF-8 and control characters as {@code \xNN}, a backslash doubled
     * @param kind {@code file}, {@code directory}, {@code symlink}, {@code fifo}, {@code character_device} or {@code block_device}
     * @param sizeBytes in the newest snapshot that has it
     * @param modified there
     * @param snapshot the newest that has it, 32 hexadecimal digits
     * @param versions how many states it had in snapshots that are kept
     * @param gone whether the newest snapshot of this source lacks it
     */
    public record NameView(
            String host,
            String source,
            String path,
            String kind,
            long sizeBytes,
            Instant modified,
            String repository,
            String snapshot,
            int versions,
            boolean gone) {}

    /**
     * @param next the value of {@code from} for the next page; absent at the end
     * @param timeIsUp whether the page ends early because it took long: the rest is on the next one
     */
    public record NamePage(List<NameView> items, Optional<String> next, boolean timeIsUp) {}
}
