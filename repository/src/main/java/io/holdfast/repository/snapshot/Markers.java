package io.holdfast.repository.snapshot;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Puts and gets small sealed objects: sessions, tombstones, forget markers, lists, verdicts. Thread-safe. */
public final class Markers {
    private final ObjectStore store;
    private final Sealer sealer;

    public Markers(ObjectStore store, Sealer sealer) {
        this.store = store;
        this.sealer = sealer;
    }

    public PutOutcome put(ObjectKind kind, ObjectName name, byte[] body) {
        return store.put(name, ByteBuffer.wrap(sealer.seal(kind, name, body)));
    }

    /**
     * The body of a marker, or empty where it is not there.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not authentic
     */
    public Optional<byte[]> get(ObjectKind kind, ObjectName name) {
        return store.get(name).map(object -> sealer.open(kind, name, bytes(object)));
    }

    /** What is left in a buffer, which is used up. */
    public static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
