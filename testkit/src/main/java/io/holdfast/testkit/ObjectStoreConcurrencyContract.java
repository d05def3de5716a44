package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ObjectStore} does when many threads use it at once; the companion of {@link ObjectStoreContract}. */
public abstract class ObjectStoreConcurrencyContract {
    private static final int THREADS = 8;

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private ObjectStore store = new MemoryStore();

    /** A new, empty store. */
    protected abstract ObjectStore newStore() throws Exception;

    /** False for a server that looks first and stores then: of many puts at the same moment several may win there. */
    protected boolean letsOnlyOneWin() {
        return true;
    }

    @BeforeEach
    final void open() throws Exception {
        store = newStore();
    }

    @AfterEach
    final void close() {
        threads.shutdownNow();
        store.close();
    }

    @Test
    void letsExactlyOneOfManyPutsWin() throws Exception {
        for (int round = 0; round < 15; round++) {
            ObjectName name = ObjectName.of("snapshots/" + round);
            CyclicBarrier start = new CyclicBarrier(THREADS);
            List<Callable<PutOutcome>> puts = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                ByteBuffer content = filled(thread, 1_000);
                puts.add(() -> {
                    start.await();
                    return store.put(name, content);
                });
            }
            List<PutOutcome> outcomes = results(puts);
            assertThat(outcomes).contains(PutOutcome.STORED);
            if (letsOnlyOneWin()) {
                assertThat(outcomes).containsOnlyOnce(PutOutcome.STORED);
            }
            int kept = store.get(name).orElseThrow().get();
            assertThat(store.get(name)).contains(filled(kept, 1_000));
            assertThat(outcomes.get(kept)).isEqualTo(PutOutcome.STORED);
        }
    }

    @Test
    void showsAnObjectWholeOrNotAtAll() throws Exception {
        int sizeBytes = 1 << 20;
        int objects = 20;
        AtomicBoolean done = new AtomicBoolean();
        Callable<Integer> reader = () -> {
            int seen = 0;
            while (!done.get()) {
                for (int i = 0; i < objects; i++) {
                    ObjectName name = ObjectName.of("packs/" + i);
                    Optional<ByteBuffer> object = store.get(name);
                    if (object.isPresent()) {
                        assertThat(object.get()).isEqualTo(filled(i, sizeBytes));
                        seen++;
                    }
                    store.stat(name)
                            .ifPresent(stat -> assertThat(stat.sizeBytes()).isEqualTo(sizeBytes));
                }
                store.list("packs/", object -> assertThat(object.sizeBytes()).isEqualTo(sizeBytes));
            }
            return seen;
        };
        Callable<Integer> writer = () -> {
            try {
                for (int i = 0; i < objects; i++) {
                    assertThat(store.put(ObjectName.of("packs/" + i), filled(i, sizeBytes)))
                            .isEqualTo(PutOutcome.STORED);
                }
                return 1;
            } finally {
                done.set(true);
            }
        };
        assertThat(results(List.of(writer, reader, reader, reader))).first().isEqualTo(1);
    }

    @Test
    void listsWhatStaysExactlyOnceWhileOthersComeAndGo() throws Exception {
        TreeSet<String> staying = new TreeSet<>();
        for (int i = 0; i < 60; i++) {
            ObjectName name = ObjectName.of("d" + i % 3 + "/" + i);
            store.put(name, filled(1, 10));
            staying.add(name.value());
        }
        AtomicBoolean done = new AtomicBoolean();
        Callable<Integer> churn = () -> {
            int puts = 0;
            while (!done.get()) {
                ObjectName name = ObjectName.of(
                        "d" + puts % 3 + "/x" + Thread.currentThread().threadId());
                store.put(name, filled(1, 10));
                assertThat(store.delete(name)).isTrue();
                puts++;
            }
            return puts;
        };
        Callable<Integer> lister = () -> {
            try {
                for (int round = 0; round < 20; round++) {
                    List<String> listed = new ArrayList<>();
                    store.list("d", object -> listed.add(object.name().value()));
                    assertThat(listed).isSorted().doesNotHaveDuplicates().containsAll(staying);
                }
                return 0;
            } finally {
                done.set(true);
            }
        };
        assertThat(results(List.of(lister, churn, churn))).hasSize(3);
    }

    @Test
    void showsEachThreadWhatItDidBefore() throws Exception {
        List<Callable<Integer>> clients = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            String prefix = "t" + thread + "/";
            clients.add(() -> {
                for (int i = 0; i < 8; i++) {
                    ObjectName name = ObjectName.of(prefix + i);
                    store.put(name, filled(i, 100));
                    assertThat(store.stat(name)).contains(new ObjectStat(name, 100));
                    assertThat(count(prefix)).isEqualTo(1);
                    assertThat(store.delete(name)).isTrue();
                    assertThat(store.get(name)).isEmpty();
                    assertThat(count(prefix)).isZero();
                }
                return 0;
            });
        }
        assertThat(results(clients)).hasSize(THREADS);
    }

    @Test
    void tellsAtLeastOneOfManyWhoDeleteThatThereWasSomething() throws Exception {
        ObjectName name = ObjectName.of("condemned/1");
        store.put(name, filled(1, 10));
        List<Callable<Boolean>> deletes = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            deletes.add(() -> store.delete(name));
        }
        assertThat(results(deletes)).contains(true);
        assertThat(store.stat(name)).isEmpty();
        assertThat(store.delete(name)).isFalse();
    }

    private int count(String prefix) {
        List<ObjectStat> listed = new ArrayList<>();
        store.list(prefix, listed::add);
        return listed.size();
    }

    private <T> List<T> results(List<Callable<T>> calls) throws InterruptedException, ExecutionException {
        List<T> results = new ArrayList<>();
        for (Future<T> future : threads.invokeAll(calls)) {
            results.add(future.get());
        }
        return results;
    }

    private static ByteBuffer filled(int value, int sizeBytes) {
        byte[] bytes = new byte[sizeBytes];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }
}
