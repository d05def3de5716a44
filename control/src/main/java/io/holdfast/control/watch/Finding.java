package io.holdfast.control.watch;

/**
 * Something that is wrong.
 *
 * @param object what it is about, as its kind has it
 * @param text for people; the same as long as nothing changes that they should know
 */
public record Finding(AlertKind kind, String object, String text) {}
