package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;

/** Why an operation of {@code java.nio} failed: by the exception's type, or else by the system's English text. */
final class PortableFailure {
    private PortableFailure() {}

    static HostFileException of(IOException cause, String operation, Bytes name) {
        return HostFileException.of(reason(cause), operation, PrintableName.of(name), cause);
    }

    private static Reason reason(IOException cause) {
        return switch (cause) {
            case HostFileException e -> e.reason();
            case NoSuchFileException e -> Reason.VANISHED;
            case AccessDeniedException e -> Reason.DENIED;
            case FileAlreadyExistsException e -> Reason.EXISTS;
            case DirectoryNotEmptyException e -> Reason.EXISTS;
            case NotDirectoryException e -> Reason.OTHER_TYPE;
            case NotLinkException e -> Reason.OTHER_TYPE;
            case AtomicMoveNotSupportedException e -> Reason.UNSUPPORTED;
            case FileSystemException e -> byText(e.getReason() == null ? "" : e.getReason());
            default -> byText(cause.getMessage() == null ? "" : cause.getMessage());
        };
    }

    private static Reason byText(String text) {
        return switch (text) {
            case "No space left on device", "Disk quota exceeded", "File too large" -> Reason.NO_SPACE;
            case "Read-only file system" -> Reason.READ_ONLY;
            case "Input/output error" -> Reason.IO_ERROR;
            case "Too many open files", "Too many open files in system" -> Reason.TOO_MANY_OPEN;
            case "File name too long" -> Reason.BAD_NAME;
            case "Operation not permitted" -> Reason.DENIED;
            case "Is a directory", "Not a directory" -> Reason.OTHER_TYPE;
            case "Operation not supported", "Invalid cross-device link" -> Reason.UNSUPPORTED;
            default -> text.startsWith("Too many levels of symbolic links") ? Reason.OTHER_TYPE : Reason.OTHER;
        };
    }
}
