package io.holdfast.repository.tree;

/** What a directory entry is. Sockets are not kept: they mean nothing without the process that made them. */
public enum EntryType {
    FILE(1),
    DIRECTORY(2),
    SYMLINK(3),
    FIFO(4),
    CHARACTER_DEVICE(5),
    BLOCK_DEVICE(6);

    private static final EntryType[] BY_CODE = values();
    private final int code;

    EntryType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static EntryType of(int code) {
        if (code < 1 || code > BY_CODE.length) {
            throw new IllegalArgumentException("entry type " + code);
        }
        return BY_CODE[code - 1];
    }
}
