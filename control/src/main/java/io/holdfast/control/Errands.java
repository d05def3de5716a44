package io.holdfast.control;

import io.holdfast.catalog.MediaServerId;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.protocol.machine.Errand.Failure;
import io.holdfast.protocol.machine.Errand.Kind;
import io.holdfast.protocol.machine.Errand.Order;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What media servers are to do for this control server: they fetch it, and bring the answers (docs/server.md, "Errands"). Thread-safe. */
final class Errands {
    /** Longer than reading some megabytes takes; then it is offered again, as whoever fetched it may be gone with it. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int OFFERS = 3;
    /** Of one media server, before others are told that it is busy. */
    private static final int MOST_WAITING = 256;

    /** Somebody who waits for errands is heard each second. */
    private static final Duration LISTENS = Duration.ofSeconds(5);

    private final SecureRandom random;
    private final MonotonicClock clock;
    /** When each was heard last. */
    private final Map<MediaServerId, Long> heard = new ConcurrentHashMap<>();

    private final Map<MediaServerId, BlockingQueue<Pending>> queues = new ConcurrentHashMap<>();
    private final Map<String, Pending> pending = new ConcurrentHashMap<>();

    private record Pending(MediaServerId server, Order order, CompletableFuture<byte[]> answer) {}

    Errands(SecureRandom random, MonotonicClock clock) {
        this.random = random;
        this.clock = clock;
    }

    /** Whether it waits for errands here, or brought an answer just now; one that died may seem to for half a minute. */
    boolean isListening(MediaServerId server) {
        Long last = heard.get(server);
        return last != null && clock.nanoTime() - last < LISTENS.toNanos();
    }

    private void hear(MediaServerId server) {
        heard.put(server, clock.nanoTime());
    }

    private BlockingQueue<Pending> queue(MediaServerId server) {
        return queues.computeIfAbsent(server, id -> new LinkedBlockingQueue<>(MOST_WAITING));
    }

    /**
     * Has a media server do something, and waits for its answer.
     *
     * @throws HoldfastException what the media server says, or {@code STORE_UNREACHABLE} where it says nothing
     */
    byte[] ask(MediaServerId server, String name, Kind kind, String repositoryId, List<String> words) {
        byte[] id = new byte[16];
        random.nextBytes(id);
        Order order = new Order(HexFormat.of().formatHex(id), kind, repositoryId, words);
        Pending mine = new Pending(server, order, new CompletableFuture<>());
        pending.put(order.id(), mine);
        try {
            for (int offer = 1; offer < OFFERS; offer++) {
                offer(name, mine);
                try {
                    return mine.answer().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    // Once more, where somebody is there: the first answer counts.
                    if (!isListening(server)) {
                        throw silent(name, e);
                    }
                }
            }
            offer(name, mine);
            return mine.answer().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } catch (TimeoutException e) {
            throw silent(name, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException said) {
                throw new HoldfastException(
                        said.code(),
                        String.valueOf(said.getMessage()),
                        said.hint().orElse(null),
                        e);
            }
            throw new IllegalStateException(e);
        } finally {
            pending.remove(order.id());
            boolean ignored = queue(server).remove(mine);
        }
    }

    private static HoldfastException silent(String name, TimeoutException e) {
        return new HoldfastException(
                ErrorCode.STORE_UNREACHABLE,
                "media server '" + name + "' does not answer",
                "Look whether it runs: holdfast media list.",
                e);
    }

    /** One that nobody has fetched yet is there still. */
    private void offer(String name, Pending asked) {
        BlockingQueue<Pending> queue = queue(asked.server());
        if (!queue.contains(asked) && !queue.offer(asked)) {
            throw new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE, "media server '" + name + "' is busy", "Ask again later.");
        }
    }

    /** The next thing that this media server is to do; waits for one for so long. */
    Optional<Order> next(MediaServerId server, Duration patience) throws InterruptedException {
        hear(server);
        return Optional.ofNullable(queue(server).poll(patience.toMillis(), TimeUnit.MILLISECONDS))
                .map(Pending::order);
    }

    /** It is done; nothing happens where nobody waits for it any more, or it was given to another one. */
    void answer(MediaServerId server, String id, byte[] body) {
        hear(server);
        waiting(server, id).ifPresent(asked -> asked.answer().complete(body));
    }

    /** It could not be done. */
    void fail(MediaServerId server, String id, Failure failure) {
        waiting(server, id)
                .ifPresent(asked -> asked.answer()
                        .completeExceptionally(new HoldfastException(
                                code(failure.code()),
                                failure.message(),
                                failure.hint().orElse(null))));
    }

    private Optional<Pending> waiting(MediaServerId server, String id) {
        return Optional.ofNullable(pending.get(id))
                .filter(asked -> asked.server().equals(server));
    }

    private static ErrorCode code(String text) {
        try {
            return ErrorCode.valueOf(text);
        } catch (IllegalArgumentException e) {
            // Of a newer program.
            return ErrorCode.FAILED;
        }
    }
}
