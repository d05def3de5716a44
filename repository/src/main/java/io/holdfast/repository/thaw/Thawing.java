package io.holdfast.repository.thaw;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.storage.ArchiveClass;
import io.holdfast.storage.Availability;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.ThawRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Asks for packs and waits for them. What was asked for is the store's to remember: whoever is killed and starts again sees that a pack is being thawed, and does
 * not ask for it twice.
 */
public final class Thawing {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);
    /** No pause is longer than this part of the time that thawing takes. */
    private static final int PAUSES = 12;
    /** So many packs of which each is not ready yet, and the rest is not asked about either before the next pause. */
    private static final int STILL_WAITING = 16;

    private final ObjectStore store;
    private final MonotonicClock clock;

    public Thawing(ObjectStore store, MonotonicClock clock) {
        this.store = store;
        this.clock = clock;
    }

    /**
     * Asks for what is archived.
     *
     * @param faster asks also for what is being thawed, in case that is with a slower tier
     * @return the packs as they are then
     * @throws HoldfastException {@code REFUSED} where a class has no such tier; nothing was asked for then
     */
    public ThawPlan ask(ThawPlan plan, ThawRequest request, boolean faster) {
        for (String name : plan.classes()) {
            Optional<ArchiveClass> archive = store.archiveClass(name);
            if (archive.isPresent()
                    && archive.get().thawTime(request.tier()).isEmpty()
                    && !plan.in(name).isReadable()) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "packs lie in " + name + ", which cannot be thawed "
                                + request.tier().name().toLowerCase(Locale.ROOT) + "; nothing was asked for",
                        "Use --thaw standard or --thaw bulk.");
            }
        }
        return new ThawPlan(
                Parallel.map(plan.packs(), pack -> ThawPlan.isAskedFor(pack, faster) ? asked(pack, request) : pack));
    }

    /**
     * Waits until all packs can be read. Looks only at those that cannot, with pauses that grow; asks again for one that nobody thaws any more.
     *
     * @param listener told of the packs as they are after each look
     * @throws HoldfastException {@code INTERRUPTED}; what was asked for goes on
     */
    public void await(ThawPlan plan, ThawRequest request, Consumer<ThawPlan> listener) {
        Duration longest = longestPause(plan, request);
        ThawPlan known = plan;
        Duration pause = FIRST_PAUSE;
        while (!known.isReadable()) {
            sleep(pause);
            ThawPlan before = known;
            known = look(known, request);
            listener.accept(known);
            boolean moves = known.sum(Availability.READABLE).packs()
                    > before.sum(Availability.READABLE).packs();
            Duration next = moves ? pause : pause.multipliedBy(2);
            pause = next.compareTo(longest) < 0 ? next : longest;
        }
    }

    private Duration longestPause(ThawPlan plan, ThawRequest request) {
        Duration wanted =
                plan.thawTime(store, request.tier()).orElse(LONGEST_PAUSE).dividedBy(PAUSES);
        Duration atLeast = wanted.compareTo(FIRST_PAUSE) < 0 ? FIRST_PAUSE : wanted;
        return atLeast.compareTo(LONGEST_PAUSE) < 0 ? atLeast : LONGEST_PAUSE;
    }

    private ThawPlan look(ThawPlan plan, ThawRequest request) {
        List<ObjectStat> now = new ArrayList<>();
        int waiting = 0;
        for (ObjectStat pack : plan.packs()) {
            if (ThawPlan.isReadable(pack) || waiting == STILL_WAITING) {
                now.add(pack);
                continue;
            }
            Optional<ObjectStat> seen = store.stat(pack.name());
            if (seen.isEmpty()) {
                continue; // A collection deleted it: what was needed of it is elsewhere.
            }
            waiting += seen.get().availability() == Availability.THAWING ? 1 : 0;
            now.add(seen.get().availability() == Availability.ARCHIVED ? asked(seen.get(), request) : seen.get());
        }
        return new ThawPlan(now);
    }

    private ObjectStat asked(ObjectStat pack, ThawRequest request) {
        return store.thaw(pack.name(), request)
                .map(state -> pack.in(pack.storageClass(), state))
                .orElse(pack.in(pack.storageClass(), Availability.READABLE));
    }

    private void sleep(Duration pause) {
        try {
            clock.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(
                    ErrorCode.INTERRUPTED,
                    "interrupted while packs are being thawed",
                    "They go on being thawed: run the same command again.",
                    e);
        }
    }
}
