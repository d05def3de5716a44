package io.holdfast.repository.lock;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectName;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Somebody's wish that a snapshot stays.
 *
 * @param number tells several holds of one snapshot apart
 * @param until when it ends; {@link Instant#EPOCH}: when it is removed
 * @param reason for people
 * @param owner who made it
 */
public record Hold(SnapshotId snapshot, int number, Instant made, Instant until, String reason, String owner) {
    public static final String PREFIX = "holds/";
    private static final Pattern LEAF = Pattern.compile("([0-9a-f]{8}-[0-9a-f]{32})\\.([0-9a-f]{8})");

    public ObjectName name() {
        return ObjectName.of("%s%s.%08x".formatted(PREFIX, snapshot.leaf(), number));
    }

    /** Whether it still keeps the snapshot. */
    public boolean isInForce(Instant now) {
        return until.equals(Instant.EPOCH) || until.isAfter(now);
    }

    /** The snapshot that an object of this name holds; empty where it is no name of a hold. */
    public static Optional<SnapshotId> heldBy(ObjectName name) {
        Matcher leaf = LEAF.matcher(name.leaf());
        return leaf.matches() ? SnapshotId.find(leaf.group(1)) : Optional.empty();
    }

    byte[] encode() {
        CborWriter out = new CborWriter();
        out.map(4).unsigned(0).unsigned(made.getEpochSecond());
        out.unsigned(1).unsigned(until.getEpochSecond());
        out.unsigned(2).text(reason).unsigned(3).text(owner);
        return out.toByteArray();
    }

    /** @throws HoldfastException {@code DAMAGED} where this is not what belongs there */
    public static Hold decode(ObjectName name, byte[] body) {
        Matcher leaf = LEAF.matcher(name.leaf());
        if (!leaf.matches()) {
            throw HoldfastException.damaged("'" + name + "' is not the name of a hold");
        }
        CborReader in = new CborReader(body, name.value());
        if (in.map() != 4) {
            throw in.damaged("another number of fields");
        }
        Instant made = date(in, 0);
        Instant until = date(in, 1);
        in.field(2);
        String reason = in.text();
        in.field(3);
        String owner = in.text();
        in.finish();
        return new Hold(
                SnapshotId.parse(leaf.group(1)),
                Integer.parseUnsignedInt(leaf.group(2), 16),
                made,
                until,
                reason,
                owner);
    }

    private static Instant date(CborReader in, int key) {
        in.field(key);
        return in.date();
    }
}
