package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.DiskStore;
import io.holdfast.storage.ObjectName;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Locks of a disk store while the machine's clock goes astray. */
final class DiskLocksTest {
    private static final ObjectName NAME = ObjectName.of("packs/data/5f/5f0c");
    private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
    private static final Duration TEN_YEARS = Duration.ofDays(3_650);

    @TempDir
    Path directory = Path.of("");

    private Instant now = START;

    @Test
    void endWithTheClock() {
        try (DiskStore store = storeWithObjectLockedFor(Duration.ofDays(30))) {
            now = START.plus(Duration.ofDays(29));
            assertLocked(store);
            now = START.plus(Duration.ofDays(31));
            assertThat(store.delete(NAME)).isTrue();
        }
    }

    @Test
    void doNotBelieveAClockThatLeaps() {
        try (DiskStore store = storeWithObjectLockedFor(Duration.ofDays(30))) {
            now = START.plus(TEN_YEARS);
            assertThat(assertLocked(store)).contains("3650 days after").contains("Check the machine's clock");
            now = now.plus(Duration.ofDays(6));
            String still = assertLocked(store);
            assertThat(still)
                    .contains("believe it from " + START.plus(TEN_YEARS).plus(Duration.ofDays(7)));
        }
        try (DiskStore later = DiskStore.open(directory.resolve("store"), () -> now)) {
            assertLocked(later);
            now = now.plus(Duration.ofDays(2));
            assertThat(later.delete(NAME)).isTrue();
        }
    }

    @Test
    void forgetALeapThatWasCorrected() {
        try (DiskStore store = storeWithObjectLockedFor(Duration.ofDays(30))) {
            now = START.plus(TEN_YEARS);
            assertLocked(store);
            now = START.plus(Duration.ofDays(1));
            assertLocked(store);
            now = START.plus(TEN_YEARS).plus(Duration.ofDays(8));
            assertLocked(store);
        }
    }

    @Test
    void onlyLastLongerWhereTheClockIsBehindOrStands() {
        try (DiskStore store = storeWithObjectLockedFor(Duration.ofDays(30))) {
            now = START.minus(TEN_YEARS);
            assertLocked(store);
            assertThat(store.lock(NAME, now.plus(Duration.ofDays(30)))).isTrue();
            assertThat(store.stat(NAME).orElseThrow().lockedUntil()).isEqualTo(START.plus(Duration.ofDays(30)));
            now = START.plus(Duration.ofDays(30)).minusSeconds(1);
            assertLocked(store);
        }
    }

    @Test
    void goWithACopyOfTheDirectory() throws Exception {
        try (DiskStore store = storeWithObjectLockedFor(Duration.ofDays(30))) {
            assertLocked(store);
        }
        Process copy = new ProcessBuilder(
                        "cp",
                        "-a",
                        directory.resolve("store").toString(),
                        directory.resolve("copy").toString())
                .inheritIO()
                .start();
        assertThat(copy.waitFor()).isZero();
        try (DiskStore store = DiskStore.open(directory.resolve("copy"), () -> now)) {
            assertLocked(store);
        }
    }

    @Test
    void needNoNoteToHold() throws Exception {
        try (DiskStore store = storeWithObjectLockedFor(Duration.ofDays(30))) {
            Files.delete(directory.resolve("store/.lock-clock"));
            assertLocked(store);
        }
    }

    private DiskStore storeWithObjectLockedFor(Duration lock) {
        DiskStore.create(directory.resolve("store")).close();
        DiskStore store = DiskStore.open(directory.resolve("store"), () -> now);
        store.put(NAME, List.of(ByteBuffer.allocate(3)), now.plus(lock));
        return store;
    }

    /** What the store says may be done. */
    private static String assertLocked(DiskStore store) {
        String[] hint = {""};
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> store.delete(NAME))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .satisfies(e -> hint[0] = String.valueOf(e.hint()))
                .withMessageContaining("locked until");
        assertThat(store.get(NAME)).isPresent();
        return hint[0];
    }
}
