package io.holdfast.protocol;

/**
 * The snapshot is made.
 *
 * @param snapshot its id
 */
public record CommitAnswer(String snapshot) {}
