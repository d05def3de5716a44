package io.holdfast.catalog;

import io.holdfast.core.Bytes;
import java.time.Instant;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who may log in.
 *
 * @param name unique
 * @param groups of hosts to which the role is limited; empty: it is for all
 * @param hasTotp whether a password alone is not enough
 * @param isDisabled whether nobody can log in as this user
 */
public record User(
        String name, Role role, SortedSet<String> groups, boolean hasTotp, boolean isDisabled, Instant created) {
    public User {
        groups = new TreeSet<>(groups);
    }

    /**
     * How a user proves to be one. Its text tells nothing.
     *
     * @param passwordHash a PHC string of Argon2id
     * @param sealedTotp the secret of one-time codes, sealed; null where there is none
     */
    public record Credentials(String passwordHash, @Nullable Bytes sealedTotp) {
        @Override
        public String toString() {
            return "Credentials";
        }
    }
}
