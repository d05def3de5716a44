package io.holdfast.protocol;

/**
 * A host begins to read a snapshot: {@code POST /media/v1/reads}.
 *
 * @param snapshot its id
 */
public record ReadRequest(String job, long fence, String snapshot) {}
