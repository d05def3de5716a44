package io.holdfast.protocol;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ArchiveClass;
import io.holdfast.storage.Availability;
import io.holdfast.storage.Capabilities;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.ThawRequest;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The objects of a vault, through a media server (docs/server.md, section "Vaults"): what it does not let a host do is {@code REFUSED}. It locks and thaws nothing. Borrows
 * the calls. Thread-safe.
 */
public final class VaultStore implements ObjectStore {
    private static final int PUTS_AT_ONCE = 2;
    private static final int PIECE_BYTES = 1 << 20;

    private final VaultCalls calls;
    private final String access;
    private final String place;
    private volatile boolean lost;
    private volatile boolean closed;

    /**
     * @param access as the media server named it
     * @param place where the vault lies, for people
     */
    public VaultStore(VaultCalls calls, String access, String place) {
        this.calls = calls;
        this.access = access;
        this.place = place;
    }

    /** Whether the media server has said that there is no such access any more. */
    public boolean isLost() {
        return lost;
    }

    private <T> T call(Supplier<T> call) {
        if (closed) {
            throw new IllegalStateException("the store is closed");
        }
        try {
            return call.get();
        } catch (HoldfastException e) {
            lost |= e.code() == ErrorCode.NOT_FOUND;
            throw e;
        }
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(true, true, true, PUTS_AT_ONCE, false);
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        if (lockUntil.isAfter(Instant.EPOCH)) {
            throw noLocks();
        }
        long length = content.stream().mapToLong(ByteBuffer::remaining).sum();
        return call(() -> calls.put(access, name, () -> stream(content), length));
    }

    private static InputStream stream(List<ByteBuffer> content) {
        return new SequenceInputStream(
                Collections.enumeration(content.stream().map(VaultStore::stream).toList()));
    }

    private static InputStream stream(ByteBuffer buffer) {
        if (buffer.hasArray()) {
            return new ByteArrayInputStream(
                    buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining());
        }
        ByteBuffer rest = buffer.duplicate();
        return new InputStream() {
            @Override
            public int read() {
                return rest.hasRemaining() ? rest.get() & 0xff : -1;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                if (!rest.hasRemaining()) {
                    return length == 0 ? 0 : -1;
                }
                int count = Math.min(length, rest.remaining());
                rest.get(target, offset, count);
                return count;
            }
        };
    }

    private HoldfastException noLocks() {
        return new HoldfastException(
                ErrorCode.REFUSED, describe() + " locks nothing", "Leave the lock out, or lock it with the key.");
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        throw noLocks();
    }

    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        throw new HoldfastException(
                ErrorCode.REFUSED,
                describe() + " thaws nothing",
                "With the key: holdfast restore --repo, with --thaw.");
    }

    @Override
    public Optional<ArchiveClass> archiveClass(String name) {
        return Optional.empty();
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        return call(() -> calls.get(access, name)).map(ByteBuffer::wrap);
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        int length = target.remaining();
        if (length == 0) {
            return stat(name).isPresent();
        }
        ByteBuffer into = target.duplicate();
        for (int done = 0; done < length; done += PIECE_BYTES) {
            long from = offsetBytes + done;
            int count = Math.min(PIECE_BYTES, length - done);
            Optional<byte[]> part = call(() -> calls.get(access, name, from, count));
            if (part.isEmpty()) {
                return false;
            }
            into.put(part.get());
        }
        target.position(target.limit());
        return true;
    }

    @Override
    public void list(String prefix, Visitor visitor) {
        boolean ignored = call(() -> {
            calls.list(access, prefix, visitor::visit);
            return true;
        });
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        return call(() -> calls.stat(access, name));
    }

    @Override
    public boolean delete(ObjectName name) {
        return call(() -> calls.delete(access, name));
    }

    @Override
    public boolean mayPass(HoldfastException failure) {
        return failure.code() == ErrorCode.STORE_UNREACHABLE;
    }

    /** The media server puts data packs where the job says. */
    @Override
    public ObjectStore withDataClass(String storageClass) {
        return this;
    }

    @Override
    public String describe() {
        return "the vault at " + place;
    }

    @Override
    public void close() {
        closed = true;
    }
}
