package io.holdfast.testkit;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.storage.ArchiveClass;
import io.holdfast.storage.Availability;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.ThawRequest;
import io.holdfast.storage.ThawTier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ObjectStore} does that has an archive class: a subclass for each implementation and decorator. */
public abstract class ArchiveContract {
    private static final ObjectName NAME = ObjectName.of("packs/data/5f/5f0c");
    private static final ObjectName METADATA = ObjectName.of("packs/meta/5f/5f0c");
    private static final byte[] CONTENT = {1, 2, 3, 4, 5};
    private static final ThawRequest STANDARD = new ThawRequest(ThawTier.STANDARD, 2);

    /** Replaced before each test. */
    private ObjectStore plain = new MemoryStore();

    private ObjectStore store = plain;

    /** A new, empty store. */
    protected abstract ObjectStore newStore() throws Exception;

    /** An archive class of it that has all tiers. */
    protected abstract String archiveClass();

    /** Lets as much time pass as a request with this tier takes. */
    protected abstract void letThaw(ThawTier tier) throws Exception;

    /** Lets the readable copies of all objects go. */
    protected abstract void letCopiesExpire() throws Exception;

    @BeforeEach
    final void openArchive() throws Exception {
        plain = newStore();
        store = plain.withDataClass(archiveClass());
    }

    @AfterEach
    final void closeArchive() {
        plain.close();
    }

    @Test
    void promisesItOnlyForTheView() {
        assertThat(plain.capabilities().archives()).isFalse();
        assertThat(store.capabilities()).isEqualTo(plain.capabilities().withArchives(true));
        assertThat(store.archiveClass(archiveClass()).map(ArchiveClass::name)).contains(archiveClass());
        assertThat(store.archiveClass("")).isEmpty();
        assertThat(store.archiveClass("STANDARD")).isEmpty();
    }

    @Test
    void refusesToReadWhatIsArchived() {
        assertThat(store.put(NAME, ByteBuffer.wrap(CONTENT))).isEqualTo(PutOutcome.STORED);
        assertThat(stat()).isEqualTo(Availability.ARCHIVED);
        for (ObjectStore each : List.of(store, plain)) {
            ByteBuffer target = ByteBuffer.allocate(2);
            assertThat(codeOf(() -> each.get(NAME))).isEqualTo(ErrorCode.REFUSED);
            assertThat(codeOf(() -> each.getRange(NAME, 0, target))).isEqualTo(ErrorCode.REFUSED);
            assertThat(target.position()).isZero();
        }
    }

    @Test
    void tellsTheClassInListings() {
        store.put(NAME, ByteBuffer.wrap(CONTENT));
        store.put(METADATA, ByteBuffer.wrap(CONTENT));
        List<ObjectStat> listed = new ArrayList<>();
        plain.list("packs/", listed::add);
        assertThat(listed)
                .containsExactly(
                        new ObjectStat(NAME, CONTENT.length).in(archiveClass(), Availability.ARCHIVED),
                        new ObjectStat(METADATA, CONTENT.length));
    }

    @Test
    void keepsEverythingButDataPacksReadable() {
        store.put(METADATA, ByteBuffer.wrap(CONTENT));
        plain.put(NAME, ByteBuffer.wrap(CONTENT));
        for (ObjectName each : List.of(METADATA, NAME)) {
            assertThat(store.get(each)).contains(ByteBuffer.wrap(CONTENT));
            assertThat(store.stat(each)).contains(new ObjectStat(each, CONTENT.length));
            assertThat(store.thaw(each, STANDARD)).contains(Availability.READABLE);
        }
    }

