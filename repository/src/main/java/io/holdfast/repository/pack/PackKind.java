package io.holdfast.repository.pack;

import io.holdfast.repository.crypto.ObjectKind;

/** Packs of file content, and packs of what describes it. */
public enum PackKind {
    DATA("packs/data/", ObjectKind.DATA_PACK),
    META("packs/meta/", ObjectKind.META_PACK);

    private final String prefix;
    private final ObjectKind objectKind;

    PackKind(String prefix, ObjectKind objectKind) {
        this.prefix = prefix;
        this.objectKind = objectKind;
    }

    /** Where packs of this kind lie. */
    public String prefix() {
        return prefix;
    }

    public ObjectKind objectKind() {
        return objectKind;
    }
}
