package io.holdfast.repository.pack;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * The name of a pack: its kind and the SHA-256 of its bytes.
 */
public record PackId(PackKind kind, Bytes hash) implements Comparable<PackId> {
    private static final int HASH_BYTES = 32;

    public PackId {
        if (hash.length() != HASH_BYTES) {
            throw new IllegalArgumentException("a pack name of " + hash.length() + " bytes");
        }
    }

    /** @throws HoldfastException {@code DAMAGED} where this is not the name of a pack */
    public static PackId of(ObjectName name) {
        for (PackKind kind : PackKind.values()) {
            if (name.value().startsWith(kind.prefix())) {
                try {
                    PackId id = new PackId(kind, Bytes.ofHex(name.leaf()));
                    if (id.name().equals(name)) {
                        return id;
                    }
                } catch (IllegalArgumentException ignored) {
                    break;
                }
            }
        }
        throw HoldfastException.damaged(name + ": is not the name of a pack");
    }

    /** The pack with this name, or empty where it is not the name of a pack. */
    public static Optional<PackId> find(ObjectName name) {
        try {
            return Optional.of(of(name));
        } catch (HoldfastException e) {
            return Optional.empty();
        }
    }

    /** Visits all packs of a store in name order; what has another name is none. */
    public static void listAll(ObjectStore store, BiConsumer<PackId, ObjectStat> visitor) {
        for (PackKind kind : PackKind.values()) {
            list(store, kind, visitor);
        }
    }

    /** The same for the packs of one kind. */
    public static void list(ObjectStore store, PackKind kind, BiConsumer<PackId, ObjectStat> visitor) {
        store.list(kind.prefix(), object -> find(object.name()).ifPresent(id -> visitor.accept(id, object)));
    }

    public ObjectName name() {
        String hex = hash.toHex();
        return ObjectName.of(kind.prefix() + hex.substring(0, 2) + "/" + hex);
    }

    @Override
    public int compareTo(PackId other) {
        int byKind = kind.compareTo(other.kind);
        return byKind != 0 ? byKind : hash.compareTo(other.hash);
    }

    @Override
    public String toString() {
        return name().value();
    }

    /** A number from 0 to 1 that is another one for every pack. */
    double jitter() {
        return (hash.byteAt(0) & 0xFF) / 255.0;
    }
}
