package io.holdfast.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ObjectStore} does, whatever is below or around it: a subclass for each implementation and decorator.
 * What many threads may count on is in {@link ObjectStoreConcurrencyContract}.
 */
public abstract class ObjectStoreContract {
    private static final ObjectName NAME = ObjectName.of("packs/data/5f/5f0c");

    private static final int LOCK_SECONDS = 3;
    private static final InstantSource CLOCK = WallClock.system();

    /** Replaced before each test. */
    private ObjectStore store = new MemoryStore();

    /** A new, empty store. */
    protected abstract ObjectStore newStore() throws Exception;

    @BeforeEach
    final void open() throws Exception {
        store = newStore();
    }

    @AfterEach
    final void close() {
        store.close();
    }

    // put

    @Test
    void returnsWhatWasPut() {
        assertThat(put(NAME, "hello")).isEqualTo(PutOutcome.STORED);
        assertThat(text(NAME)).isEqualTo("hello");
    }

    @Test
    void neverOverwrites() {
        put(NAME, "first");
        assertThat(put(NAME, "second")).isEqualTo(PutOutcome.ALREADY_THERE);
        assertThat(text(NAME)).isEqualTo("first");
    }

    @Test
    void storesAgainAfterDelete() {
        put(NAME, "first");
        assertThat(store.delete(NAME)).isTrue();
        assertThat(put(NAME, "second")).isEqualTo(PutOutcome.STORED);
        assertThat(text(NAME)).isEqualTo("second");
    }

    @Test
    void joinsTheBuffersOfOneObject() {
        SeededRandom.check(20, random -> {
            byte[] content = random.bytesUpTo(3_000_000);
            ObjectName name = ObjectName.of("index/" + Long.toHexString(random.nextLong()));
            store.put(name, random.buffers(content));
            assertThat(bytes(name)).isEqualTo(content);
        });
    }

