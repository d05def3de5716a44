package io.holdfast.agent.data;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.CommitAnswer;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SessionRequest;
import io.holdfast.repository.ChunkId;
import io.holdfast.storage.RetryPolicy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Asks again where nobody answered, for some minutes; and remembers what the media server has refused. Thread-safe. */
final class PatientCalls implements MediaCalls {
    /** Some six minutes: a media server that starts again, a line that is down for a moment. */
    static final RetryPolicy USUAL = new RetryPolicy(24, Duration.ofMillis(250), Duration.ofSeconds(20));

    /** Half a minute: where there is another one to go to, it is waited for no longer than it takes to start. */
    static final RetryPolicy WITH_OTHERS = new RetryPolicy(10, Duration.ofMillis(250), Duration.ofSeconds(5));

    private final MediaCalls calls;
    private final RetryPolicy policy;
    private final RandomGenerator random;
    private final MonotonicClock clock;
    private final AtomicReference<@Nullable ErrorCode> failure = new AtomicReference<>();

    PatientCalls(MediaCalls calls, RetryPolicy policy, RandomGenerator random, MonotonicClock clock) {
        this.calls = calls;
        this.policy = policy;
        this.random = random;
        this.clock = clock;
    }

    /** The first error that the media server answered with. */
    Optional<ErrorCode> failure() {
        return Optional.ofNullable(failure.get());
    }

    @Override
    public SessionAnswer begin(SessionRequest request) {
        return patiently(() -> calls.begin(request));
    }

    @Override
    public BitSet known(String session, List<ChunkName> chunks) {
        return patiently(() -> calls.known(session, chunks));
    }

    @Override
    public void frames(String session, byte[] stream, int length) {
        patiently(() -> {
            calls.frames(session, stream, length);
            return true;
        });
    }

    @Override
    public void flush(String session) {
        patiently(() -> {
            calls.flush(session);
            return true;
        });
    }

    @Override
    public CommitAnswer commit(String session, CommitRequest request) {
        return patiently(() -> calls.commit(session, request));
    }

    /** Once: where nobody hears it, the session ends by itself. */
    @Override
    public void giveUp(String session) {
        calls.giveUp(session);
    }

    @Override
    public ReadAnswer beginRead(ReadRequest request) {
        return patiently(() -> calls.beginRead(request));
    }

    /** All of it is there when this returns. */
    @Override
    public InputStream chunks(String read, List<ChunkId> chunks) {
        return patiently(() -> {
            try (InputStream in = calls.chunks(read, chunks)) {
                return new ByteArrayInputStream(in.readAllBytes());
            } catch (IOException e) {
                throw new HoldfastException(
                        ErrorCode.STORE_UNREACHABLE,
                        "an answer of the media server broke off: " + e.getMessage(),
                        null,
                        e);
            }
        });
    }

    /** Once: it ends by itself. */
    @Override
    public void endRead(String read) {
        calls.endRead(read);
    }

    private <T> T patiently(Supplier<T> call) {
        try {
            return patiently(policy, random, clock, call);
        } catch (HoldfastException e) {
            failure.compareAndSet(null, e.code());
            throw e;
        }
    }

    /** Asks again where nobody answered. */
    static <T> T patiently(RetryPolicy policy, RandomGenerator random, MonotonicClock clock, Supplier<T> call) {
        for (int attempt = 1; ; attempt++) {
            try {
                return call.get();
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.STORE_UNREACHABLE || attempt == policy.maxAttempts()) {
                    throw e;
                }
            }
            try {
                clock.sleep(policy.pauseAfter(attempt, random.nextDouble()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
            }
        }
    }
}
