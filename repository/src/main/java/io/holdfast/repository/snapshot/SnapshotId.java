package io.holdfast.repository.snapshot;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The id of a session and of the snapshot it makes.
 *
 * @param generation the newest generation of collections that the session had seen
 * @param random 16 bytes; what people see and type
 */
public record SnapshotId(int generation, Bytes random) implements Comparable<SnapshotId> {
    public static final String SNAPSHOTS = "snapshots/";
    public static final String SESSIONS = "sessions/";
    public static final String FORGOTTEN = "forgotten/";
    public static final String HEARTBEATS = "heartbeats/";

    private static final int RANDOM_BYTES = 16;
    private static final int GENERATION_DIGITS = 8;
    private static final int LEAF_LENGTH = GENERATION_DIGITS + 1 + 2 * RANDOM_BYTES;
    private static final int SHORT_DIGITS = 8;

    public SnapshotId {
        if (generation < 0 || random.length() != RANDOM_BYTES) {
            throw new IllegalArgumentException("not a snapshot id");
        }
    }

    public static SnapshotId generate(int generation, SecureRandom secureRandom) {
        byte[] random = new byte[RANDOM_BYTES];
        secureRandom.nextBytes(random);
        return new SnapshotId(generation, Bytes.wrap(random));
    }

    /** Reads the leaf of an object's name, {@code <generation>-<random>}. */
    public static SnapshotId parse(String leaf) {
        return find(leaf)
                .orElseThrow(
                        () -> HoldfastException.damaged("'" + leaf + "' is not the name of a snapshot or session"));
    }

    /** Empty where this is no such name: copy tools and people leave files of their own everywhere. */
    public static Optional<SnapshotId> find(String leaf) {
        try {
            if (leaf.length() == LEAF_LENGTH && leaf.charAt(GENERATION_DIGITS) == '-') {
                SnapshotId id = new SnapshotId(
                        Integer.parseInt(leaf.substring(0, GENERATION_DIGITS), 16),
                        Bytes.ofHex(leaf.substring(GENERATION_DIGITS + 1)));
                if (id.leaf().equals(leaf)) {
                    return Optional.of(id);
                }
            }
        } catch (IllegalArgumentException ignored) {
            // Another name.
        }
        return Optional.empty();
    }

    public String leaf() {
        return HexFormat.of().toHexDigits(generation) + "-" + random.toHex();
    }

    public ObjectName snapshotName() {
        return ObjectName.of(SNAPSHOTS + leaf());
    }

    public ObjectName sessionName() {
        return ObjectName.of(SESSIONS + leaf());
    }

    public ObjectName forgottenName() {
        return ObjectName.of(FORGOTTEN + leaf());
    }

    /** The whole id as scripts see it, 32 hex digits. */
    public String text() {
        return random.toHex();
    }

    /** The short form for people, 8 hex digits. */
    public String shortText() {
        return text().substring(0, SHORT_DIGITS);
    }

    @Override
    public int compareTo(SnapshotId other) {
        int order = Integer.compare(generation, other.generation);
        return order != 0 ? order : random.compareTo(other.random);
    }

    @Override
    public String toString() {
        return text();
    }
}
