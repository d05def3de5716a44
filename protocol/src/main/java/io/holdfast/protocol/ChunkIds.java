package io.holdfast.protocol;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import java.util.ArrayList;
import java.util.List;

/** Ids of chunks in a request, one after the other. */
public final class ChunkIds {
    /** In one request. */
    public static final int MOST = 64 * 1024;

    private ChunkIds() {}

    public static byte[] encode(List<ChunkId> ids) {
        byte[] bytes = new byte[ids.size() * ChunkId.BYTES];
        for (int i = 0; i < ids.size(); i++) {
            ids.get(i).write(bytes, i * ChunkId.BYTES);
        }
        return bytes;
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws HoldfastException {@code DAMAGED} where it is something else, or more than {@value #MOST}
     */
    public static List<ChunkId> decode(byte[] bytes) {
        if (bytes.length % ChunkId.BYTES != 0 || bytes.length / ChunkId.BYTES > MOST) {
            throw HoldfastException.damaged("ids of chunks in " + bytes.length + " bytes");
        }
        List<ChunkId> ids = new ArrayList<>(bytes.length / ChunkId.BYTES);
        for (int at = 0; at < bytes.length; at += ChunkId.BYTES) {
            ids.add(ChunkId.read(bytes, at));
        }
        return ids;
    }
}
