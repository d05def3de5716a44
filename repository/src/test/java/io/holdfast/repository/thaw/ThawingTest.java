package io.holdfast.repository.thaw;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.storage.Availability;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.MeteredStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.StoreOperation;
import io.holdfast.storage.ThawRequest;
import io.holdfast.storage.ThawTier;
import io.holdfast.testkit.ManualClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ThawingTest {
    private static final int PACKS = 200;
    private static final ThawRequest STANDARD = new ThawRequest(ThawTier.STANDARD, 1);

    private final ManualClock clock = new ManualClock();
    private final MeteredStore store = new MeteredStore(
            new MemoryStore(() -> Instant.parse("2026-11-26T00:00:00Z").plus(clock.elapsed())));
    private final Thawing thawing = new Thawing(store, clock);

    @BeforeEach
    void putPacks() {
        ObjectStore archive = store.withDataClass("ARCHIVE:4h");
        for (int i = 0; i < PACKS; i++) {
            archive.put(ObjectName.of("packs/data/%02x".formatted(i)), ByteBuffer.allocate(10));
        }
        store.put(ObjectName.of("packs/data/readable"), ByteBuffer.allocate(5));
    }

    private ThawPlan plan() {
        List<ObjectStat> listed = new ArrayList<>();
        store.list("packs/data/", listed::add);
        return ThawPlan.look(store, listed);
    }

    private long count(StoreOperation operation) {
        return store.usage().count(operation);
    }

    @Test
    void tellsHowThePacksAre() {
        ThawPlan plan = plan();
        assertThat(plan.all()).isEqualTo(new ThawPlan.Sum(PACKS + 1, PACKS * 10 + 5));
        assertThat(plan.sum(Availability.ARCHIVED).packs()).isEqualTo(PACKS);
        assertThat(plan.sum(Availability.READABLE).bytes()).isEqualTo(5);
        assertThat(plan.classes()).containsExactly("", "ARCHIVE:4h");
        assertThat(plan.thawTime(store, ThawTier.BULK)).contains(Duration.ofHours(8));
        assertThat(plan.in("").thawTime(store, ThawTier.BULK)).isEmpty();
        assertThat(count(StoreOperation.STAT)).isEqualTo(PACKS);
    }

    @Test
    void asksOnceForEachAndWaitsWithoutAskingMuch() {
        ThawPlan asked = thawing.ask(plan(), STANDARD, false);
        assertThat(asked.sum(Availability.THAWING).packs()).isEqualTo(PACKS);
        assertThat(count(StoreOperation.THAW)).isEqualTo(PACKS);
        long looksBefore = count(StoreOperation.STAT);
        List<Long> seen = new ArrayList<>();
        thawing.await(
                asked, STANDARD, now -> seen.add(now.sum(Availability.READABLE).packs()));
        assertThat(clock.elapsed())
                .isBetween(Duration.ofHours(4), Duration.ofHours(4).plusMinutes(20));
        assertThat(seen).last().isEqualTo(PACKS + 1L);
        assertThat(count(StoreOperation.STAT) - looksBefore).isLessThan(3L * PACKS);
        assertThat(count(StoreOperation.THAW)).isEqualTo(PACKS);
        assertThat(plan().isReadable()).isTrue();
    }

    @Test
    void asksNothingTwice() {
        ThawPlan asked = thawing.ask(plan(), STANDARD, false);
        ThawPlan again = thawing.ask(plan(), STANDARD, false);
        assertThat(again).isEqualTo(asked);
        assertThat(count(StoreOperation.THAW)).isEqualTo(PACKS);
        ThawPlan faster = thawing.ask(plan(), new ThawRequest(ThawTier.EXPEDITED, 1), true);
        assertThat(count(StoreOperation.THAW)).isEqualTo(2L * PACKS);
        thawing.await(faster, new ThawRequest(ThawTier.EXPEDITED, 1), now -> {});
        assertThat(clock.elapsed()).isLessThan(Duration.ofMinutes(6));
    }

    /** A store may give up, or the copy has gone while others were waited for. */
    @Test
    void asksAgainForWhatNobodyThawsAnyMore() {
        ThawPlan asked = thawing.ask(plan(), STANDARD, false);
        clock.advance(Duration.ofDays(2));
        assertThat(plan().sum(Availability.ARCHIVED).packs()).isEqualTo(PACKS);
        thawing.await(asked, STANDARD, now -> {});
        assertThat(plan().isReadable()).isTrue();
        assertThat(count(StoreOperation.THAW)).isEqualTo(2L * PACKS);
    }

    @Test
    void doesNotWaitForWhatWasDeleted() {
        ThawPlan asked = thawing.ask(plan(), STANDARD, false);
        assertThat(store.delete(ObjectName.of("packs/data/00"))).isTrue();
        List<Long> seen = new ArrayList<>();
        thawing.await(asked, STANDARD, now -> seen.add(now.all().packs()));
        assertThat(seen).last().isEqualTo((long) PACKS);
    }

    @Test
    void stopsWhereItsThreadIsInterrupted() {
        ThawPlan asked = thawing.ask(plan(), STANDARD, false);
        Thread.currentThread().interrupt();
        try {
            assertThat(codeOf(() -> thawing.await(asked, STANDARD, now -> {}))).isEqualTo(ErrorCode.INTERRUPTED);
        } finally {
            boolean ignored = Thread.interrupted();
        }
        assertThat(plan().sum(Availability.THAWING).packs()).isEqualTo(PACKS);
    }
}
