package io.holdfast.control;

import io.holdfast.http.HttpProblem;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who asks, and what they may.
 *
 * @param groups of hosts that this is about; none for all
 */
public record Principal(String name, String role, Set<String> groups, Set<Permission> permissions) {
    public Principal {
        groups = new TreeSet<>(groups);
        permissions = permissions.isEmpty() ? Set.of() : EnumSet.copyOf(permissions);
    }

    /** Whether they may. */
    public boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    /** @throws HttpProblem 403 where they may not */
    public void require(Permission permission) {
        if (!may(permission)) {
            throw new HttpProblem(
                    403,
                    "denied",
                    name + " may not do that: it takes the right to " + permission.word(),
                    "An administrator gives roles, and tokens their scopes.");
        }
    }

    /** Whether hosts of these groups are theirs to see. */
    public boolean isAbout(Set<String> hostGroups) {
        return groups.isEmpty() || hostGroups.stream().anyMatch(groups::contains);
    }
}
