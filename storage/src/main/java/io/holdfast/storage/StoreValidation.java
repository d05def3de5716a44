package io.holdfast.storage;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Tries whether a place keeps the contract of {@link ObjectStore}, with objects of its own below {@code validate/}, which it removes again.
 * What it finds holds for this place at this time; that it survives a loss of power, nobody can try this way. For one use.
 */
public final class StoreValidation {
    private static final int RACES = 20;
    private static final int SMALL_OBJECTS = 1_100;
    private static final int LARGE_BYTES = (64 << 20) + 1;
    /** A large object is made and compared in pieces, as no command has the memory to hold it. */
    private static final int PIECE_BYTES = 4 << 20;
    /** From the beginning of one piece to that of the next one, so that no two are alike. */
    private static final int SHIFT_BYTES = 1_009;

    private final List<ObjectStore> clients;
    private final RandomGenerator random;
    private final Consumer<Check> listener;
    private final String space;
    private final List<Check> checks = new ArrayList<>();

    /**
     * What one check found.
     *
     * @param name what was tried
     * @param problem empty where it went well
     * @param matters what a problem means for the use of the store
     */
    public record Check(String name, Optional<String> problem, Matters matters) {
        public boolean isGood() {
            return problem.isEmpty();
        }
    }

    /** What depends on a check. */
    public enum Matters {
        /** Without it nothing can be stored there. */
        EVERYTHING,
        /** Without it two writers cannot be kept apart: one at a time, and no collection. */
        SEVERAL_WRITERS,
        /** Without it what is garbage cannot be found: backups and restores only. */
        COLLECTION
    }

    /** What the store may be used for. */
    public enum Use {
        EVERYTHING,
        SINGLE_WRITER,
        BACKUP_AND_RESTORE,
        NOTHING
    }

    @FunctionalInterface
    private interface Trial {
        /** Throws, or returns what is wrong. */
        Optional<String> run() throws InterruptedException, ExecutionException;
    }

    /**
     * @param clients two or more, opened on the same place one by one, as several processes would
     * @param listener told of each check when it is done
     */
    public StoreValidation(List<ObjectStore> clients, RandomGenerator random, Consumer<Check> listener) {
        this.clients = List.copyOf(clients);
        this.random = random;
        this.listener = listener;
        byte[] id = new byte[8];
        random.nextBytes(id);
        this.space = "validate/" + HexFormat.of().formatHex(id) + "/";
    }

    /** Tries everything; returns what the store may be used for. */
    public Use run() throws InterruptedException {
        ObjectStore first = clients.getFirst();
        ObjectStore second = clients.get(1);
        try {
            check("an object comes back as it was put", Matters.EVERYTHING, () -> comesBack(first, 100_000));
            check("an object larger than a pack", Matters.EVERYTHING, () -> comesBackInPieces(first));
            check("an empty object", Matters.EVERYTHING, () -> comesBack(first, 0));
            check("parts of an object", Matters.EVERYTHING, () -> ranges(first));
            check("what is not there", Matters.EVERYTHING, () -> absent(first));
            check(
                    "what one client puts, another one reads at once",
                    Matters.EVERYTHING,
                    () -> readAfterWrite(first, second));
            check(
                    "what one client deletes, another one misses at once",
                    Matters.EVERYTHING,
                    () -> deleted(first, second));
            check(
                    "what one client puts or deletes, another one's listing shows at once",
                    Matters.COLLECTION,
                    () -> listAfterWrite(first, second));
            check(
                    "a listing of " + SMALL_OBJECTS + " objects is whole and in order",
                    Matters.COLLECTION,
                    () -> listing(second));
            check("a name that is taken stays as it is", Matters.SEVERAL_WRITERS, () -> neverOverwrites(first, second));
            check("of several clients that put one name exactly one wins", Matters.SEVERAL_WRITERS, this::races);
        } finally {
            removeAll(first);
        }
        return use();
    }

    private Use use() {
        if (fails(Matters.EVERYTHING)) {
            return Use.NOTHING;
        }
        if (fails(Matters.COLLECTION)) {
            return Use.BACKUP_AND_RESTORE;
        }
        return fails(Matters.SEVERAL_WRITERS) ? Use.SINGLE_WRITER : Use.EVERYTHING;
    }

    private boolean fails(Matters matters) {
        return checks.stream().anyMatch(check -> !check.isGood() && check.matters() == matters);
    }

