package io.holdfast.protocol;

/**
 * A snapshot may be read.
 *
 * @param read names it in what follows
 */
public record ReadAnswer(String read, SessionAnswer.Naming naming, SnapshotText snapshot) {}
