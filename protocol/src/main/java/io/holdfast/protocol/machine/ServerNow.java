package io.holdfast.protocol.machine;

import java.time.Instant;

/**
 * What a server tells a machine that looks whether all is well.
 *
 * @param version of the program that runs there
 * @param time by its clock, when it answered
 */
public record ServerNow(String version, Instant time) {}
