package io.holdfast.repository.snapshot;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.storage.ObjectName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntSupplier;

/**
 * Compares what a store shows with what this machine has seen there, for whoever keeps the store may put an older state of it back, or hide what is
 * new (docs/repository-format.md, section 13, "What was seen"). Not thread-safe.
 */
public final class Freshness {
    private static final String OLDER_STATE =
            ": the store shows an older state of the repository, or hides the newer one";

    private final Markers markers;
    private final Snapshots snapshots;
    private final Removals removals;
    private final IntSupplier newestConfig;
    private final SeenFile file;
    /** Read before anything was listed: all of it was in the store before. */
    private final Optional<SeenFile.Seen> before;

    /**
     * @param file where to remember; need not be there
     * @param newestConfig the number of the newest configuration
     */
    public Freshness(Markers markers, Snapshots snapshots, Removals removals, IntSupplier newestConfig, Path file) {
        this.markers = markers;
        this.snapshots = snapshots;
        this.removals = removals;
        this.newestConfig = newestConfig;
        this.file = new SeenFile(file);
        this.before = this.file.read();
    }

    /**
     * Something that was there and cannot be gone.
     *
     * @param object its name
     * @param message what is wrong
     * @param remedy what to do where there is a reason for it
     * @param snapshot the one that is gone, if that is what is
     */
    public record Doubt(ObjectName object, String message, String remedy, Optional<SnapshotId> snapshot) {
        /** For people. */
        public String text() {
            return message + ". " + remedy;
        }
    }

    /** Whether anything is remembered. If not, the store may show any older state of itself. */
    public boolean isKnown() {
        return before.isPresent();
    }

    /** Looks at what is there, tells what is missing, and remembers the rest. What is missing stays remembered. */
    public List<Doubt> look() {
        // What was seen is told of the time before the look at the snapshots: a roster that comes later may admit
        // fewer of them.
        SeenFile.Seen counters = new SeenFile.Seen(
                newestConfig.getAsInt(), removals.newest().number(), snapshots.newestVerdictId(), new TreeSet<>());
        SnapshotListing listing = snapshots.listSilently();
        Set<SnapshotId> there = new TreeSet<>();
        listing.live().forEach(snapshot -> there.add(snapshot.id()));
        listing.damaged().forEach(damaged -> there.add(damaged.id()));
        List<Doubt> doubts = new ArrayList<>();
        Set<SnapshotId> explained = new HashSet<>();
        before.ifPresent(seen -> {
            doubts.addAll(olderThan(seen, counters));
            for (SnapshotId id : seen.live()) {
                if (!there.contains(id)) {
                    if (isExplained(id, seen)) {
                        explained.add(id);
                    } else {
                        doubts.add(gone(id));
                    }
                }
            }
        });
        // Whoever is told that a verdict is damaged may have to remove it; rosters of older ones admit no less.
        file.merge(counters.with(there), explained, snapshots.isNewestVerdictDamaged());
        return List.copyOf(doubts);
    }

    /** This snapshot was made here. */
    public void remember(SnapshotId id) {
        file.merge(SeenFile.Seen.NOTHING.with(Set.of(id)), Set.of(), false);
    }

    private List<Doubt> olderThan(SeenFile.Seen seen, SeenFile.Seen now) {
        List<Doubt> doubts = new ArrayList<>();
        if (now.config() < seen.config()) {
            doubts.add(doubt(ObjectName.of("config/%08x".formatted(seen.config())), "was there, and is gone"));
        }
        if (now.removal() < seen.removal()) {
            doubts.add(
                    doubt(ObjectName.of(Removals.PREFIX + "%08x".formatted(seen.removal())), "was there, and is gone"));
        }
        seen.verdict()
                .filter(known -> now.verdict().isEmpty() || now.verdict().get().compareTo(known) < 0)
                .ifPresent(known -> doubts.add(
                        doubt(ObjectName.of(Verdict.PREFIX + known.leaf()), "was there, and no later one is")));
        return doubts;
    }

    /** Forgotten, about to be, or retired by a verdict that is newer than what was seen. Whatever says so is authentic. */
    private boolean isExplained(SnapshotId id, SeenFile.Seen seen) {
        if (isForgotten(id) || removals.newest().chosen().contains(id)) {
            return true;
        }
        try {
            Roster roster = snapshots.newestRoster(); // Last: names are retired only after it is there.
            Optional<SnapshotId> newest = snapshots.newestVerdictId();
            boolean isNewer = newest.isPresent()
                    && (seen.verdict().isEmpty()
                            || newest.get().compareTo(seen.verdict().get()) > 0);
            return isNewer && !roster.admits(id);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
                throw e;
            }
            return false;
        }
    }

    private boolean isForgotten(SnapshotId id) {
        try {
            return markers.get(ObjectKind.FORGET_MARKER, id.forgottenName()).isPresent();
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
                throw e;
            }
            return false;
        }
    }

    private Doubt doubt(ObjectName object, String what) {
        return new Doubt(object, what + OLDER_STATE, putBack(), Optional.empty());
    }

    private Doubt gone(SnapshotId id) {
        return new Doubt(
                id.snapshotName(),
                "was live when this machine saw it last, and is gone though nobody has forgotten it" + OLDER_STATE,
                "Put the object back, or the snapshot with 'holdfast copy' from a repository that has it; 'holdfast forget "
                        + id.shortText() + "' gives it up, where nobody holds it. " + putBack(),
                Optional.of(id));
    }

    private String putBack() {
        return "Where an older state was put back on purpose, delete " + file.path();
    }
}
