package io.holdfast.catalog;

/** What users are for. What each may do is known to the control server. */
public enum Role {
    /** All of it. */
    ADMINISTRATOR,
    /** Plans, jobs, restores. */
    OPERATOR,
    /** Restores alone. */
    RESTORE_OPERATOR,
    /** Sees, and changes nothing. */
    AUDITOR
}
