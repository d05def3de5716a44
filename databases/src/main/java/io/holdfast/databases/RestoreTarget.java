package io.holdfast.databases;

import java.util.Optional;

/**
 * Where a part comes back.
 *
 * @param name of the database; absent for its own
 * @param existing what becomes of a database that has that name now
 */
public record RestoreTarget(Optional<String> name, Existing existing) {
    /** What becomes of what is there. */
    public enum Existing {
        /** It stays, and nothing is restored. */
        REFUSE,
        /** It goes. PostgreSQL exchanges the two when the new one is whole; MariaDB, which cannot rename a database, loses the old one first. */
        REPLACE
    }

    public RestoreTarget {
        if (name.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("an empty name");
        }
    }

    /** Under its own name, where that is free. */
    public static RestoreTarget ownName() {
        return new RestoreTarget(Optional.empty(), Existing.REFUSE);
    }

    /** Under another name, where that is free. */
    public static RestoreTarget named(String name) {
        return new RestoreTarget(Optional.of(name), Existing.REFUSE);
    }
}
