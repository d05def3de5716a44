package io.holdfast.mount;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is mounted for this process, as the kernel lists it. */
final class MountTable {
    private static final Path TABLE = Path.of("/proc/self/mounts");

    private MountTable() {}

    /** Whether something is mounted on this absolute path, which has no symbolic links in it. */
    static boolean contains(Path directory) {
        try {
            String wanted = directory.toString();
            for (String line : Files.readAllLines(TABLE, StandardCharsets.ISO_8859_1)) {
                String[] fields = line.split(" ");
                if (fields.length > 1 && unescaped(fields[1]).equals(wanted)) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new HoldfastException(ErrorCode.FAILED, TABLE + " cannot be read: " + e.getMessage(), null, e);
        }
    }

    /** Blanks, tabs, line feeds and backslashes stand as three octal digits behind a backslash (proc(5)). */
    static String unescaped(String field) {
        byte[] bytes = field.getBytes(StandardCharsets.ISO_8859_1);
        byte[] plain = new byte[bytes.length];
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\\' && i + 3 < bytes.length && isOctal(bytes, i + 1)) {
                plain[length++] = (byte) Integer.parseInt(field.substring(i + 1, i + 4), 8);
                i += 3;
            } else {
                plain[length++] = bytes[i];
            }
        }
        return new String(plain, 0, length, StandardCharsets.UTF_8);
    }

    private static boolean isOctal(byte[] bytes, int from) {
        for (int i = from; i < from + 3; i++) {
            if (bytes[i] < '0' || bytes[i] > '7') {
                return false;
            }
        }
        return true;
    }
}
