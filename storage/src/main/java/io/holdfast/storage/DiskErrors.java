package io.holdfast.storage;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/**
 * Turns what the operating system answered into the errors of the contract. Java hands on the text of the errno, not its
 * number, so this matches the C locale's texts; the launchers set {@code LC_ALL=C.UTF-8} for that reason. A text that is not
 * known becomes {@code FAILED}, which is always a safe answer.
 */
final class DiskErrors {
    private static final String FULL_HINT = "Free space on the disk, or run 'holdfast forget' and 'holdfast prune'.";

    private DiskErrors() {}

    /** For an operation that reads: an I/O error means that the object is damaged. */
    static HoldfastException whileReading(String what, IOException cause) {
        return translate(what, cause, ErrorCode.DAMAGED);
    }

    /** For an operation that writes: an I/O error says that the disk fails, not that a stored object is damaged. */
    static HoldfastException whileWriting(String what, IOException cause) {
        return translate(what, cause, ErrorCode.FAILED);
    }

    static HoldfastException interrupted(String what) {
        return new HoldfastException(ErrorCode.INTERRUPTED, what + ": interrupted");
    }

    /** Whether the disk is full or a quota used up. */
    static boolean isNoSpace(IOException e) {
        String reason = reason(e);
        return reason.contains("No space left on device") || reason.contains("Disk quota exceeded");
    }

    /** Whether this user is kept out, or the file system takes no writes at all. */
    static boolean isNoAccess(IOException e) {
        return e instanceof AccessDeniedException || reason(e).contains("Read-only file system");
    }

    private static HoldfastException translate(String what, IOException cause, ErrorCode onInputOutputError) {
        if (cause instanceof ClosedByInterruptException || cause instanceof InterruptedIOException) {
            return new HoldfastException(ErrorCode.INTERRUPTED, what + ": interrupted", null, cause);
        }
        String reason = reason(cause);
        String message = what + ": " + reason;
        if (isNoSpace(cause)) {
            return new HoldfastException(ErrorCode.NO_SPACE, message, FULL_HINT, cause);
        }
        if (cause instanceof AccessDeniedException) {
            return unreachable(message, "Give this user read and write access to the directory.", cause);
        }
        if (reason.contains("Read-only file system")) {
            return unreachable(message, "Mount the file system for writing.", cause);
        }
        if (reason.contains("Operation not permitted")) {
            return new HoldfastException(
                    ErrorCode.REFUSED, message, "The file may carry the immutable attribute; see lsattr.", cause);
        }
        if (reason.contains("Stale file handle")
                || reason.contains("not connected")
                || reason.contains("timed out")
                || reason.contains("Host is down")
                || reason.contains("No such device")
                || cause instanceof NoSuchFileException) {
            return unreachable(message, "Check that the file system is mounted.", cause);
        }
        if (reason.contains("Input/output error")) {
            return new HoldfastException(
                    onInputOutputError, message, "The disk reports errors; see the kernel's log.", cause);
        }
        return new HoldfastException(ErrorCode.FAILED, message, null, cause);
    }

    private static HoldfastException unreachable(String message, String hint, IOException cause) {
        return new HoldfastException(ErrorCode.STORE_UNREACHABLE, message, hint, cause);
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException missing) {
            return missing.getFile() + " is gone";
        }
        String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }
}
