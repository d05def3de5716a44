package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A file operation that failed. Callers branch on {@link #reason}: a file that vanished is no error of a backup, one that
 * cannot be read makes it incomplete, a full disk ends a restore.
 */
public final class HostFileException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why, as far as the caller acts differently. */
    public enum Reason {
        /** No such name (any more), or the handle is stale: ENOENT, ESTALE. */
        VANISHED("no such file"),
        /** Another kind of file than asked for, swapped meanwhile perhaps: ELOOP, ENOTDIR, EISDIR, ENXIO, ENODEV. */
        OTHER_TYPE("not of the expected type"),
        /** EACCES, EPERM: rights are missing, or the file is immutable. */
        DENIED("permission denied"),
        /** The name is taken: EEXIST, ENOTEMPTY. */
        EXISTS("something is there already"),
        /** ENOSPC, EDQUOT, EFBIG. */
        NO_SPACE("no space left"),
        /** EROFS. */
        READ_ONLY("the file system is read-only"),
        /** The medium or the network failed: EIO and the like. */
        IO_ERROR("input/output error"),
        /** Too many open files: EMFILE, ENFILE, ENOMEM. */
        TOO_MANY_OPEN("too many open files"),
        /** The file system or this implementation cannot do it: EOPNOTSUPP, ENOSYS, ENOTTY, EXDEV, EMLINK. */
        UNSUPPORTED("not supported here"),
        /** A name that cannot be: empty, dots, with a slash or a zero byte, too long, not text where the host wants text. */
        BAD_NAME("not a valid name"),
        /** Anything else; the message has the number. */
        OTHER("failed");

        private final String text;

        Reason(String text) {
            this.text = text;
        }
    }

    private final Reason reason;
    private final int errno;

    HostFileException(Reason reason, int errno, String message) {
        super(message);
        this.reason = reason;
        this.errno = errno;
    }

    /** A failed system call. */
    static HostFileException ofErrno(int errno, String operation, Bytes name) {
        return ofErrno(errno, operation, PrintableName.of(name));
    }

    static HostFileException ofErrno(int errno, String operation, String object) {
        Reason reason = Errno.reason(errno);
        return new HostFileException(
                reason, errno, operation + " '" + object + "': " + reason.text + " (" + Errno.name(errno) + ")");
    }

    /** A failure that no system call reported. */
    public static HostFileException of(Reason reason, String operation, Bytes name) {
        return of(reason, operation, PrintableName.of(name), null);
    }

    static HostFileException of(Reason reason, String operation, String object, @Nullable Throwable cause) {
        String detail = cause == null || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")";
        HostFileException failure =
                new HostFileException(reason, 0, operation + " '" + object + "': " + reason.text + detail);
        if (cause != null) {
            failure.initCause(cause);
        }
        return failure;
    }

    public Reason reason() {
        return reason;
    }

    /** The error number of the system call, 0 where there was none. */
    public int errno() {
        return errno;
    }

    public boolean isVanished() {
        return reason == Reason.VANISHED;
    }

    public boolean isNoSpace() {
        return reason == Reason.NO_SPACE;
    }

    /** Whether writing anything more to this file system is pointless. */
    public boolean endsWriting() {
        return reason == Reason.NO_SPACE || reason == Reason.READ_ONLY;
    }
}
