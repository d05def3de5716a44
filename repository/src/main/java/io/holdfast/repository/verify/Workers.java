package io.holdfast.repository.verify;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Deals items out to threads, each with what it needs for itself. */
final class Workers {
    private Workers() {}

    /** What one thread has and does. */
    interface Worker<T> extends AutoCloseable {
        void work(T item);

        @Override
        void close();
    }

    /** Returns when all items are done; the first failure ends it. */
    static <T> void deal(int threads, List<T> items, Supplier<Worker<T>> making) {
        ExecutorService pool = Executors.newFixedThreadPool(
                threads,
                Thread.ofPlatform().daemon().name("holdfast-verify-", 0).factory());
        try {
            AtomicInteger next = new AtomicInteger();
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(pool.submit(() -> {
                    try (Worker<T> worker = making.get()) {
                        for (int at = next.getAndIncrement(); at < items.size(); at = next.getAndIncrement()) {
                            worker.work(items.get(at));
                        }
                    }
                }));
            }
            for (Future<?> future : running) {
                future.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw known;
            }
            throw new HoldfastException(ErrorCode.FAILED, "verifying failed: " + e.getCause(), null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } finally {
            pool.shutdownNow();
        }
    }
}
