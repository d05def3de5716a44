package io.holdfast.repository.pack;

import io.holdfast.core.HoldfastException;

/** What a chunk holds; the code stands in tables of contents. */
public enum ChunkKind {
    CONTENT(0),
    TREE_PAGE(1),
    CHUNK_LIST(2);

    private final int code;

    ChunkKind(int code) {
        this.code = code;
    }

    /** Its number in formats. */
    public int code() {
        return code;
    }

    /** @throws HoldfastException {@code DAMAGED} where there is no such kind */
    public static ChunkKind of(int code, String what) {
        return switch (code) {
            case 0 -> CONTENT;
            case 1 -> TREE_PAGE;
            case 2 -> CHUNK_LIST;
            default -> throw HoldfastException.damaged(what + ": chunk kind " + code);
        };
    }

    /** What a chunk of such a pack must be, where only its content is known: trees are CBOR arrays, lists start with 0 or 1. */
    public static ChunkKind of(PackKind pack, byte firstByte) {
        if (pack == PackKind.DATA) {
            return CONTENT;
        }
        return firstByte == 0 || firstByte == 1 ? CHUNK_LIST : TREE_PAGE;
    }

    /** Which packs take it: content may go to slow storage, all else is needed at once. */
    public PackKind packKind() {
        return this == CONTENT ? PackKind.DATA : PackKind.META;
    }
}
