package io.holdfast.simulation.protocol;

import java.util.List;
import java.util.Optional;

/**
 * The repository protocol as a set of states and steps, small enough that a {@link Search} can visit every state.
 *
 * <h2>Why a model</h2>
 *
 * Writers, collectors and janitors share a store that offers put-if-absent and consistent get and list, and nothing else: no
 * clock, no lock. Whether a chunk can be lost is a question about the order of their requests, and the orders that lose one
 * are too rare to be met in a test that merely runs the program. Here every order is tried.
 *
 * <h2>What is modelled</h2>
 *
 * <ul>
 *   <li>Each list, get, put and delete is a step of its own, between two of which any other actor may do anything, or the
 *       actor may die. What it thinks in between belongs to the step before. An actor that is merely slow, for a day or a
 *       year, is one whose next step comes last.
 *   <li>{@link Writer}s register, read the condemned lists, take over chunks from an index of any age or from a parent's
 *       tree, upload, commit, and start again when they are fenced or too old. {@link Collector}s mark, repack, condemn,
 *       wait, mark again, judge and delete; any run can adopt any list at any point. {@link Bystanders} forget, fence,
 *       retire names and deliver late.
 *   <li>A commit or the put of a pack may be answered, or be lost, or arrive after anything else has happened. A delete that was
 *       once sent arrives at any later time, and then again whenever its object is there.
 *   <li>Packs and manifests may be locked, and time, a step of its own, ends locks: the store's clock is asked by nobody else. An intruder deletes what
 *       is not locked.
 *   <li>Sessions may be those of a host that can only write: it knows the packs that it has sent itself, and no others.
 *   <li>Names are numbers, never used twice, as random names are not.
 * </ul>
 *
 * <h2>What several requests in one step stand for</h2>
 *
 * Some requests are made in one step although the program needs several, where nothing in between could be seen: the newest
 * roster (list {@code verdict/}, get the newest, start over if it is gone: contents never change, so the answer was true when the
 * list was made); the newest generation (it only grows); adopting a list (wait set and verdict are put once); a janitor's
 * decision to retire (see there); the list of packs and the index of L3 (each pack that is found is asked for again when it is locked). Contents of condemned lists do not change either, so only whether they are still there
 * when they are read matters, and that is asked one by one.
 *
 * <h2>What is not modelled</h2>
 *
 * Contents, keys, cold packs, and heartbeats: fencing may happen at any time, so when it should is no question
 * of safety. Late puts of sessions, forget markers, condemned lists, wait sets and verdicts need no step of their own: a dead
 * actor's late request is a slow actor's request. This holds because each of those names is put by one run at most once, or is
 * put-if-absent by several with the same right. Readers have no steps: the invariant asks in every state that everything live
 * can be read.
 *
 * <h2>The invariant</h2>
 *
 * In every state: each chunk of each live snapshot has a copy in a pack that exists and is indexed; and a snapshot whose
 * writer was told that it is safe stays live until someone forgets it. The second half is what makes the first worth having: a
 * protocol under which no snapshot is ever live keeps the first.
 *
 * <p>And where there are locks: each chunk of each locked snapshot, as long as its lock lasts, has a copy in a pack that exists and is locked. Where an
 * intruder deletes what he can, this is all that is asked.
 */
final class ProtocolModel {
    private final Setting setting;
    private final Writer[] writers;
    private final Collector[] collectors;
    private final Bystanders bystanders;

    ProtocolModel(Setting setting) {
        this.setting = setting;
        this.writers = new Writer[setting.bounds().writers()];
        for (int i = 0; i < writers.length; i++) {
            writers[i] = new Writer(setting, i);
        }
        this.collectors = new Collector[setting.bounds().collectors()];
        for (int i = 0; i < collectors.length; i++) {
            collectors[i] = new Collector(setting, i);
        }
        this.bystanders = new Bystanders(setting);
    }