    @Test
    void thaws() throws Exception {
        store.put(NAME, ByteBuffer.wrap(CONTENT));
        assertThat(store.thaw(NAME, STANDARD)).contains(Availability.THAWING);
        assertThat(stat()).isEqualTo(Availability.THAWING);
        assertThat(codeOf(() -> store.get(NAME))).isEqualTo(ErrorCode.REFUSED);
        letThaw(ThawTier.STANDARD);
        assertThat(stat()).isEqualTo(Availability.READABLE);
        assertThat(plain.stat(NAME).orElseThrow().storageClass()).isEqualTo(archiveClass());
        assertThat(plain.get(NAME)).contains(ByteBuffer.wrap(CONTENT));
        ByteBuffer part = ByteBuffer.allocate(2);
        assertThat(store.getRange(NAME, 1, part)).isTrue();
        assertThat(part.array()).containsExactly(2, 3);
        assertThat(store.thaw(NAME, STANDARD)).as("stays longer").contains(Availability.READABLE);
    }

    @Test
    void mayBeAskedTwice() throws Exception {
        store.put(NAME, ByteBuffer.wrap(CONTENT));
        store.thaw(NAME, STANDARD);
        assertThat(store.thaw(NAME, STANDARD)).contains(Availability.THAWING);
        assertThat(store.thaw(NAME, new ThawRequest(ThawTier.BULK, 1))).contains(Availability.THAWING);
        letThaw(ThawTier.STANDARD);
        assertThat(stat()).isEqualTo(Availability.READABLE);
    }

    @Test
    void goesOnFasterWhereThatIsAskedFor() throws Exception {
        store.put(NAME, ByteBuffer.wrap(CONTENT));
        store.thaw(NAME, new ThawRequest(ThawTier.BULK, 1));
        assertThat(store.thaw(NAME, new ThawRequest(ThawTier.EXPEDITED, 1))).contains(Availability.THAWING);
        letThaw(ThawTier.EXPEDITED);
        assertThat(stat()).isEqualTo(Availability.READABLE);
    }

    @Test
    void isArchivedAgainWhenTheCopyHasGone() throws Exception {
        store.put(NAME, ByteBuffer.wrap(CONTENT));
        store.thaw(NAME, STANDARD);
        letThaw(ThawTier.STANDARD);
        assertThat(stat()).isEqualTo(Availability.READABLE);
        letCopiesExpire();
        assertThat(stat()).isEqualTo(Availability.ARCHIVED);
        assertThat(codeOf(() -> store.get(NAME))).isEqualTo(ErrorCode.REFUSED);
        assertThat(store.thaw(NAME, STANDARD)).contains(Availability.THAWING);
    }

    @Test
    void deletesAndReplacesWithoutThawing() {
        store.put(NAME, ByteBuffer.wrap(CONTENT));
        assertThat(store.put(NAME, ByteBuffer.allocate(1))).isEqualTo(PutOutcome.ALREADY_THERE);
        assertThat(store.delete(NAME)).isTrue();
        assertThat(store.stat(NAME)).isEmpty();
        assertThat(plain.put(NAME, ByteBuffer.wrap(CONTENT))).isEqualTo(PutOutcome.STORED);
        assertThat(plain.get(NAME)).as("in no archive class now").isPresent();
    }

    @Test
    void thawsNothingThatIsNotThere() {
        assertThat(store.thaw(NAME, STANDARD)).isEmpty();
    }

    @Test
    void tellsTheNewStateThroughViews() {
        ObjectStore reserved = store.reserved();
        reserved.put(NAME, ByteBuffer.wrap(CONTENT));
        assertThat(reserved.stat(NAME).map(ObjectStat::availability)).contains(Availability.ARCHIVED);
        assertThat(reserved.thaw(NAME, STANDARD)).contains(Availability.THAWING);
        assertThat(reserved.capabilities().archives()).isTrue();
        assertThat(codeOf(() -> plain.withDataClass("no such class"))).isEqualTo(ErrorCode.USAGE);
        Optional<ObjectStat> seen = plain.stat(NAME);
        assertThat(seen.map(ObjectStat::availability)).contains(Availability.THAWING);
    }

    private Availability stat() {
        return plain.stat(NAME).orElseThrow().availability();
    }
}
