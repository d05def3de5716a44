package io.holdfast.catalog;

import io.holdfast.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** What contracts of a catalog need: databases, a clock that a test moves, and many who do the same at once. */
abstract class TimedContract {
    static final Instant START = Instant.parse("2060-01-01T00:00:00Z");

    private final ManualClock passed = new ManualClock();
    final InstantSource clock = () -> START.plus(passed.elapsed());

    /** Another client of the same database; this test's alone. */
    abstract Catalog open(InstantSource itsClock);

    Catalog open() {
        return open(clock);
    }

    void pass(Duration time) {
        passed.advance(time);
    }

    interface Attempt<T> {
        T run(Catalog catalog, int number);
    }

    /** What came of so many attempts at once, by two clients in turn. */
    <T> List<T> atOnce(int count, Attempt<T> attempt) {
        try (Catalog one = open();
                Catalog other = open();
                ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<T>> attempts = IntStream.range(0, count)
                    .<Callable<T>>mapToObj(i -> () -> attempt.run(i % 2 == 0 ? one : other, i))
                    .toList();
            List<T> results = new ArrayList<>();
            for (Future<T> each : threads.invokeAll(attempts)) {
                results.add(each.get());
            }
            return results;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