    /** The repository before anyone works on it: some packs, all indexed, and some committed snapshots. */
    long[] start() {
        long[] state = new long[Actors.WORDS];
        for (int chunks : setting.bounds().firstPacks()) {
            int pack = Store.namePack(state, Store.PACKS, chunks);
            Store.PACKS_EXISTING.add(state, pack);
            Store.index(state, pack);
            Store.lockPack(state, pack, setting.bounds().firstLock());
            if (setting.allows(Feature.WRITE_ONLY) && (chunks & ~Store.OF_HOST) == 0) {
                Store.PACKS_KEPT.add(state, pack);
            }
        }
        List<Integer> trees = setting.bounds().firstSnapshots();
        for (int id = 0; id < trees.size(); id++) {
            Store.IDS_DRAWN.add(state, id);
            Store.MANIFESTS.add(state, id);
            Store.ACKNOWLEDGED.add(state, id);
            Store.TREE[id].set(state, trees.get(id));
            Store.LOCK[id].set(state, setting.bounds().firstLock());
        }
        return state;
    }

    /** All steps that can be next. */
    void steps(long[] state, Successors out) {
        boolean idleSeen = false;
        for (int i = 0; i < writers.length; i++) {
            boolean idle = Writer.isIdle(state, i);
            if (!idle || !idleSeen) {
                writers[i].steps(state, out);
            }
            idleSeen |= idle;
        }
        idleSeen = false;
        for (int i = 0; i < collectors.length; i++) {
            boolean idle = Collector.isIdle(state, i);
            if (!idle || !idleSeen) {
                collectors[i].steps(state, out);
            }
            idleSeen |= idle;
        }
        bystanders.steps(state, out);
    }

    /** What is wrong with a state; nothing should be. */
    Optional<String> violation(long[] state) {
        Optional<String> unlocked = unlocked(state);
        return unlocked.isPresent() || setting.allows(Feature.INTRUDER) ? unlocked : lost(state);
    }

    /** A snapshot that is locked and has a chunk that is not, whether or not anybody calls it live. */
    private static Optional<String> unlocked(long[] state) {
        int snapshots = Store.MANIFESTS.of(state) & Store.lockedSnapshots(state);
        int chunks = snapshots == 0
                ? 0
                : Store.chunksOf(state, snapshots)
                        & ~Store.countedIn(state, Store.PACKS_EXISTING.of(state) & Store.lockedPacks(state));
        if (chunks == 0) {
            return Optional.empty();
        }
        return Optional.of("locked snapshot %s needs chunk %s, which no locked pack holds"
                .formatted(
                        StateText.snapshot(firstWith(state, snapshots, chunks & -chunks)),
                        StateText.chunks(chunks & -chunks)));
    }

    private Optional<String> lost(long[] state) {
        int live = Store.MANIFESTS.of(state) & ~Store.FORGOTTEN.of(state);
        if (setting.keeps(Rule.LIVE_NEEDS_ROSTER)) {
            live &= Store.admittedByRoster(state);
        }
        int lost = Store.ACKNOWLEDGED.of(state) & ~Store.FORGET_WANTED.of(state) & ~live;
        if (lost != 0) {
            return Optional.of("snapshot %s was acknowledged, nobody has forgotten it, and it is not live"
                    .formatted(StateText.snapshot(Integer.numberOfTrailingZeros(lost))));
        }
        int existing = Store.PACKS_EXISTING.of(state);
        int readable = setting.promise() == Promise.STORED ? existing : existing & Store.PACKS_INDEXED.of(state);
        int needed = Store.chunksOf(state, live);
        if ((needed & ~Store.countedIn(state, readable)) == 0) {
            return Optional.empty();
        }
        int chunks = needed & ~Store.countedIn(state, existing);
        if (chunks == 0) {
            chunks = needed & ~Store.countedIn(state, readable);
        }
        String chunk = StateText.chunks(chunks & -chunks);
        String snapshot = StateText.snapshot(firstWith(state, live, chunks & -chunks));
        return Optional.of(
                (chunks & Store.countedIn(state, existing)) == 0
                        ? "live snapshot %s needs chunk %s, which no pack holds".formatted(snapshot, chunk)
                        : "live snapshot %s needs chunk %s, which no indexed pack holds".formatted(snapshot, chunk));
    }

    private static int firstWith(long[] state, int ids, int chunk) {
        for (int rest = ids; rest != 0; rest &= rest - 1) {
            int id = Integer.numberOfTrailingZeros(rest);
            if ((Store.TREE[id].of(state) & chunk) != 0) {
                return id;
            }
        }
        throw new IllegalArgumentException("no id has chunk " + chunk);
    }
}
