package io.holdfast.storage;

/**
 * What a listing or stat tells of an object.
 *
 * @param sizeBytes 0 or more
 */
public record ObjectStat(ObjectName name, long sizeBytes) {
    public ObjectStat {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("negative size of " + name);
        }
    }
}
