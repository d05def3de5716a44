package io.holdfast.storage;

import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Tries calls again that failed and {@linkplain ObjectStore#mayPass may pass}.
 *
 * <p>A second attempt meets what the first one may have done although its answer was lost. A delete may then return false for what it
 * removed. A put that finds its name taken reads what is there: the very same bytes are its own, as every object of a repository starts with 32
 * random ones, and the answer is {@code STORED}.
 *
 * <p>Names whose put must not be sent twice are left to the caller: a first attempt that arrives late could bring back what was deleted in
 * between. Packs are such (docs/repository-format.md, W5).
 */
public final class RetryingStore extends ForwardingStore {
    private static final int COMPARED_BYTES = 1 << 20;

    private final RetryPolicy policy;
    private final Predicate<ObjectName> putOnce;
    private final MonotonicClock clock;
    private final RandomGenerator random;

    /**
     * Owns {@code delegate} and closes it.
     *
     * @param putOnce names whose put is never tried again
     * @param random of a kind that many threads may use
     */
    public RetryingStore(
            ObjectStore delegate,
            RetryPolicy policy,
            Predicate<ObjectName> putOnce,
            MonotonicClock clock,
            RandomGenerator random) {
        super(delegate);
        this.policy = policy;
        this.putOnce = putOnce;
        this.clock = clock;
        this.random = random;
    }

    @Override
    public ObjectStore reserved() {
        return new RetryingStore(delegate().reserved(), policy, putOnce, clock, random);
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        return new RetryingStore(delegate().withDataClass(storageClass), policy, putOnce, clock, random);
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        if (putOnce.test(name)) {
            return delegate().put(name, content, lockUntil);
        }
        int[] attempts = {0};
        PutOutcome outcome = retry(() -> {
            attempts[0]++;
            return delegate().put(name, content, lockUntil);
        });
        return outcome == PutOutcome.ALREADY_THERE && attempts[0] > 1 && holds(name, content)
                ? PutOutcome.STORED
                : outcome;
    }

    /** Compared piece by piece: an index segment may be larger than what memory has left. */
    private boolean holds(ObjectName name, List<ByteBuffer> content) {
        long sizeBytes = content.stream().mapToLong(ByteBuffer::remaining).sum();
        Optional<ObjectStat> there = stat(name);
        if (there.isEmpty() || there.get().sizeBytes() != sizeBytes) {
            return false;
        }
        byte[] piece = new byte[COMPARED_BYTES];
        long at = 0;
        for (ByteBuffer part : content) {
            for (int done = 0; done < part.remaining(); done += piece.length) {
                int count = Math.min(piece.length, part.remaining() - done);
                if (!getRange(name, at, ByteBuffer.wrap(piece, 0, count))
                        || !part.slice(part.position() + done, count).equals(ByteBuffer.wrap(piece, 0, count))) {
                    return false;
                }
                at += count;
            }
        }
        return true;
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        return retry(() -> delegate().get(name));
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        return retry(() -> delegate().getRange(name, offsetBytes, target));
    }

    @Override
    public void list(String prefix, Visitor visitor) {
        ResumedVisitor resumed = new ResumedVisitor(visitor);
        Optional<RuntimeException> failure = retry(() -> {
            try {
                delegate().list(prefix, resumed);
                return Optional.<RuntimeException>empty();
            } catch (VisitorFailed e) {
                return Optional.of(e.cause);
            }
        });
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        return retry(() -> delegate().stat(name));
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        return retry(() -> delegate().lock(name, until));
    }

    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        return retry(() -> delegate().thaw(name, request));
    }

    @Override
    public boolean delete(ObjectName name) {
        return retry(() -> delegate().delete(name));
    }

    private <T> T retry(Supplier<T> call) {
        for (int attempt = 1; ; attempt++) {
            try {
                return call.get();
            } catch (HoldfastException e) {
                if (!delegate().mayPass(e) || attempt == policy.maxAttempts()) {
                    throw e;
                }
                pause(attempt, e);
            }
        }
    }

    private void pause(int attempt, HoldfastException failure) {
        try {
            clock.sleep(policy.pauseAfter(attempt, random.nextDouble()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            HoldfastException interrupted = DiskErrors.interrupted(describe());
            interrupted.addSuppressed(failure);
            throw interrupted;
        }
    }

    /** Passes each object on once, however often the listing starts over; names come in order. */
    private static final class ResumedVisitor implements Visitor {
        private final Visitor visitor;
        private @Nullable ObjectName last;

        ResumedVisitor(Visitor visitor) {
            this.visitor = visitor;
        }

        @Override
        public void visit(ObjectStat object) {
            if (last == null || object.name().compareTo(last) > 0) {
                last = object.name();
                try {
                    visitor.visit(object);
                } catch (RuntimeException e) {
                    throw new VisitorFailed(e);
                }
            }
        }
    }

    /** Carries what the visitor threw past the retry: the store is not to blame for it. */
    private static final class VisitorFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final RuntimeException cause;

        VisitorFailed(RuntimeException cause) {
            super(cause);
            this.cause = cause;
        }
    }
}
