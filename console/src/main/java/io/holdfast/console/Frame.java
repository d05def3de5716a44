package io.holdfast.console;

import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import java.time.Instant;
import java.util.Optional;

/**
 * What is around each page.
 *
 * @param title of the page
 * @param section of the console in which it is
 * @param viewer who looks; empty where nobody is logged in
 * @param notice what was done a moment ago
 * @param now for how long ago something was
 */
public record Frame(
        String title,
        Section section,
        Optional<Principal> viewer,
        Optional<String> notice,
        Instant now,
        Addresses addresses) {
    /** Parts of the console, as its navigation has them. */
    public enum Section {
        OVERVIEW("Overview", "/"),
        HOSTS("Hosts", "/hosts"),
        SNAPSHOTS("Snapshots", "/snapshots"),
        SEARCH("Search", "/search"),
        JOBS("Jobs", "/jobs"),
        PLANS("Plans", "/plans"),
        REPOSITORIES("Repositories", "/repositories"),
        USERS("Users", "/users"),
        TOKENS("Tokens", "/tokens"),
        AUDIT("Audit", "/audit"),
        ABOUT("About", "/about"),
        /** Not in the navigation. */
        NONE("", "");

        private final String label;
        private final String path;

        Section(String label, String path) {
            this.label = label;
            this.path = path;
        }

        public String label() {
            return label;
        }

        public String path() {
            return path;
        }

        Permission permission() {
            return switch (this) {
                case USERS, TOKENS -> Permission.ADMINISTER;
                case AUDIT -> Permission.AUDIT;
                case SEARCH -> Permission.BROWSE;
                default -> Permission.READ;
            };
        }
    }

    /** Where files are that belong to pages. */
    @FunctionalInterface
    public interface Addresses {
        String of(String name);
    }

    /** Whether whoever looks may do that. */
    public boolean may(Permission permission) {
        return viewer.filter(who -> who.may(permission)).isPresent();
    }

    /** Whether the navigation shows it to whoever looks. */
    public boolean shows(Section which) {
        return which != Section.NONE && may(which.permission());
    }

    public String asset(String name) {
        return addresses.of(name);
    }
}
