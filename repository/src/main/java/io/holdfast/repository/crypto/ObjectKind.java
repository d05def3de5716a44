package io.holdfast.repository.crypto;

/** What an object is, and how it is protected (docs/repository-format.md, section 3). */
public enum ObjectKind {
    CONFIG(1, Protection.CHECKSUM),
    KEY_SLOT(2, Protection.CHECKSUM),
    SESSION(3, Protection.AUTHENTICATED),
    MANIFEST(4, Protection.ENCRYPTED),
    TOMBSTONE(5, Protection.AUTHENTICATED),
    FORGET_MARKER(6, Protection.AUTHENTICATED),
    CONDEMNED_LIST(7, Protection.AUTHENTICATED),
    WAIT_SET(8, Protection.AUTHENTICATED),
    VERDICT(9, Protection.AUTHENTICATED),
    INDEX_SEGMENT(10, Protection.ENCRYPTED),
    DATA_PACK(11, Protection.ENCRYPTED),
    META_PACK(12, Protection.ENCRYPTED),
    REMOVAL(13, Protection.AUTHENTICATED),
    HOLD(14, Protection.AUTHENTICATED),
    SEALED_KEY(15, Protection.CHECKSUM),
    GIVEN_UP_PACKS(16, Protection.AUTHENTICATED),
    SEARCH_SEGMENT(17, Protection.ENCRYPTED);

    /** How the body is protected. */
    enum Protection {
        CHECKSUM,
        AUTHENTICATED,
        ENCRYPTED
    }

    private final int code;
    private final Protection protection;

    ObjectKind(int code, Protection protection) {
        this.code = code;
        this.protection = protection;
    }

    int code() {
        return code;
    }

    Protection protection() {
        return protection;
    }

    /** Whether a host may make it that can only write: what decides over other snapshots it may not. */
    boolean isMadeByHosts() {
        return switch (this) {
            case SESSION, MANIFEST, TOMBSTONE, INDEX_SEGMENT, DATA_PACK, META_PACK -> true;
            default -> false;
        };
    }

    /** Objects named by the hash of their bytes need no name in the associated data. */
    boolean isNamedByHash() {
        return this == INDEX_SEGMENT || this == DATA_PACK || this == META_PACK || this == SEARCH_SEGMENT;
    }
}
