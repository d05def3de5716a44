package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.repository.index.IndexStore;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.Upkeep;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.ForwardingStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A listing of the index in which a segment is missing: what a merge put in its place came behind the part that had been read already, and it was deleted
 * before the rest was read.
 */
final class TornListingTest extends RoundTrip {
    @Test
    void verifyTakesNoSegmentForLost() throws IOException {
        SeededRandom random = new SeededRandom(7);
        for (int i = 0; i < 3; i++) {
            Files.write(from.resolve("f" + i), random.bytes(30_000));
            bench().backup(from);
        }
        List<ObjectName> segments = new ArrayList<>();
        store.list(IndexStore.PREFIX, object -> segments.add(object.name()));
        assertThat(segments).hasSize(3);
        for (ObjectName segment : segments) {
            int listing = 1;
            Torn torn;
            do {
                torn = new Torn(store, segment, listing++);
                try (Workbench verifying =
                        Workbench.open(torn, Workbench.small(home.resolve("verifying")), HostFiles.ofThisSystem())) {
                    assertThat(Upkeep.verify(verifying.repository()).damages())
                            .as("%s misses in listing %d", segment, listing - 1)
                            .isEmpty();
                }
            } while (torn.hasTorn());
            assertThat(listing).isGreaterThan(2);
        }
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
