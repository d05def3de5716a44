package io.holdfast.simulation.protocol;

import java.util.StringJoiner;

/** Says a state, and the things in it, in words: packs are P0, P1..., snapshots S0..., condemned lists L0..., chunks a, b. */
final class StateText {

    private StateText() {}

    static String snapshot(int id) {
        return "S" + id;
    }

    static String pack(int pack) {
        return "P" + pack;
    }

    static String list(int list) {
        return "L" + list;
    }

    static String chunks(int chunks) {
        StringBuilder text = new StringBuilder();
        for (int rest = chunks; rest != 0; rest &= rest - 1) {
            text.append((char) ('a' + Integer.numberOfTrailingZeros(rest)));
        }
        return text.toString();
    }

    static String subject(Step step, int subject) {
        if (subject == Store.NONE) {
            return "";
        }
        return switch (step) {
            case WRITER_PUTS_PACK,
                    WRITER_LOSES_PACK_PUT,
                    WRITER_PUTS_INDEX,
                    WRITER_LOCKS_PACK,
                    WRITER_FINDS_PACK_GONE,
                    COLLECTOR_REPACKS,
                    COLLECTOR_INDEXES,
                    PACK_PUT_LANDS,
                    PACK_DELETE_LANDS,
                    PACK_LOCKED,
                    INTRUDER_DELETES_PACK -> pack(subject);
            case WRITER_GETS_CONDEMNED, WRITER_FINDS_LIST_GONE, VERDICT_REMOVED -> list(subject);
            default -> step.isCollectors() ? list(subject) : snapshot(subject);
        };
    }

    /** Who acts, named by what he works on, since the numbers of actors mean nothing. */
    static String actor(long[] before, long[] after, Step step, int actor) {
        if (step.isWriters()) {
            long[] state = Writer.isIdle(before, actor) ? after : before;
            return "writer of " + snapshot(Writer.idOf(state, actor));
        }
        if (step.isCollectors()) {
            int list = Collector.listOf(before, actor);
            list = list == Store.NONE ? Collector.listOf(after, actor) : list;
            return list == Store.NONE ? "collector" : "collector of " + list(list);
        }
        return "";
    }

    /** The store's objects in one line. */
    static String store(long[] state) {
        StringJoiner text = new StringJoiner(" ");
        for (int pack = 0; pack < Integer.bitCount(Store.PACKS_NAMED.of(state)); pack++) {
            if (Store.PACKS_EXISTING.has(state, pack)) {
                String unindexed = Store.PACKS_INDEXED.has(state, pack) ? "" : " not indexed";
                int bases = Store.basesIn(state, 1 << pack);
                String delta = bases == 0 ? "" : " c on " + chunks(bases);
                String lock = locked(Store.PACK_LOCK[pack].of(state));
                String kept = Store.PACKS_KEPT.has(state, pack) ? " known to the host" : "";
                text.add(pack(pack) + "(" + chunks(Store.fullIn(state, 1 << pack)) + delta + unindexed + lock + kept
                        + ")");
            }
        }
        for (int id = 0; id < Store.IDS; id++) {
            String name = name(state, id);
            if (!name.isEmpty()) {
                text.add(snapshot(id) + "(" + name + ")");
            }
        }
        for (int list = 0; list < Store.LISTS; list++) {
            list(state, list, text);
        }
        return text.toString();
    }

    private static String locked(int duration) {
        return duration == 0 ? "" : " locked for " + duration;
    }

    private static String name(long[] state, int id) {
        StringJoiner text = new StringJoiner(", ");
        if (Store.SESSIONS.has(state, id)) {
            text.add("session");
        }
        if (Store.MANIFESTS.has(state, id)) {
            text.add("manifest of " + chunks(Store.TREE[id].of(state)) + locked(Store.LOCK[id].of(state)));
        }
        if (Store.TOMBSTONES.has(state, id)) {
            text.add("tombstone");
        }
        if (Store.FORGOTTEN.has(state, id)) {
            text.add("forgotten");
        }
        if (Store.COMMITS_IN_FLIGHT.has(state, id)) {
            text.add("commit in flight");
        }
        return text.length() == 0 ? "" : text.toString() + ", generation " + Store.GENERATION[id].of(state);
    }

    private static void list(long[] state, int list, StringJoiner text) {
        if (Store.LISTS_STANDING.has(state, list)) {
            text.add("%s(generation %d condemns %s, marked %s)"
                    .formatted(
                            list(list),
                            Store.LIST_GENERATION[list].of(state),
                            packs(Store.CANDIDATES[list].of(state)),
                            snapshots(Store.MARKED[list].of(state))));
        }
        if (Store.VERDICTS_PUT.has(state, list)) {
            text.add("verdict of %s(generation %d, deletes %s, roster %s)"
                    .formatted(
                            list(list),
                            Store.LIST_GENERATION[list].of(state),
                            packs(Store.VERDICT[list].of(state)),
                            snapshots(Store.ROSTER[list].of(state))));
        }
    }

    private static String packs(int packs) {
        StringJoiner text = new StringJoiner("+").setEmptyValue("nothing");
        for (int rest = packs; rest != 0; rest &= rest - 1) {
            text.add(pack(Integer.numberOfTrailingZeros(rest)));
        }
        return text.toString();
    }

    private static String snapshots(int ids) {
        StringJoiner text = new StringJoiner("+").setEmptyValue("nothing");
        for (int rest = ids; rest != 0; rest &= rest - 1) {
            text.add(snapshot(Integer.numberOfTrailingZeros(rest)));
        }
        return text.toString();
    }
}
