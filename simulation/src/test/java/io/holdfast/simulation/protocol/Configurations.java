package io.holdfast.simulation.protocol;

import static io.holdfast.simulation.protocol.Feature.ANY_LIST_ORDER;
import static io.holdfast.simulation.protocol.Feature.CRASHES;
import static io.holdfast.simulation.protocol.Feature.DELTAS;
import static io.holdfast.simulation.protocol.Feature.FENCING;
import static io.holdfast.simulation.protocol.Feature.FORGETTING;
import static io.holdfast.simulation.protocol.Feature.INTRUDER;
import static io.holdfast.simulation.protocol.Feature.LATE_COMMITS;
import static io.holdfast.simulation.protocol.Feature.LATE_PACK_PUTS;
import static io.holdfast.simulation.protocol.Feature.LINGERING_SESSIONS;
import static io.holdfast.simulation.protocol.Feature.LOCKS;
import static io.holdfast.simulation.protocol.Feature.LOCKS_BY_ANYONE;
import static io.holdfast.simulation.protocol.Feature.LONG_LISTS;
import static io.holdfast.simulation.protocol.Feature.PAGED_LISTS;
import static io.holdfast.simulation.protocol.Feature.PARENTS;
import static io.holdfast.simulation.protocol.Feature.REPACKING;
import static io.holdfast.simulation.protocol.Feature.RETIRING;
import static io.holdfast.simulation.protocol.Feature.UPLOADS;
import static io.holdfast.simulation.protocol.Feature.WRITE_ONLY;
import static io.holdfast.simulation.protocol.Feature.WRITE_ONLY_ALONE;

import java.util.List;

/**
 * The bounds of the searches. Each is as small as its subject allows: the number of states grows about tenfold with each
 * actor, name or feature. The chunk sets are 1 for a, 2 for b and 3 for both.
 */
final class Configurations {
    private static final int A = 1;
    private static final int B = 2;
    private static final int BOTH = 3;
    private static final int C = 4;
    private static final int C_ON_A = 8;
    private static final int C_ON_B = 16;

    private Configurations() {}