    @Test
    void takesManyTinyBuffers() {
        List<ByteBuffer> parts = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            parts.add(ByteBuffer.wrap(new byte[] {(byte) i}));
        }
        store.put(NAME, parts);
        assertThat(bytes(NAME)).hasSize(5_000);
        assertThat(bytes(NAME)[4_999]).isEqualTo((byte) 4_999);
    }

    @Test
    void storesEmptyObjects() {
        assertThat(store.put(NAME, List.of())).isEqualTo(PutOutcome.STORED);
        assertThat(store.put(ObjectName.of("other"), ByteBuffer.allocate(0))).isEqualTo(PutOutcome.STORED);
        assertThat(bytes(NAME)).isEmpty();
        assertThat(store.stat(NAME)).contains(new ObjectStat(NAME, 0));
        assertThat(store.getRange(NAME, 0, ByteBuffer.allocate(0))).isTrue();
        assertThat(put(NAME, "more")).isEqualTo(PutOutcome.ALREADY_THERE);
    }

    @Test
    void storesObjectsLargerThanAPack() {
        byte[] content = new SeededRandom(7).bytes((64 << 20) + 12_345);
        store.put(NAME, ByteBuffer.wrap(content));
        assertThat(Arrays.equals(bytes(NAME), content)).isTrue();
        ByteBuffer end = ByteBuffer.allocateDirect(345);
        assertThat(store.getRange(NAME, (64 << 20) + 12_000, end)).isTrue();
        assertThat(end.flip())
                .isEqualTo(ByteBuffer.wrap(content, (64 << 20) + 12_000, 345).slice());
    }

    @Test
    void leavesTheCallersBuffersAsTheyWere() {
        ByteBuffer heap = ByteBuffer.wrap("..hello..".getBytes(US_ASCII), 2, 5);
        ByteBuffer direct = ByteBuffer.allocateDirect(8);
        direct.put("-world--".getBytes(US_ASCII)).position(1).limit(6);
        store.put(NAME, List.of(heap, direct.asReadOnlyBuffer(), direct));
        assertThat(text(NAME)).isEqualTo("helloworldworld");
        assertThat(heap.position()).isEqualTo(2);
        assertThat(heap.limit()).isEqualTo(7);
        assertThat(direct.position()).isEqualTo(1);
        assertThat(direct.limit()).isEqualTo(6);
    }

    @Test
    void keepsItsOwnCopyOfWhatWasPut() {
        byte[] content = "hello".getBytes(US_ASCII);
        store.put(NAME, ByteBuffer.wrap(content));
        Arrays.fill(content, (byte) 0);
        assertThat(text(NAME)).isEqualTo("hello");
    }

    @Test
    void isNotChangedThroughWhatItReturned() {
        put(NAME, "hello");
        ByteBuffer returned = store.get(NAME).orElseThrow();
        try {
            returned.put(0, (byte) 'J');
        } catch (ReadOnlyBufferException e) {
            // as good
        }
        assertThat(text(NAME)).isEqualTo("hello");
    }

    @Test
    void takesTheLongestName() {
        String segment = "abcdefghijklmnopqrstuvwxyz0123456789._-x".repeat(4);
        ObjectName longest = ObjectName.of(segment + "/" + segment.substring(0, ObjectName.MAX_LENGTH - 161));
        ObjectName oneSegment = ObjectName.of("x".repeat(ObjectName.MAX_LENGTH));
        assertThat(longest.value()).hasSize(ObjectName.MAX_LENGTH);
        put(longest, "deep");
        put(oneSegment, "flat");
        assertThat(text(longest)).isEqualTo("deep");
        assertThat(text(oneSegment)).isEqualTo("flat");
        assertThat(names("")).containsExactly(longest.value(), oneSegment.value());
    }

    // get

    @Test
    void hasNothingUnderNamesThatWereNotPut() {
        put(NAME, "hello");
        for (String absent : List.of("other", "packs", "packs/data", NAME.value() + "/below", "packs/data/5f/5f0c0")) {
            ObjectName name = ObjectName.of(absent);
            assertThat(store.get(name)).as(absent).isEmpty();
            assertThat(store.stat(name)).as(absent).isEmpty();
            assertThat(store.delete(name)).as(absent).isFalse();
            ByteBuffer target = ByteBuffer.allocate(3);
            assertThat(store.getRange(name, 0, target)).as(absent).isFalse();
            assertThat(target.position()).as(absent).isZero();
        }
        assertThat(text(NAME)).isEqualTo("hello");
    }

    @Test
    void readsAnyRange() {
        SeededRandom.check(10, random -> {
            byte[] content = random.bytesUpTo(2_500_000);
            ObjectName name = ObjectName.of("range/" + Long.toHexString(random.nextLong()));
            store.put(name, ByteBuffer.wrap(content));
            for (int i = 0; i < 10; i++) {
                int from = random.size(content.length);
                int length = random.size(content.length - from);
                ByteBuffer target =
                        random.oneIn(2) ? ByteBuffer.allocate(length + 7) : ByteBuffer.allocateDirect(length + 7);
                target.position(3).limit(3 + length);
                assertThat(store.getRange(name, from, target)).isTrue();
                assertThat(target.position()).isEqualTo(3 + length);
                assertThat(target.flip().position(3).slice())
                        .isEqualTo(ByteBuffer.wrap(content, from, length).slice());
            }
        });
    }

    @Test
    void callsAnObjectDamagedThatEndsBeforeTheRange() {
        put(NAME, "hello");
        for (long offset : new long[] {1, 4, 5, 6, 1L << 40, Long.MAX_VALUE}) {
            ByteBuffer target = ByteBuffer.allocate(5);
            assertThatExceptionOfType(HoldfastException.class)
                    .as("offset %d", offset)
                    .isThrownBy(() -> store.getRange(NAME, offset, target))
                    .matches(e -> e.code() == ErrorCode.DAMAGED)
                    .withMessageContaining(NAME.value());
            assertThat(target.position()).as("offset %d", offset).isZero();
        }
        assertThat(store.getRange(NAME, 5, ByteBuffer.allocate(0))).isTrue();
    }

    // list

    @Test
    void listsInTheOrderOfFullNames() {
        for (String name : List.of("b/c", "a", "b-c", "b.c", "b0", "b/c-d", "b/c.d", "b/a/z", "c/a", "b_")) {
            put(ObjectName.of(name), name);
        }
        assertThat(names("")).containsExactly("a", "b-c", "b.c", "b/a/z", "b/c", "b/c-d", "b/c.d", "b0", "b_", "c/a");
    }

    @Test
    void listsWhatStartsWithThePrefixAsText() {
        for (String name : List.of("packs/data/00/1", "packs/data/01/2", "packs/meta/3", "packs-x", "sessions/1")) {
            put(ObjectName.of(name), name);
        }
        assertThat(names("packs/data/")).containsExactly("packs/data/00/1", "packs/data/01/2");
        assertThat(names("packs/data/0")).containsExactly("packs/data/00/1", "packs/data/01/2");
        assertThat(names("packs/data/01/2")).containsExactly("packs/data/01/2");
        assertThat(names("packs/data/01/2/")).isEmpty();
        assertThat(names("pack")).containsExactly("packs-x", "packs/data/00/1", "packs/data/01/2", "packs/meta/3");
        assertThat(names("packs")).hasSize(4);
        assertThat(names("nothing/here")).isEmpty();
        assertThat(names("/")).isEmpty();
        assertThat(names("../")).isEmpty();
        assertThat(names("packs/../packs/")).isEmpty();
    }

    @Test
    void listsSizes() {
        put(ObjectName.of("a"), "");
        put(ObjectName.of("b/c"), "12345");
        List<ObjectStat> listed = new ArrayList<>();
        store.list("", listed::add);
        assertThat(listed)
                .containsExactly(new ObjectStat(ObjectName.of("a"), 0), new ObjectStat(ObjectName.of("b/c"), 5));
    }

    @Test
    void behavesAsAMapThatNeverOverwrites() {
        SeededRandom.check(5, random -> {
            TreeMap<String, byte[]> model = new TreeMap<>();
            String space = "map" + Long.toHexString(random.nextLong()) + "/";
            List<ObjectName> names = random.objectNames(20, space);
            for (int step = 0; step < 120; step++) {
                ObjectName name = random.pick(names);
                if (random.oneIn(3)) {
                    assertThat(store.delete(name)).isEqualTo(model.remove(name.value()) != null);
                } else {
                    // No two alike: a store may know its own bytes again.
                    byte[] content = random.bytes(8 + random.size(2_000));
                    boolean stored = store.put(name, random.buffers(content)) == PutOutcome.STORED;
                    assertThat(stored).isEqualTo(model.putIfAbsent(name.value(), content) == null);
                }
            }
            assertThat(names(space)).containsExactlyElementsOf(model.keySet());
            model.forEach(
                    (name, content) -> assertThat(bytes(ObjectName.of(name))).isEqualTo(content));
        });
    }

    @Test
    void passesOnWhatTheVisitorThrows() {
        put(NAME, "hello");
        IllegalArgumentException mine = new IllegalArgumentException("mine");
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> store.list("", object -> {
                    throw mine;
                }))
                .isSameAs(mine);
    }

    @Test
    void letsAVisitorUseTheStore() {
        for (int i = 0; i < 5; i++) {
            put(ObjectName.of("d/" + i), "x");
        }
        List<Boolean> deleted = new ArrayList<>();
        store.list("d/", object -> deleted.add(store.delete(object.name())));
        assertThat(deleted).hasSize(5).containsOnly(true);
        assertThat(names("")).isEmpty();
    }

    // locks

    @Test
    void keepsWhatIsLockedUntilItsDate() throws InterruptedException {
        if (!store.capabilities().locks()) {
            refusesToLock();
            return;
        }
        // As short as the store and the machine are fast enough for.
        int seconds = 1;
        while (!triesALock(seconds)) {
            seconds *= 2;
        }
        assertThat(names("")).isEmpty();
    }

    /** False where the lock was over before it could be tried. */
    private boolean triesALock(int seconds) throws InterruptedException {
        Instant soon = CLOCK.instant().plusSeconds(seconds);
        ObjectName other = ObjectName.of("packs/data/5f/5f0d");
        put(other, "locked later");
        assertThat(store.lock(other, soon)).isTrue();
        assertThat(store.put(NAME, buffers("locked"), soon)).isEqualTo(PutOutcome.STORED);
        boolean refused = true;
        for (ObjectName locked : List.of(other, NAME)) {
            assertThat(store.stat(locked).orElseThrow().lockedUntil()).isBetween(soon, soon.plusSeconds(1));
            HoldfastException refusal = catchThrowableOfType(HoldfastException.class, () -> store.delete(locked));
            if (CLOCK.instant().isBefore(soon)) {
                assertThat(refusal).isNotNull().hasMessageContaining("locked until");
                assertThat(refusal.code()).isEqualTo(ErrorCode.REFUSED);
                assertThat(text(locked)).startsWith("locked");
                assertThat(put(locked, "another")).isEqualTo(PutOutcome.ALREADY_THERE);
            } else {
                refused = false;
            }
        }
        MonotonicClock.system().sleep(Duration.between(CLOCK.instant(), soon.plusMillis(1_200)));
        for (ObjectName locked : List.of(other, NAME)) {
            refused &= store.delete(locked);
        }
        return refused;
    }

    @Test
    void neverShortensALock() throws InterruptedException {
        if (!store.capabilities().locks()) {
            refusesToLock();
            return;
        }
        Instant soon = CLOCK.instant().plusSeconds(LOCK_SECONDS);
        store.put(NAME, buffers("locked"), soon);
        Instant before = store.stat(NAME).orElseThrow().lockedUntil();
        assertThat(store.lock(NAME, soon.minusSeconds(1))).isTrue();
        assertThat(store.stat(NAME).orElseThrow().lockedUntil()).isEqualTo(before);
        assertThat(store.lock(NAME, before.plusSeconds(1))).isTrue();
        assertThat(store.stat(NAME).orElseThrow().lockedUntil()).isEqualTo(before.plusSeconds(1));
    }

    @Test
    void locksNothingThatIsNotThere() {
        if (!store.capabilities().locks()) {
            refusesToLock();
            return;
        }
        assertThat(store.lock(NAME, CLOCK.instant().plusSeconds(LOCK_SECONDS))).isFalse();
    }

    private void refusesToLock() {
        Instant soon = CLOCK.instant().plusSeconds(LOCK_SECONDS);
        for (ThrowingCallable call :
                List.<ThrowingCallable>of(() -> store.put(NAME, buffers("x"), soon), () -> store.lock(NAME, soon))) {
            assertThatExceptionOfType(HoldfastException.class)
                    .isThrownBy(call)
                    .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED));
        }
        assertThat(names("")).isEmpty();
    }

    // stat, delete

    @Test
    void tellsTheSize() {
        put(NAME, "hello");
        assertThat(store.stat(NAME)).contains(new ObjectStat(NAME, 5));
    }

    @Test
    void deletesOnce() {
        put(NAME, "hello");
        assertThat(store.delete(NAME)).isTrue();
        assertThat(store.delete(NAME)).isFalse();
        assertThat(store.get(NAME)).isEmpty();
        assertThat(store.stat(NAME)).isEmpty();
        assertThat(names("")).isEmpty();
    }

    // the rest

    @Test
    void offersTheSameObjectsThroughTheReservedView() {
        put(NAME, "hello");
        ObjectStore reserved = store.reserved();
        assertThat(reserved.put(NAME, ByteBuffer.allocate(1))).isEqualTo(PutOutcome.ALREADY_THERE);
        assertThat(reserved.put(ObjectName.of("verdict/1"), ByteBuffer.allocate(1)))
                .isEqualTo(PutOutcome.STORED);
        assertThat(names("")).containsExactly(NAME.value(), "verdict/1");
        assertThat(reserved.delete(NAME)).isTrue();
        assertThat(store.get(NAME)).isEmpty();
        assertThat(reserved.capabilities()).isEqualTo(store.capabilities());
    }

    @Test
    void endsWithAnErrorWhereItsThreadIsInterrupted() {
        put(NAME, "hello");
        List<Runnable> calls = List.of(
                () -> put(ObjectName.of("new"), "x"),
                () -> store.get(NAME),
                () -> store.getRange(NAME, 0, ByteBuffer.allocate(5)),
                () -> store.list("", object -> {}),
                () -> store.stat(NAME),
                () -> store.delete(NAME));
        for (Runnable call : calls) {
            Thread.currentThread().interrupt();
            try {
                assertThatExceptionOfType(HoldfastException.class)
                        .isThrownBy(call::run)
                        .matches(e -> e.code() == ErrorCode.INTERRUPTED);
                assertThat(Thread.currentThread().isInterrupted())
                        .as("stays interrupted")
                        .isTrue();
            } finally {
                boolean ignored = Thread.interrupted();
            }
        }
        assertThat(text(NAME)).isEqualTo("hello");
    }

    @Test
    void refusesToBeUsedAfterClose() {
        put(NAME, "hello");
        store.close();
        store.close();
        List<Runnable> calls = List.of(
                () -> put(NAME, "x"),
                () -> store.get(NAME),
                () -> store.getRange(NAME, 0, ByteBuffer.allocate(1)),
                () -> store.list("", object -> {}),
                () -> store.stat(NAME),
                () -> store.delete(NAME),
                () -> store.reserved().put(NAME, ByteBuffer.allocate(1)));
        for (Runnable call : calls) {
            assertThatIllegalStateException().isThrownBy(call::run).withMessageContaining("closed");
        }
    }

    @Test
    void saysWhereItIs() {
        assertThat(store.describe()).isNotBlank();
    }

    private PutOutcome put(ObjectName name, String text) {
        return store.put(name, ByteBuffer.wrap(text.getBytes(US_ASCII)));
    }

    private static List<ByteBuffer> buffers(String text) {
        return List.of(ByteBuffer.wrap(text.getBytes(US_ASCII)));
    }

    private byte[] bytes(ObjectName name) {
        return Buffers.toArray(store.get(name).orElseThrow());
    }

    private String text(ObjectName name) {
        return new String(bytes(name), US_ASCII);
    }

    private List<String> names(String prefix) {
        List<String> names = new ArrayList<>();
        store.list(prefix, object -> names.add(object.name().value()));
        return names;
    }
}
