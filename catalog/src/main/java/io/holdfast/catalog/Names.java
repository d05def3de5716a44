package io.holdfast.catalog;

import io.holdfast.core.HoldfastException;

/** What people call things. */
final class Names {
    /** As long as a name in DNS. */
    private static final int MAX = 253;

    private Names() {}

    /** @throws HoldfastException {@code USAGE} where it is none */
    static String check(String name, String what) {
        if (name.isBlank()
                || name.length() > MAX
                || name.chars().anyMatch(Character::isISOControl)
                || !Texts.storable(name, MAX).equals(name)) {
            throw HoldfastException.usage(
                    "'" + Texts.storable(name, MAX) + "' is no name of a " + what,
                    "Write 1 to " + MAX + " characters.");
        }
        return name;
    }
}
