package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Who comes, and with what. */
public final class Access {
    private Access() {}

    /** @param code of the phone or for recovery, where the user has switched codes on */
    public record Login(String user, String password, Optional<String> code) {}

    /** @param token to be shown as a bearer until it expires */
    public record LoggedIn(String user, String role, String token, Instant expires) {}

    /** @param groups of hosts that this is about; none for all */
    public record Me(String user, String role, List<String> groups, List<String> permissions) {}

    /**
     * @param kind {@code enrol} for hosts, {@code media} for media servers, or {@code api}
     * @param validSeconds absent for one that does not expire
     * @param uses how many machines may come with it; 1 where absent
     * @param networks from where, as {@code 10.0.0.0/8}; none for everywhere
     * @param groups that hosts get which come with it
     * @param tags that they get
     * @param scopes of an API token: permissions; none for all of the user's
     */
    public record NewToken(
            String kind,
            Optional<String> label,
            Optional<Long> validSeconds,
            Optional<Long> uses,
            List<String> networks,
            List<String> groups,
            List<String> tags,
            List<String> scopes) {}

    /** @param token shown this one time */
    public record MadeToken(String id, String token, Optional<Instant> expires) {}

    public record TokenView(
            String id,
            String kind,
            String label,
            String madeBy,
            Instant made,
            Optional<Instant> expires,
            long used,
            Optional<Long> uses,
            boolean revoked) {}

    public record TokenList(List<TokenView> items) {}

    /** @param role {@code administrator}, {@code operator}, {@code restore-operator} or {@code auditor} */
    public record NewUser(String name, String password, String role, List<String> groups) {}

    /** @param totp whether a one-time code is asked for at login */
    public record UserView(String name, String role, List<String> groups, boolean disabled, boolean totp) {}

    public record UserList(List<UserView> items) {}

    public record NewPassword(String password) {}
}
