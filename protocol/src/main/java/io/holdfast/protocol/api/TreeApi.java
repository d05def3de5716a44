package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What is in snapshots. Names and paths are text as {@code ls} prints it: bytes that are no UTF-8 stand in it as {@code \xNN}. */
public final class TreeApi {
    private TreeApi() {}

    /**
     * @param path in the snapshot, absolute
     * @param kind {@code file}, {@code directory}, {@code symlink}, {@code fifo}, {@code character_device} or {@code block_device}
     * @param mode permissions as octal digits
     * @param user name of the owner, where the snapshot knows it
     * @param target of a symbolic link
     */
    public record EntryView(
            String path,
            String name,
            String kind,
            String mode,
            long uid,
            long gid,
            Optional<String> user,
            Optional<String> group,
            long size,
            Instant modified,
            Optional<String> target) {}

    /**
     * A directory, or the one entry that was asked for.
     *
     * @param entry that the path names
     * @param items what is in it, in the order of its names' bytes
     * @param next the value of {@code after} for the next page; absent at the end
     */
    public record TreePage(EntryView entry, List<EntryView> items, Optional<String> next) {}

    /**
     * @param looked at so many entries for this page
     * @param next the value of {@code after} to go on; absent at the end
     */
    public record MatchPage(List<EntryView> items, long looked, Optional<String> next) {}

    /** @param change {@code +} added, {@code -} removed, {@code M} content, {@code T} type, {@code U} metadata */
    public record Difference(String change, String path, String kind) {}

    /**
     * @param from the older snapshot
     * @param to the newer one
     * @param cut whether there are more differences than are told
     */
    public record DifferenceList(String from, String to, List<Difference> items, boolean cut) {}

    /**
     * How a path was in a snapshot that differs there from the one before it.
     *
     * @param entry absent where it was not there
     */
    public record Version(String snapshot, Instant started, Optional<EntryView> entry) {}

    /** @param next the value of {@code before} for older ones; absent at the end */
    public record VersionPage(List<Version> items, Optional<String> next) {}
}
