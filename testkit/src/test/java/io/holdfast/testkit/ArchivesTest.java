package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.storage.ArchiveClass;
import io.holdfast.storage.Availability;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.DiskStore;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.MeteredStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.RetryPolicy;
import io.holdfast.storage.RetryingStore;
import io.holdfast.storage.StoreOperation;
import io.holdfast.storage.ThawRequest;
import io.holdfast.storage.ThawTier;
import io.holdfast.storage.ThrottledStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive class of the stores that have it themselves, and what decorators pass on. */
final class ArchivesTest {
    private static final ObjectName NAME = ObjectName.of("packs/data/5f/5f0c");

    @TempDir
    private Path directory = Path.of("");

    private Instant now = Instant.parse("2026-11-26T00:00:00Z");

    private MemoryStore memory() {
        return new MemoryStore(() -> now);
    }

    private DiskStore disk() {
        Path place = directory.resolve("store");
        DiskStore.create(place, ByteSize.ofKiB(64)).close();
        return DiskStore.open(place, () -> now);
    }

    abstract class Local extends ArchiveContract {
        @Override
        protected String archiveClass() {
            return "ARCHIVE:2h";
        }

        @Override
        protected void letThaw(ThawTier tier) {
            now = now.plus(
                    switch (tier) {
                        case BULK -> Duration.ofHours(4);
                        case STANDARD -> Duration.ofHours(2);
                        case EXPEDITED -> Duration.ofMinutes(2);
                    });
        }

        @Override
        protected void letCopiesExpire() {
            now = now.plus(Duration.ofDays(2));
        }
    }

    @Nested
    final class InMemory extends Local {
        @Override
        protected ObjectStore newStore() {
            return memory();
        }
    }

    @Nested
    final class OnDisk extends Local {
        @Override
        protected ObjectStore newStore() {
            return disk();
        }
    }

    @Nested
    final class Metered extends Local {
        @Override
        protected ObjectStore newStore() {
            return new MeteredStore(memory());
        }
    }

    @Nested
    final class Throttled extends Local {
        @Override
        protected ObjectStore newStore() {
            return new ThrottledStore(memory(), Bandwidth.of(ByteSize.ofKiB(1), ByteSize.ofKiB(1), new ManualClock()));
        }
    }

    @Nested
    final class Retrying extends Local {
        @Override
        protected ObjectStore newStore() {
            Fault fault = Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.NONE);
            return new RetryingStore(
                    new FaultStore(memory(), FaultScript.when(call -> call.ordinal() % 2 == 1, fault)),
                    new RetryPolicy(4, Duration.ofSeconds(1), Duration.ofSeconds(3)),
                    name -> false,
                    new ManualClock(),
                    new SeededRandom(1));
        }
    }

    @Nested
    final class Faulty extends Local {
        @Override
        protected ObjectStore newStore() {
            return new FaultStore(memory(), FaultScript.none());
        }
    }

    @Test
    void countsWhatIsAskedFor() {
        MeteredStore store = new MeteredStore(memory());
        ObjectStore view = store.withDataClass("ARCHIVE");
        view.put(NAME, ByteBuffer.allocate(1));
        assertThat(view.thaw(NAME, new ThawRequest(ThawTier.BULK, 1))).contains(Availability.THAWING);
        assertThat(store.usage().count(StoreOperation.THAW)).isEqualTo(1);
        assertThat(store.usage().count(StoreOperation.PUT)).isEqualTo(1);
    }

    @Test
    void knowsTheTimesOfItsClasses() {
        ArchiveClass ordinary = memory().archiveClass("ARCHIVE").orElseThrow();
        assertThat(ordinary.thawTime(ThawTier.STANDARD)).contains(Duration.ofHours(4));
        ArchiveClass quick = memory().archiveClass("ARCHIVE:30m").orElseThrow();
        assertThat(quick.thawTime(ThawTier.BULK)).contains(Duration.ofHours(1));
        assertThat(quick.thawTime(ThawTier.EXPEDITED)).contains(Duration.ofSeconds(30));
        assertThat(memory().archiveClass("ARCHIVE:")).isEmpty();
        assertThat(memory().archiveClass("GLACIER")).isEmpty();
    }

    @Test
    void remembersOnADiskWhatWasAskedFor() {
        try (DiskStore store = disk()) {
            store.withDataClass("ARCHIVE").put(NAME, ByteBuffer.allocate(1));
            store.thaw(NAME, new ThawRequest(ThawTier.STANDARD, 3));
        }
        try (DiskStore again = disk()) {
            assertThat(again.stat(NAME).orElseThrow().availability()).isEqualTo(Availability.THAWING);
            now = now.plus(Duration.ofHours(4));
            assertThat(again.get(NAME)).isPresent();
            now = now.plus(Duration.ofDays(3));
            assertThat(again.stat(NAME).orElseThrow().availability()).isEqualTo(Availability.ARCHIVED);
        }
    }

    @Test
    void locksAndArchivesTheSameObject() {
        try (DiskStore store = disk()) {
            ObjectStore view = store.withDataClass("ARCHIVE");
            Instant until = now.plus(Duration.ofDays(30));
            view.put(NAME, List.of(ByteBuffer.allocate(1)), until);
            view.thaw(NAME, new ThawRequest(ThawTier.STANDARD, 3));
            assertThat(store.stat(NAME).orElseThrow().lockedUntil()).isEqualTo(until);
            assertThat(Failures.codeOf(() -> store.delete(NAME))).isEqualTo(ErrorCode.REFUSED);
            assertThat(store.stat(NAME).orElseThrow().availability()).isEqualTo(Availability.THAWING);
        }
    }

    /** A note that cannot be understood makes nothing readable, and nothing lost. */
    @Test
    void takesADamagedNoteForAnObjectThatNobodyAskedFor() throws IOException {
        try (DiskStore store = disk()) {
            store.withDataClass("ARCHIVE:1s").put(NAME, ByteBuffer.allocate(1));
            Path note = directory.resolve("store/.archive").resolve(NAME.value());
            for (String text :
                    new String[] {"", "nonsense\n", "holdfast archived object 1\nclass X\nready 0\nuntil 0\n"}) {
                Files.writeString(note, text);
                assertThat(store.stat(NAME).orElseThrow().availability()).isEqualTo(Availability.ARCHIVED);
                assertThat(store.thaw(NAME, new ThawRequest(ThawTier.STANDARD, 1)))
                        .contains(Availability.THAWING);
            }
            assertThat(store.delete(NAME)).isTrue();
            assertThat(note).doesNotExist();
        }
    }

    @Test
    void isReadableInACopyWithoutDotFiles() throws IOException {
        try (DiskStore store = disk()) {
            store.withDataClass("ARCHIVE").put(NAME, ByteBuffer.allocate(1));
        }
        Path copy = directory.resolve("copy");
        Files.createDirectories(copy.resolve(NAME.value()).getParent());
        Files.copy(directory.resolve("store").resolve(NAME.value()), copy.resolve(NAME.value()));
        try (DiskStore copied = DiskStore.open(copy)) {
            assertThat(copied.get(NAME)).isPresent();
        }
    }
}