    static Configuration oneWriterAndEverything() {
        return Configuration.named("one writer, one collector, all that can happen")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(A), 1)
                .withSnapshots(List.of(A), 2)
                .with(CRASHES, FENCING, FORGETTING, LATE_COMMITS, PARENTS, RETIRING, UPLOADS);
    }

    static Configuration twoWritersTwoCollectors() {
        return Configuration.named("two writers, two collectors, a parent that is forgotten")
                .withWriters(2)
                .withCollectors(2, 2)
                .withPacks(List.of(A), 0)
                .withSnapshots(List.of(A), 2)
                .with(FORGETTING, PARENTS);
    }

    static Configuration adoption() {
        return Configuration.named("one writer, lists that one collector after another adopts")
                .withWriters(1)
                .withCollectors(1, 2)
                .withPacks(List.of(A), 0)
                .withSnapshots(List.of(A), 1)
                .with(CRASHES, FENCING, FORGETTING, LATE_COMMITS, PARENTS, RETIRING);
    }

    static Configuration garbage() {
        return Configuration.named("one writer, two collectors, two packs of garbage")
                .withWriters(1)
                .withCollectors(2, 2)
                .withPacks(List.of(A, B), 0)
                .withSnapshots(List.of(), 1)
                .with(LATE_COMMITS, FENCING);
    }

    static Configuration duplicates() {
        return Configuration.named("two collectors, two copies of one chunk")
                .withCollectors(2, 2)
                .withPacks(List.of(A, A), 0)
                .withSnapshots(List.of(A), 0)
                .with(CRASHES, LONG_LISTS);
    }

    static Configuration threeLists() {
        return Configuration.named("two collectors, three lists")
                .withCollectors(2, 3)
                .withPacks(List.of(A, A), 0)
                .withSnapshots(List.of(A), 0);
    }

    static Configuration repacking() {
        return Configuration.named("two collectors that repack")
                .withCollectors(2, 2)
                .withPacks(List.of(BOTH), 2)
                .withSnapshots(List.of(A, B), 0)
                .with(FORGETTING, REPACKING);
    }

    static Configuration retiring() {
        return Configuration.named("names retired while another list is on its way")
                .withWriters(1)
                .withCollectors(2, 2)
                .withPacks(List.of(A), 0)
                .withSnapshots(List.of(), 1)
                .with(ANY_LIST_ORDER, FORGETTING, LATE_COMMITS, RETIRING);
    }

    static Configuration latePacks() {
        return Configuration.named("packs whose puts arrive after all is over")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(), 2)
                .withSnapshots(List.of(), 2)
                .with(FENCING, FORGETTING, LATE_PACK_PUTS, LINGERING_SESSIONS, UPLOADS);
    }

    static Configuration firstMark() {
        return Configuration.named("a marked parent that is forgotten")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(A, A), 0)
                .withSnapshots(List.of(A), 1)
                .with(FORGETTING, LONG_LISTS, PARENTS);
    }

    static Configuration unindexedCopy() {
        return Configuration.named("a copy that its dead writer never indexed")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(A), 1)
                .withSnapshots(List.of(A), 1)
                .with(CRASHES, FENCING, UPLOADS);
    }

    static Configuration twoChunks() {
        return Configuration.named("two chunks, trees of one or both")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(BOTH), 2)
                .withSnapshots(List.of(A), 1)
                .wanting(A, BOTH)
                .with(CRASHES, FENCING, FORGETTING, LATE_COMMITS, PARENTS, REPACKING, UPLOADS);
    }

    static Configuration deltas() {
        return Configuration.named("one writer, one collector, a delta and its base")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(A, C_ON_A), 1)
                .withSnapshots(List.of(C), 1)
                .wanting(C)
                .with(CRASHES, DELTAS, FENCING, FORGETTING, LATE_COMMITS, LONG_LISTS, PARENTS, REPACKING, UPLOADS);
    }

    static Configuration deltasOfTwoCollectors() {
        return Configuration.named("one writer, two collectors, a delta and its base")
                .withWriters(1)
                .withCollectors(2, 2)
                .withPacks(List.of(A, C_ON_A), 1)
                .withSnapshots(List.of(C), 1)
                .wanting(C)
                .with(DELTAS, FORGETTING, UPLOADS);
    }

    static Configuration deltasRepacked() {
        return Configuration.named("two collectors that move a delta and its base")
                .withCollectors(2, 2)
                .withPacks(List.of(A | C_ON_A | B), 2)
                .withSnapshots(List.of(C, B), 0)
                .with(DELTAS, FORGETTING, REPACKING);
    }

    static Configuration lateDelta() {
        return Configuration.named("a delta of a fenced writer beside a copy in full")
                .withWriters(1)
                .withCollectors(2, 2)
                .withPacks(List.of(A, C), 1)
                .withSnapshots(List.of(C), 1)
                .wanting(C)
                .with(DELTAS, FENCING, UPLOADS);
    }

    static Configuration lateDeltaOnAnotherBase() {
        return Configuration.named("a delta of a fenced writer beside one on another base")
                .withWriters(1)
                .withCollectors(2, 2)
                .withPacks(List.of(A, B, C_ON_A), 1)
                .withSnapshots(List.of(C), 1)
                .wanting(C)
                .with(DELTAS, FENCING, UPLOADS);
    }

    /** The writer may bring the base back. */
    static Configuration brokenDelta() {
        return Configuration.named("a delta whose base is lost beside one that is whole, a writer, two collectors")
                .withWriters(1)
                .withCollectors(2, 2)
                .withPacks(List.of(A, C_ON_A, C_ON_B), 1)
                .withSnapshots(List.of(C), 1)
                .wanting(B, B | C)
                .with(DELTAS, FENCING, UPLOADS);
    }

    static Configuration brokenDeltaRepacked() {
        return Configuration.named("two collectors that move a delta whose base is lost")
                .withCollectors(2, 2)
                .withPacks(List.of(A | C_ON_A, C_ON_B), 1)
                .withSnapshots(List.of(C, A), 0)
                .with(DELTAS, FORGETTING, REPACKING);
    }

    static Configuration pages() {
        return Configuration.named("listings in pages, one writer")
                .withWriters(1)
                .withCollectors(1, 2)
                .withPacks(List.of(A), 0)
                .withSnapshots(List.of(A), 1)
                .with(CRASHES, FENCING, FORGETTING, LATE_COMMITS, PAGED_LISTS, PARENTS, RETIRING);
    }

    static Configuration pagesOfTwoCollectors() {
        return Configuration.named("listings in pages, two collectors, two copies of one chunk")
                .withCollectors(2, 2)
                .withPacks(List.of(A, A), 0)
                .withSnapshots(List.of(A), 0)
                .with(LONG_LISTS, PAGED_LISTS);
    }

    static Configuration threeRosters() {
        return Configuration.named("three generations of rosters, names retired by each")
                .withWriters(1)
                .withCollectors(1, 3)
                .withPacks(List.of(A, A), 0)
                .withSnapshots(List.of(A), 1)
                .with(FENCING, FORGETTING, LATE_COMMITS, RETIRING);
    }

    static Configuration intruder() {
        return Configuration.named("two writers that lock, a parent that is locked, an intruder")
                .withWriters(2)
                .withPacks(List.of(A), 1)
                .withSnapshots(List.of(A), 2)
                .withLocks(1)
                .with(CRASHES, FENCING, FORGETTING, INTRUDER, LATE_COMMITS, LOCKS, PARENTS, UPLOADS);
    }

    static Configuration intruderAndDeltas() {
        return Configuration.named("a writer that locks, a delta and its base, a collector, an intruder")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(A, C_ON_A), 1)
                .withSnapshots(List.of(C), 1)
                .wanting(C)
                .with(DELTAS, FORGETTING, INTRUDER, LOCKS, REPACKING, UPLOADS);
    }

    static Configuration lockedSessions() {
        return Configuration.named("a writer that locks beside a collector")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(A, A), 1)
                .withSnapshots(List.of(A), 1)
                .with(CRASHES, FENCING, FORGETTING, LATE_COMMITS, LOCKS, PARENTS, RETIRING, UPLOADS);
    }

    static Configuration refusedDeletes() {
        return Configuration.named("two collectors, two copies of one chunk, deletes that are refused")
                .withCollectors(2, 2)
                .withPacks(List.of(A, A), 0)
                .withSnapshots(List.of(A), 0)
                .with(LOCKS_BY_ANYONE);
    }

    static Configuration hosts() {
        return Configuration.named("a host that can only write, one collector, all that can happen")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(B), 1)
                .withSnapshots(List.of(B), 2)
                .wanting(B)
                .with(CRASHES, FENCING, FORGETTING, LATE_COMMITS, PARENTS, UPLOADS, WRITE_ONLY);
    }

    static Configuration hostsAlone() {
        return Configuration.named("a host that can only write, and nobody else who writes")
                .withWriters(1)
                .withCollectors(1, 2)
                .withPacks(List.of(B), 1)
                .withSnapshots(List.of(B), 1)
                .wanting(B)
                .with(CRASHES, FENCING, FORGETTING, LATE_COMMITS, RETIRING, UPLOADS, WRITE_ONLY, WRITE_ONLY_ALONE);
    }

    /** The pack that is there was made by a collector: the host knows nothing of it. */
    static Configuration hostsAndOthers() {
        return Configuration.named("a host that can only write and others, chunks of both in one pack")
                .withWriters(1)
                .withCollectors(1, 1)
                .withPacks(List.of(BOTH), 2)
                .withSnapshots(List.of(B), 2)
                .wanting(A, B)
                .with(FORGETTING, PARENTS, REPACKING, UPLOADS, WRITE_ONLY);
    }

    static Configuration hostsAndRefusedDeletes() {
        return Configuration.named("a host that can only write, two collectors, deletes that are refused")
                .withWriters(1)
                .withCollectors(2, 2)
                .withPacks(List.of(B), 0)
                .withSnapshots(List.of(), 1)
                .wanting(B)
                .with(FENCING, LATE_COMMITS, LOCKS_BY_ANYONE, WRITE_ONLY);
    }

    static Configuration hostsThatLock() {
        return Configuration.named("a host that can only write and locks, an intruder")
                .withWriters(2)
                .withCollectors(1, 1)
                .withPacks(List.of(B), 1)
                .withSnapshots(List.of(B), 2)
                .wanting(B)
                .with(CRASHES, INTRUDER, LOCKS, UPLOADS, WRITE_ONLY);
    }

    /** Exhausted in every build. */
    static List<Configuration> everyBuild() {
        return List.of(
                oneWriterAndEverything(),
                twoWritersTwoCollectors().with(FENCING, LATE_COMMITS),
                adoption(),
                garbage(),
                duplicates(),
                threeLists(),
                repacking(),
                retiring(),
                latePacks(),
                firstMark(),
                unindexedCopy(),
                twoChunks(),
                deltas(),
                deltasRepacked(),
                lateDelta(),
                brokenDelta(),
                brokenDeltaRepacked(),
                pages(),
                pagesOfTwoCollectors(),
                threeRosters(),
                intruder(),
                intruderAndDeltas(),
                lockedSessions(),
                deltas().with(LOCKS),
                refusedDeletes().with(CRASHES, LONG_LISTS),
                hosts(),
                hostsAndOthers(),
                hostsAndRefusedDeletes(),
                hostsThatLock());
    }

    /** Small enough to be exhausted once for each rule that safety does not need. */
    static List<Configuration> small() {
        return List.of(
                twoWritersTwoCollectors(),
                adoption(),
                garbage(),
                duplicates(),
                repacking(),
                retiring(),
                firstMark(),
                intruder(),
                lockedSessions());
    }

    /** Exhausted on demand: the ones above with one more actor, name or kind of trouble. */
    static List<Configuration> longRuns() {
        return List.of(
                twoWritersTwoCollectors().with(CRASHES),
                garbage().with(CRASHES, FORGETTING),
                garbage().with(FORGETTING, RETIRING),
                repacking().withPacks(List.of(BOTH), 1).with(CRASHES),
                threeLists().with(CRASHES),
                retiring().with(CRASHES, FENCING),
                lateDeltaOnAnotherBase(),
                brokenDelta().with(FORGETTING),
                brokenDelta().with(REPACKING).withPacks(List.of(A, C_ON_A | C_ON_B), 1),
                brokenDeltaRepacked()
                        .withPacks(List.of(A | C_ON_A, C_ON_B | B), 2)
                        .withSnapshots(List.of(C, B), 0),
                deltasOfTwoCollectors(),
                deltasRepacked().withPacks(List.of(A | C_ON_A | B), 1).with(CRASHES),
                pages().with(UPLOADS).withPacks(List.of(A), 1),
                pagesOfTwoCollectors().with(CRASHES),
                lockedSessions().with(INTRUDER),
                twoChunks().with(LOCKS),
                threeLists().with(LOCKS_BY_ANYONE),
                garbage().with(LOCKS_BY_ANYONE),
                repacking().with(LOCKS_BY_ANYONE),
                hostsAlone(),
                hostsAndOthers().with(CRASHES));
    }
}
