package io.holdfast.sources.files;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.holdfast.core.Bytes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Reads a whole directory with getdents64(2) and decodes {@code struct linux_dirent64}. */
final class DirectoryStreamDecoder {
    private static final int RECORD_LENGTH = 16;
    private static final int TYPE = 18;
    private static final int NAME = 19;
    private static final int SEEK_SET = 0;

    private DirectoryStreamDecoder() {}

    /** Moves the position of the descriptor: one thread at a time. */
    static List<DirectoryEntry> readAll(Scratch s, int directory, Bytes name) throws HostFileException {
        long rewound = LinuxCalls.lseek(s, directory, 0, SEEK_SET);
        if (rewound < 0) {
            throw HostFileException.ofErrno((int) -rewound, "list", name);
        }
        List<DirectoryEntry> entries = new ArrayList<>();
        MemorySegment buffer = s.bulk();
        while (true) {
            long length = LinuxCalls.getdents64(s, directory, buffer);
            if (length < 0) {
                throw HostFileException.ofErrno((int) -length, "list", name);
            }
            if (length == 0) {
                break;
            }
            decode(buffer.asSlice(0, length).toArray(JAVA_BYTE), entries);
        }
        entries.sort(null);
        return entries;
    }

    private static void decode(byte[] records, List<DirectoryEntry> entries) {
        int at = 0;
        while (at < records.length) {
            int start = at + NAME;
            int end = start;
            while (records[end] != 0) {
                end++;
            }
            if (!isSelfOrParent(records, start, end)) {
                entries.add(new DirectoryEntry(Bytes.copyOf(records, start, end - start), type(records[at + TYPE])));
            }
            at += Byte.toUnsignedInt(records[at + RECORD_LENGTH])
                    | Byte.toUnsignedInt(records[at + RECORD_LENGTH + 1]) << 8;
        }
    }

    private static boolean isSelfOrParent(byte[] records, int start, int end) {
        return records[start] == '.' && (end - start == 1 || (end - start == 2 && records[start + 1] == '.'));
    }

    /** DT_* of readdir(3). */
    private static FileType type(byte code) {
        return switch (code) {
            case 1 -> FileType.FIFO;
            case 2 -> FileType.CHARACTER_DEVICE;
            case 4 -> FileType.DIRECTORY;
            case 6 -> FileType.BLOCK_DEVICE;
            case 8 -> FileType.REGULAR;
            case 10 -> FileType.SYMLINK;
            case 12 -> FileType.SOCKET;
            default -> FileType.UNKNOWN;
        };
    }
}
