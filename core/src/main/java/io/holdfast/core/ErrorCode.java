package io.holdfast.core;

/**
 * Why an operation failed, sorted by who has to act. The exit code is what the {@code holdfast} command ends with; names and
 * exit codes are a contract (docs/cli.md) and never change meaning.
 */
public enum ErrorCode {
    /** The program is wrong, or the machine failed in a way that no other code names. */
    FAILED(1),
    /** The user asked for something that cannot be: bad arguments, a path that does not exist. */
    USAGE(2),
    /** A snapshot was made, yet some files could not be read. */
    INCOMPLETE(3),
    /** The repository refuses: a lock, a hold or a policy forbids it. */
    REFUSED(4),
    /** Another process ended this session. */
    FENCED(5),
    /** Archived data was asked for, and cannot be read yet. */
    THAWING(6),
    /** No space, or a quota is used up. */
    NO_SPACE(7),
    /** There is no repository at this place. */
    NO_REPOSITORY(10),
    /** The store does not answer, or denies access. */
    STORE_UNREACHABLE(11),
    /** No key slot opens with this password or key file. */
    WRONG_KEY(12),
    /** What was read is not what was written. */
    DAMAGED(13),
    /** The server does not know who asks, or they may not do that. */
    DENIED(14),
    /** The data was written by a newer version; a newer program is needed. */
    UNSUPPORTED_VERSION(1),
    /** A named snapshot, session or path does not exist. */
    NOT_FOUND(1),
    /** Stopped by the user. */
    INTERRUPTED(130);

    private final int exitCode;

    ErrorCode(int exitCode) {
        this.exitCode = exitCode;
    }

    /** The process exit code, 0 to 255. */
    public int exitCode() {
        return exitCode;
    }
}
