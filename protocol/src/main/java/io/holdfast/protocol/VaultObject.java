package io.holdfast.protocol;

import io.holdfast.storage.Availability;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import java.time.Instant;

/**
 * What a media server tells of an object of a vault. As a line of a listing: {@code size availability class name}.
 *
 * @param availability as {@link Availability} spells it
 * @param storageClass {@code -} for the ordinary one
 */
public record VaultObject(String name, long sizeBytes, String availability, String storageClass) {
    private static final String ORDINARY = "-";
    private static final int FIELDS = 4;

    public static VaultObject of(ObjectStat stat) {
        return new VaultObject(
                stat.name().value(),
                stat.sizeBytes(),
                stat.availability().name(),
                stat.storageClass().isEmpty() ? ORDINARY : stat.storageClass());
    }

    /**
     * Reads a line of a listing.
     *
     * @throws IllegalArgumentException where it is none
     */
    public static VaultObject parse(String line) {
        String[] fields = line.split(" ", FIELDS);
        if (fields.length != FIELDS) {
            throw new IllegalArgumentException("no line of a listing: " + line);
        }
        return new VaultObject(fields[3], Long.parseLong(fields[0]), fields[1], fields[2]);
    }

    public String line() {
        return sizeBytes + " " + availability + " " + storageClass + " " + name;
    }

    /** @throws IllegalArgumentException where there is no such name or availability */
    public ObjectStat stat() {
        return new ObjectStat(ObjectName.of(name), sizeBytes, Instant.EPOCH)
                .in(storageClass.equals(ORDINARY) ? "" : storageClass, Availability.valueOf(availability));
    }
}
