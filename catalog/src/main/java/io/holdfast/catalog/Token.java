package io.holdfast.catalog;

import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What somebody may do who has a secret (docs/server.md, "TLS and identities").
 *
 * @param label what it is for, for people
 * @param madeBy name of the user who made it
 * @param expires from when on it is refused; absent where it never is
 * @param used how often it was; an API token counts the minutes in which it was
 * @param lastUsed absent where it never was; of an API token up to a minute older than true
 * @param isRevoked whether somebody took it back
 */
public record Token(
        TokenId id,
        Grant grant,
        String label,
        String madeBy,
        Instant made,
        @Nullable Instant expires,
        long used,
        @Nullable Instant lastUsed,
        boolean isRevoked) {

    /** What a token is good for. */
    public sealed interface Grant {}

    /**
     * A host may join.
     *
     * @param uses how many may, 1 at least
     * @param networks from where; empty: from everywhere
     * @param groups and tags that its hosts get
     */
    public record Enrolment(long uses, List<Network> networks, SortedSet<String> groups, SortedSet<String> tags)
            implements Grant {
        public Enrolment {
            if (uses < 1) {
                throw new IllegalArgumentException("a token for " + uses + " machines");
            }
            networks = List.copyOf(networks);
            groups = new TreeSet<>(groups);
            tags = new TreeSet<>(tags);
        }
    }

    /**
     * A media server may join.
     *
     * @param uses how many may, 1 at least
     * @param networks from where; empty: from everywhere
     */
    public record MediaEnrolment(long uses, List<Network> networks) implements Grant {
        public MediaEnrolment {
            if (uses < 1) {
                throw new IllegalArgumentException("a token for " + uses + " media servers");
            }
            networks = List.copyOf(networks);
        }
    }

    /**
     * A program may do what a user may, within the scopes.
     *
     * @param scopes words of the API's
     */
    public record Api(String user, SortedSet<String> scopes) implements Grant {
        public Api {
            scopes = new TreeSet<>(scopes);
        }
    }
}
