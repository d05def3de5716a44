package io.holdfast.protocol;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import java.util.ArrayList;
import java.util.List;

/** A chunk, as what it is asked for or referred to: what a page is to one host may be content to another. In requests its kind and its id, {@value #BYTES} bytes. */
public record ChunkName(ChunkKind kind, ChunkId id) {
    public static final int BYTES = 1 + ChunkId.BYTES;
    /** In one request. */
    public static final int MOST = 64 * 1024;

    /** One after the other. */
    public static byte[] encode(List<ChunkName> names) {
        byte[] bytes = new byte[names.size() * BYTES];
        for (int i = 0; i < names.size(); i++) {
            bytes[i * BYTES] = (byte) names.get(i).kind().code();
            names.get(i).id().write(bytes, i * BYTES + 1);
        }
        return bytes;
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws HoldfastException {@code DAMAGED} where it is something else, or more than {@value #MOST}
     */
    public static List<ChunkName> decode(byte[] bytes) {
        if (bytes.length % BYTES != 0 || bytes.length / BYTES > MOST) {
            throw HoldfastException.damaged("a list of chunks of " + bytes.length + " bytes");
        }
        List<ChunkName> names = new ArrayList<>(bytes.length / BYTES);
        for (int at = 0; at < bytes.length; at += BYTES) {
            names.add(new ChunkName(ChunkKind.of(bytes[at] & 0xFF, "a list of chunks"), ChunkId.read(bytes, at + 1)));
        }
        return names;
    }
}
