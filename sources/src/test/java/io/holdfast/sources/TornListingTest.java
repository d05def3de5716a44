package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.sources.backup.BackupRequest;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.ObjectCopies;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Upkeep;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.ForwardingStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A listing of the index in which a segment is missing: what a merge put in its place came behind the part that had been read already, and it was deleted
 * before the rest was read.
 */
final class TornListingTest extends RoundTrip {
    private final SeededRandom random = new SeededRandom(7);

    @BeforeEach
    void makeThreeSegments() throws IOException {
        for (int i = 0; i < 3; i++) {
            Files.write(from.resolve("f" + i), random.bytes(30_000));
            bench().backup(from);
        }
        assertThat(store.names(IndexStore.PREFIX)).hasSize(3);
    }

    @Test
    void verifyTakesNoSegmentForLost() {
        assertThat(tornEach(
                        Workbench.small(home.resolve("verifying")),
                        bench -> assertThat(Upkeep.verify(bench.repository()).damages())
                                .isEmpty()))
                .isGreaterThan(2);
    }

    /** It reads the index once more to lock what older backups have stored. */
    @Test
    void aLockedBackupTakesNothingForDamaged() throws IOException {
        SortedMap<String, String> content = SnapshotContent.of(from);
        RepositorySettings locking = Workbench.small(home.resolve("locking")).withLockFor(Duration.ofDays(9));
        assertThat(tornEach(locking, bench -> {
                    BackupRequest usual = bench.request(from);
                    // With a parent only what is new would be locked.
                    BackupResult result = bench.backup(new BackupRequest(
                            usual.paths(), usual.excludes(), false, false, List.of(), usual.host(), Optional.empty()));
                    assertThat(SnapshotContent.of(bench.repository(), bench.snapshot(result)))
                            .isEqualTo(content);
                }))
                .isGreaterThan(2);
    }

    /** @return how many listings the work has made at most */
    private int tornEach(RepositorySettings settings, Consumer<Workbench> work) {
        int most = 0;
        for (ObjectName segment : store.names(IndexStore.PREFIX)) {
            int listing = 1;
            Torn torn;
            do {
                torn = new Torn(ObjectCopies.of(store), segment, listing++);
                try (Workbench bench = Workbench.open(torn, settings, HostFiles.ofThisSystem())) {
                    work.accept(bench);
                }
            } while (torn.hasTorn());
            most = Math.max(most, listing);
        }
        return most;
    }

    /** One listing of the index, by its number, lacks a segment. */
    private static final class Torn extends ForwardingStore {
        private final ObjectName missing;
        private int listingsLeft;

        Torn(ObjectStore delegate, ObjectName missing, int listing) {
            super(delegate);
            this.missing = missing;
            this.listingsLeft = listing;
        }

        boolean hasTorn() {
            return listingsLeft <= 0;
        }

        @Override
        public void list(String prefix, Visitor visitor) {
            if (!prefix.equals(IndexStore.PREFIX) || --listingsLeft != 0) {
                super.list(prefix, visitor);
                return;
            }
            super.list(prefix, object -> {
                if (!object.name().equals(missing)) {
                    visitor.visit(object);
                }
            });
        }

        @Override
        public ObjectStore reserved() {
            return this;
        }

        @Override
        public ObjectStore withDataClass(String storageClass) {
            throw new IllegalStateException(storageClass);
        }
    }
}
