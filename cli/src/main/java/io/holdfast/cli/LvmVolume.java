package io.holdfast.cli;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A logical volume that is saved by way of a snapshot. */
final class LvmVolume {
    /** The size that is chosen where none is given. */
    static final String AUTOMATIC = "auto";

    private static final String PREFIX = "holdfast-";
    private static final Pattern OWN_NAME = Pattern.compile(PREFIX + "([0-9]+)-[0-9a-f]{8}");
    private static final Pattern PERCENT = Pattern.compile("([1-9][0-9]{0,2})%");
    private static final int DEFAULT_PART = 10;
    /** lvm2 itself rounds up further, to extents of the group. */
    private static final long STEP_BYTES = 64 << 10;

    private final LvmTools tools;
    private final LvmTools.Row origin;
    private final String size;

    private LvmVolume(LvmTools tools, LvmTools.Row origin, String size) {
        this.tools = tools;
        this.origin = origin;
        this.size = size;
    }

    /**
     * Looks the volume up and changes nothing; names what earlier backups have left in its group.
     *
     * @param size {@link #AUTOMATIC}, a size, or a percentage of the volume
     */
    static LvmVolume find(RootCommand root, Path path, String size) {
        LvmTools tools = LvmTools.of(root.environment());
        LvmTools.Row origin = tools.volume(path.toString());
        if (!origin.pool().isEmpty() && !size.equals(AUTOMATIC)) {
            throw HoldfastException.usage(
                    "--lvm-snapshot=" + size + ": " + origin.fullName() + " is a thin volume",
                    "Snapshots of thin volumes have no size: leave it out.");
        }
        LvmVolume volume = new LvmVolume(tools, origin, size);
        long ignored = volume.wantedBytes();
        for (LvmTools.Row row : tools.list(origin.group())) {
            if (isLeft(row)) {
                root.messages()
                        .warning(
                                row.fullName(),
                                "was left by a backup that was killed; it fills up and slows its volume down. Remove it: lvremove "
                                        + row.fullName());
            }
        }
        return volume;
    }

    private static boolean isLeft(LvmTools.Row row) {
        Matcher own = OWN_NAME.matcher(row.name());
        return row.tags().contains(LvmSnapshot.TAG)
                && own.matches()
                && ProcessHandle.of(Long.parseLong(own.group(1))).isEmpty();
    }

    /** What the snapshot may take, as lvm2 wants it, in whole sectors; a thin one takes what its pool has. */
    private long wantedBytes() {
        if (size.equals(AUTOMATIC)) {
            return Math.min(part(DEFAULT_PART), origin.freeBytes());
        }
        Matcher percent = PERCENT.matcher(size);
        return percent.matches()
                ? part(Long.parseLong(percent.group(1)))
                : rounded(ByteSize.parse(size).bytes());
    }

    private long part(long percent) {
        return rounded(Math.max(origin.sizeBytes() / 100 * percent, 1));
    }

    private static long rounded(long bytes) {
        return Math.ceilDiv(bytes, STEP_BYTES) * STEP_BYTES;
    }

    /** Takes a snapshot. What is in memory of a mounted file system goes to the volume first, by the kernel. */
    LvmSnapshot snapshot() {
        String name = PREFIX + ProcessHandle.current().pid() + "-"
                + UUID.randomUUID().toString().substring(0, 8);
        List<String> kind;
        if (origin.pool().isEmpty()) {
            long wanted = wantedBytes();
            if (origin.freeBytes() == 0 || wanted > origin.freeBytes()) {
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        "the volume group " + origin.group() + " has no space for a snapshot of " + origin.name() + ": "
                                + (origin.freeBytes() == 0 ? "nothing" : new ByteSize(origin.freeBytes()) + " of it")
                                + " is free",
                        "Free some, or write a smaller size: a snapshot has to hold what is written to the volume meanwhile.");
            }
            kind = List.of("--size", wanted + "b");
        } else {
            // Thin snapshots are otherwise made to be activated by hand.
            kind = List.of("--setactivationskip", "n");
        }
        return LvmSnapshot.take(tools, origin, name, kind);
    }
}
