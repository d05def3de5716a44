package io.holdfast.control;

import java.util.Locale;

/** What somebody may do. API tokens name them as scopes. */
public enum Permission {
    /** See hosts, plans, jobs, and what is protected. */
    READ,
    /** Run plans and cancel jobs. */
    RUN,
    /** Change plans, hosts and their words. */
    PLAN,
    /** See what is in snapshots. */
    BROWSE,
    /** Bring back what is in them. */
    RESTORE,
    /** See the numbers of the whole server at {@code /metrics}. */
    METRICS,
    /** See who did what. */
    AUDIT,
    /** Everything else: users, tokens, repositories, settings. */
    ADMINISTER;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
