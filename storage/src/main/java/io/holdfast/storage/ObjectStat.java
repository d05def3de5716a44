package io.holdfast.storage;

import java.time.Instant;

/**
 * What a listing or stat tells of an object.
 *
 * @param sizeBytes 0 or more
 * @param lockedUntil nobody can delete it before; {@link Instant#EPOCH} where it is not locked. Only a stat tells it
 * @param availability whether it can be read now. A listing may tell {@code ARCHIVED} of what has been thawed, and
 *     {@code READABLE} of an object that is archived where not all of its class are
 * @param storageClass as the store spells it; empty for the ordinary one
 */
public record ObjectStat(
        ObjectName name, long sizeBytes, Instant lockedUntil, Availability availability, String storageClass) {
    public ObjectStat {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("negative size of " + name);
        }
    }

    /** Of an object that is not locked and can be read. */
    public ObjectStat(ObjectName name, long sizeBytes) {
        this(name, sizeBytes, Instant.EPOCH);
    }

    /** Of an object in the ordinary class. */
    public ObjectStat(ObjectName name, long sizeBytes, Instant lockedUntil) {
        this(name, sizeBytes, lockedUntil, Availability.READABLE, "");
    }

    /** The same in a storage class. */
    public ObjectStat in(String newClass, Availability newAvailability) {
        return new ObjectStat(name, sizeBytes, lockedUntil, newAvailability, newClass);
    }
}
