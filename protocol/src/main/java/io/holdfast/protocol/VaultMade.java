package io.holdfast.protocol;

/**
 * How much is in a snapshot of a vault, as its host says.
 *
 * @param snapshot its id, generation and random part
 * @param addedBytes of new chunks, before compression
 */
public record VaultMade(String snapshot, long files, long bytes, long addedBytes) {}
