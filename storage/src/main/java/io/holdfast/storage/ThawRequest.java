package io.holdfast.storage;

/**
 * What is asked for with {@link ObjectStore#thaw}.
 *
 * @param days how long the readable copy stays, 1 or more
 */
public record ThawRequest(ThawTier tier, int days) {
    public ThawRequest {
        if (days < 1) {
            throw new IllegalArgumentException("a copy for " + days + " days");
        }
    }
}
