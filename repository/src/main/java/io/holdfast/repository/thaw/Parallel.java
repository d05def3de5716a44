package io.holdfast.repository.thaw;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Some requests at once: each is a round trip, and there may be thousands. */
final class Parallel {
    private static final int REQUESTS = 8;

    private Parallel() {}

    /** The results in the order of the items; the first failure ends it. */
    static <T, R> List<R> map(List<T> items, Function<T, R> request) {
        ExecutorService pool = Executors.newFixedThreadPool(
                REQUESTS, Thread.ofVirtual().name("holdfast-thaw-", 0).factory());
        try {
            List<Future<R>> running = new ArrayList<>(items.size());
            for (T item : items) {
                running.add(pool.submit(() -> request.apply(item)));
            }
            List<R> results = new ArrayList<>(items.size());
            for (Future<R> future : running) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw known;
            }
            throw new HoldfastException(ErrorCode.FAILED, "asking for packs failed: " + e.getCause(), null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } finally {
            pool.shutdownNow();
        }
    }
}
