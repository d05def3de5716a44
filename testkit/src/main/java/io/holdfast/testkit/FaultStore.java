package io.holdfast.testkit;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.Availability;
import io.holdfast.storage.Capabilities;
import io.holdfast.storage.ForwardingStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.StoreOperation;
import io.holdfast.storage.ThawRequest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A store in front of another one that fails as a {@link FaultScript} says, counts the calls, and can list what was there
 * some calls ago. Without a script it only counts. Several of these over one {@link io.holdfast.storage.MemoryStore} are
 * several processes, each of which can crash alone.
 */
public final class FaultStore extends ForwardingStore {
    private final FaultState state;

    /** Owns {@code delegate} and closes it. */
    public FaultStore(ObjectStore delegate, FaultScript script) {
        this(delegate, new FaultState(script, 0));
    }

    private FaultStore(ObjectStore delegate, FaultState state) {
        super(delegate);
        this.state = state;
    }

    /** A store whose listings miss what the last {@code staleCalls} calls changed through it. */
    public static FaultStore withStaleLists(ObjectStore delegate, int staleCalls) {
        return new FaultStore(delegate, new FaultState(FaultScript.none(), staleCalls));
    }

    /** From the next call on. */
    public void setScript(FaultScript script) {
        state.setScript(script);
    }

    /** All calls so far, also those that failed. */
    public long callCount() {
        return state.callCount();
    }

    /** Puts and deletes so far, also those that failed. */
    public long mutationCount() {
        return state.mutationCount();
    }

    public boolean hasCrashed() {
        return state.hasCrashed();
    }

    /** Lets the puts and deletes happen that were {@linkplain Fault.Effect#LATE late}, in the order of their calls. */
    public void settle() {
        state.settle();
    }

    @Override
    public Capabilities capabilities() {
        Capabilities own = delegate().capabilities();
        return state.isStale()
                ? new Capabilities(
                        own.putIfAbsent(),
                        false,
                        own.verifiesOnWrite(),
                        own.parallelPuts(),
                        own.locks(),
                        own.archives())
                : own;
    }

    @Override
    public boolean mayPass(HoldfastException failure) {
        return failure.code() == ErrorCode.STORE_UNREACHABLE;
    }

    @Override
    public ObjectStore reserved() {
        return new FaultStore(delegate().reserved(), state);
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        return new FaultStore(delegate().withDataClass(storageClass), state);
    }

    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        return mutate(StoreOperation.THAW, name, () -> delegate().thaw(name, request), () -> () -> {
            Optional<Availability> ignored = delegate().thaw(name, request);
        });
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        // A late put happens after the caller got its buffers back.
        Supplier<List<ByteBuffer>> copy =
                () -> content.stream().map(FaultStore::copy).toList();
        return mutate(StoreOperation.PUT, name, () -> delegate().put(name, content, lockUntil), () -> {
            List<ByteBuffer> kept = copy.get();
            return () -> {
                PutOutcome ignored = delegate().put(name, kept, lockUntil);
            };
        });
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        return read(StoreOperation.GET, name.value(), () -> delegate().get(name));
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        return read(StoreOperation.GET_RANGE, name.value(), () -> delegate().getRange(name, offsetBytes, target));
    }

    @Override
    public void list(String prefix, Visitor visitor) {
        Optional<Fault> fault = state.begin(StoreOperation.LIST, prefix);
        if (fault.isPresent()) {
            RuntimeException failure = failure(fault.get(), StoreOperation.LIST, prefix);
            if (fault.get().effect() == Fault.Effect.DONE) {
                listHalf(prefix, visitor);
            }
            throw failure;
        }
        if (state.isStale()) {
            state.listStale(delegate(), prefix).forEach(visitor::visit);
        } else {
            delegate().list(prefix, visitor);
        }
    }

    private void listHalf(String prefix, Visitor visitor) {
        List<ObjectStat> all = new ArrayList<>();
        delegate().list(prefix, all::add);
        all.subList(0, all.size() / 2).forEach(visitor::visit);
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        return read(StoreOperation.STAT, name.value(), () -> delegate().stat(name));
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        return mutate(StoreOperation.LOCK, name, () -> delegate().lock(name, until), () -> () -> {
            boolean ignored = delegate().lock(name, until);
        });
    }

    @Override
    public boolean delete(ObjectName name) {
        return mutate(StoreOperation.DELETE, name, () -> delegate().delete(name), () -> () -> {
            boolean ignored = delegate().delete(name);
        });
    }

    private <T> T read(StoreOperation operation, String name, Supplier<T> call) {
        Optional<Fault> fault = state.begin(operation, name);
        if (fault.isPresent()) {
            throw failure(fault.get(), operation, name);
        }
        return call.get();
    }

    private <T> T mutate(StoreOperation operation, ObjectName name, Supplier<T> call, Supplier<Runnable> lateCall) {
        Optional<Fault> fault = state.begin(operation, name.value());
        if (fault.isEmpty()) {
            return changing(name, call);
        }
        switch (fault.get().effect()) {
            case NONE -> {}
            case DONE -> {
                T ignored = changing(name, call);
            }
            case LATE -> state.addLate(lateCall.get());
        }
        throw failure(fault.get(), operation, name.value());
    }

    private <T> T changing(ObjectName name, Supplier<T> call) {
        if (state.isStale()) {
            state.noteBefore(name, delegate().stat(name));
        }
        return call.get();
    }

    private static RuntimeException failure(Fault fault, StoreOperation operation, String name) {
        String message = "scripted: " + operation + " " + name;
        return switch (fault) {
            case Fault.Crash crash -> new SimulatedCrash(message);
            case Fault.Failure f -> new HoldfastException(f.code(), message);
        };
    }

    private static ByteBuffer copy(ByteBuffer buffer) {
        ByteBuffer copy = ByteBuffer.allocate(buffer.remaining());
        return copy.put(buffer.duplicate()).flip();
    }
}
