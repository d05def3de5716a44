package io.holdfast.sources.files;

import java.util.Locale;

/**
 * One part of a file's metadata that could not be set.
 *
 * @param detail which one, for people: an attribute's name, an owner, names of flags
 * @param cause why
 */
public record NotApplied(Aspect aspect, String detail, HostFileException cause) {
    /** The parts, in the order in which they are set. */
    public enum Aspect {
        OWNER,
        MODE,
        ATTRIBUTE,
        TIME,
        FLAGS
    }

    @Override
    public String toString() {
        return aspect.name().toLowerCase(Locale.ROOT) + " " + detail + ": " + cause.getMessage();
    }
}
