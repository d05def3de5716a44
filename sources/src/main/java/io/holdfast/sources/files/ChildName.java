package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;

/**
 * The rule for names of a directory's children. It is what keeps a damaged or hostile snapshot from writing outside the
 * directory it is restored to.
 */
final class ChildName {
    /** More than any file system takes; the file system itself says what is too long for it. */
    private static final int MAX_BYTES = 4095;

    private ChildName() {}

    /** The bytes of the name. */
    static byte[] checked(Bytes name, String operation) throws HostFileException {
        byte[] bytes = name.unsafeArray();
        if (!isValid(bytes)) {
            throw HostFileException.of(Reason.BAD_NAME, operation, name);
        }
        return bytes;
    }

    private static boolean isValid(byte[] name) {
        if (name.length == 0 || name.length > MAX_BYTES) {
            return false;
        }
        for (byte b : name) {
            if (b == '/' || b == 0) {
                return false;
            }
        }
        return name[0] != '.' || !(name.length == 1 || (name.length == 2 && name[1] == '.'));
    }
}