    private void check(String name, Matters matters, Trial trial) throws InterruptedException {
        Optional<String> problem;
        try {
            problem = trial.run();
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.INTERRUPTED) {
                throw e;
            }
            problem = Optional.of(String.valueOf(e.getMessage()));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known && known.code() == ErrorCode.INTERRUPTED) {
                throw known;
            }
            problem = Optional.of(
                    e.getCause() instanceof HoldfastException known
                            ? String.valueOf(known.getMessage())
                            : String.valueOf(e.getCause()));
        }
        Check done = new Check(name, problem, matters);
        checks.add(done);
        listener.accept(done);
    }

    private ObjectName name(String leaf) {
        return ObjectName.of(space + leaf);
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private Optional<String> comesBack(ObjectStore store, int sizeBytes) {
        byte[] content = bytes(sizeBytes);
        ObjectName name = name("size-" + sizeBytes);
        if (store.put(name, ByteBuffer.wrap(content)) != PutOutcome.STORED) {
            return Optional.of("a new name is said to be taken");
        }
        Optional<ByteBuffer> there = store.get(name);
        if (there.isEmpty() || !there.get().equals(ByteBuffer.wrap(content))) {
            return Optional.of("other bytes come back");
        }
        return size(store, name, sizeBytes);
    }

    private Optional<String> comesBackInPieces(ObjectStore store) {
        ByteBuffer source = ByteBuffer.wrap(bytes(PIECE_BYTES + LARGE_BYTES / PIECE_BYTES * SHIFT_BYTES));
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int left = LARGE_BYTES; left > 0; left -= PIECE_BYTES) {
            pieces.add(source.slice(pieces.size() * SHIFT_BYTES, Math.min(left, PIECE_BYTES)));
        }
        ObjectName name = name("size-" + LARGE_BYTES);
        if (store.put(name, pieces) != PutOutcome.STORED) {
            return Optional.of("a new name is said to be taken");
        }
        ByteBuffer there = ByteBuffer.allocate(PIECE_BYTES);
        long at = 0;
        for (ByteBuffer piece : pieces) {
            if (!store.getRange(name, at, there.clear().limit(piece.remaining()))
                    || !there.flip().equals(piece)) {
                return Optional.of("other bytes come back");
            }
            at += piece.remaining();
        }
        return size(store, name, LARGE_BYTES);
    }

    private static Optional<String> size(ObjectStore store, ObjectName name, int expected) {
        long size = store.stat(name).map(ObjectStat::sizeBytes).orElse(-1L);
        return size == expected ? Optional.empty() : Optional.of("its size is said to be " + size);
    }

    private Optional<String> ranges(ObjectStore store) {
        byte[] content = bytes(1_000_000);
        ObjectName name = name("ranges");
        store.put(name, ByteBuffer.wrap(content));
        for (int i = 0; i < 20; i++) {
            int from = random.nextInt(content.length - 1);
            int length = 1 + random.nextInt(content.length - from - 1);
            ByteBuffer part = ByteBuffer.allocate(length);
            if (!store.getRange(name, from, part)
                    || !Arrays.equals(part.array(), Arrays.copyOfRange(content, from, from + length))) {
                return Optional.of("bytes " + from + " to " + (from + length) + " are others");
            }
        }
        try {
            store.getRange(name, content.length - 10L, ByteBuffer.allocate(11));
            return Optional.of("a part behind the end is no error");
        } catch (HoldfastException e) {
            return e.code() == ErrorCode.DAMAGED ? Optional.empty() : Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private Optional<String> absent(ObjectStore store) {
        ObjectName name = name("absent");
        boolean none = store.get(name).isEmpty()
                && store.stat(name).isEmpty()
                && !store.getRange(name, 0, ByteBuffer.allocate(1))
                && !store.delete(name);
        return none ? Optional.empty() : Optional.of("something is found under a name that nobody put");
    }

    private Optional<String> readAfterWrite(ObjectStore writer, ObjectStore reader) {
        for (int i = 0; i < RACES; i++) {
            byte[] content = bytes(1_000);
            ObjectName name = name("fresh-" + i);
            if (reader.stat(name).isPresent()) {
                return Optional.of("something is found under a name that nobody put");
            }
            writer.put(name, ByteBuffer.wrap(content));
            if (!reader.get(name).equals(Optional.of(ByteBuffer.wrap(content)))) {
                return Optional.of("an object was not there right after it was put");
            }
        }
        return Optional.empty();
    }

    private Optional<String> deleted(ObjectStore writer, ObjectStore reader) {
        for (int i = 0; i < RACES; i++) {
            ObjectName name = name("fresh-" + i);
            if (!writer.delete(name)) {
                return Optional.of("a delete says that there was nothing");
            }
            if (reader.get(name).isPresent() || reader.stat(name).isPresent()) {
                return Optional.of("an object was still there after it was deleted");
            }
        }
        return Optional.empty();
    }

    private Optional<String> listAfterWrite(ObjectStore writer, ObjectStore reader) {
        for (int i = 0; i < RACES; i++) {
            ObjectName name = name("listed/" + i);
            writer.put(name, ByteBuffer.allocate(1));
            if (!names(reader, space + "listed/").contains(name.value())) {
                return Optional.of("an object was not listed right after it was put");
            }
            if (i % 2 == 0) {
                writer.delete(name);
                if (names(reader, space + "listed/").contains(name.value())) {
                    return Optional.of("an object was still listed after it was deleted");
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> listing(ObjectStore store) throws InterruptedException, ExecutionException {
        List<String> expected = new ArrayList<>();
        List<Callable<PutOutcome>> puts = new ArrayList<>();
        for (int i = 0; i < SMALL_OBJECTS; i++) {
            ObjectName name = name("many/%04d".formatted(i));
            expected.add(name.value());
            ObjectStore client = clients.get(i % clients.size());
            puts.add(() -> client.put(name, ByteBuffer.allocate(1)));
        }
        inParallel(puts);
        return names(store, space + "many/").equals(expected)
                ? Optional.empty()
                : Optional.of("objects are missing, doubled or out of order");
    }

    private Optional<String> neverOverwrites(ObjectStore first, ObjectStore second) {
        ObjectName name = name("taken");
        byte[] content = bytes(1_000);
        first.put(name, ByteBuffer.wrap(content));
        PutOutcome again = second.put(name, ByteBuffer.wrap(bytes(1_000)));
        if (!first.get(name).equals(Optional.of(ByteBuffer.wrap(content)))) {
            return Optional.of("a second put has overwritten the first one");
        }
        return again == PutOutcome.ALREADY_THERE
                ? promise(first)
                : Optional.of("a second put of a name is said to have stored it");
    }

    /** A store that only looks before it puts passes as long as nobody else puts in between. */
    private static Optional<String> promise(ObjectStore store) {
        return store.capabilities().putIfAbsent()
                ? Optional.empty()
                : Optional.of(
                        "the server ignores the condition (If-None-Match), so that two may win at the same moment");
    }

    private Optional<String> races() throws InterruptedException, ExecutionException {
        for (int i = 0; i < RACES; i++) {
            ObjectName name = name("race-" + i);
            CyclicBarrier start = new CyclicBarrier(clients.size());
            List<byte[]> contents = clients.stream().map(client -> bytes(1_000)).toList();
            List<Callable<PutOutcome>> puts = new ArrayList<>();
            for (int client = 0; client < clients.size(); client++) {
                ObjectStore store = clients.get(client);
                byte[] content = contents.get(client);
                puts.add(() -> {
                    start.await();
                    return store.put(name, ByteBuffer.wrap(content));
                });
            }
            List<PutOutcome> outcomes = inParallel(puts);
            long winners = outcomes.stream().filter(o -> o == PutOutcome.STORED).count();
            if (winners != 1) {
                return Optional.of(winners + " of " + clients.size() + " clients were told that they had won a name");
            }
            byte[] winner = contents.get(outcomes.indexOf(PutOutcome.STORED));
            if (!clients.getFirst().get(name).equals(Optional.of(ByteBuffer.wrap(winner)))) {
                return Optional.of("another one than the winner is what was stored");
            }
        }
        return promise(clients.getFirst());
    }

    private static List<String> names(ObjectStore store, String prefix) {
        List<String> names = new ArrayList<>();
        store.list(prefix, object -> names.add(object.name().value()));
        return names;
    }

    private <T> List<T> inParallel(List<Callable<T>> calls) throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.max(clients.size(), 2),
                Thread.ofPlatform().daemon().name("holdfast-validate-", 0).factory());
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future : threads.invokeAll(calls)) {
                results.add(future.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
            // What is on its way arrives or fails before anybody removes what arrived.
            threads.close();
        }
    }

    /** Also where this is ended from outside: a thousand objects in somebody's bucket are no good way to leave. */
    private void removeAll(ObjectStore store) throws InterruptedException {
        boolean interrupted = Thread.interrupted();
        try {
            List<Callable<Boolean>> deletes = new ArrayList<>();
            for (ObjectName name : store.names(space)) {
                ObjectStore client = clients.get(deletes.size() % clients.size());
                deletes.add(() -> client.delete(name));
            }
            List<Boolean> ignored = inParallel(deletes);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw known;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
