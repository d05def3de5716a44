package io.holdfast.plan;

import io.holdfast.repository.collect.LastGood;
import io.holdfast.repository.collect.RetentionPolicy;
import io.holdfast.repository.collect.RetentionPolicy.Every;
import io.holdfast.repository.collect.RetentionPolicy.Taken;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Which snapshots of one host and source expire, by what the server has seen itself: the order of its commits, and its own clock at each. What a host says of times
 * plays no role and is no input. So whoever has a host can add snapshots of now, one for each run that the server begins, and push none out of an earlier hour, day
 * or month.
 *
 * <p>The server's clock may have been wrong, too, and in doubt nothing goes. While it shows a time before one of its own commits, nothing expires at all. A commit
 * whose time contradicts the order (it is not on a longest sequence of times that never goes back) stays and counts for no rule, until those that it contradicts are
 * gone.
 */
public final class Expiry {
    /** Why one stays of which no rule says anything. */
    static final String NO_RULE = "no rule";

    private static final String OUT_OF_ORDER = "its time contradicts the order of commits";
    private static final String CLOCK_BEHIND = "the clock shows a time before a commit";

    private Expiry() {}

    /**
     * A snapshot as the catalog has it.
     *
     * @param sequence grows with each commit on the server
     * @param committed the server's clock at that time
     * @param isComplete whether nothing was left out
     * @param tags that somebody gave it
     */
    public record Committed(long sequence, Instant committed, boolean isComplete, List<String> tags) {
        public Committed {
            tags = List.copyOf(tags);
        }
    }

    /**
     * What becomes of a snapshot.
     *
     * @param reasons why it stays; empty where it expires
     */
    public record Decision(Committed snapshot, List<String> reasons) {
        public Decision {
            reasons = List.copyOf(reasons);
        }

        public boolean isKept() {
            return !reasons.isEmpty();
        }
    }

    /**
     * Decides about all snapshots of one host and source.
     *
     * @param snapshots in any order, with different sequences
     * @return in the order of their sequences; the newest complete one is always kept, and the newest one where none is
     */
    public static List<Decision> decide(RetentionPolicy policy, List<Committed> snapshots, Instant now) {
        List<Committed> ordered = snapshots.stream()
                .sorted((one, other) -> Long.compare(one.sequence(), other.sequence()))
                .toList();
        boolean isBehind =
                ordered.stream().anyMatch(snapshot -> snapshot.committed().isAfter(now));
        boolean[] isInOrder = longestInOrder(ordered);
        List<Taken> counted = new ArrayList<>(ordered.size());
        for (int i = 0; i < ordered.size(); i++) {
            if (isInOrder[i]) {
                counted.add(new Taken(ordered.get(i).committed(), ordered.get(i).tags()));
            }
        }
        Iterator<List<String>> reasons = policy.reasons(counted, now).iterator();
        int lastGood = lastGood(ordered);
        List<Decision> decisions = new ArrayList<>(ordered.size());
        for (int i = 0; i < ordered.size(); i++) {
            List<String> all = new ArrayList<>(isInOrder[i] ? reasons.next() : List.of(OUT_OF_ORDER));
            if (policy.isEmpty()) {
                all.add(NO_RULE);
            }
            if (isBehind) {
                all.add(CLOCK_BEHIND);
            }
            if (i == lastGood) {
                all.add(LastGood.REASON);
            }
            decisions.add(new Decision(ordered.get(i), all));
        }
        return decisions;
    }

    /** What a policy keeps, in one line, such as {@code last 3, daily 14, within 30d}; {@code all} where it has no rule. */
    public static String rules(RetentionPolicy policy) {
        List<String> rules = new ArrayList<>();
        for (Every every : Every.values()) {
            Integer count = policy.counts().get(every);
            if (count != null) {
                rules.add(every.word() + " " + count);
            }
        }
        policy.within().ifPresent(span -> rules.add("within " + span.text()));
        policy.tags().stream().sorted().forEach(tag -> rules.add("tag " + tag));
        return rules.isEmpty() ? "all" : String.join(", ", rules);
    }

    private static int lastGood(List<Committed> ordered) {
        for (int i = ordered.size() - 1; i >= 0; i--) {
            if (ordered.get(i).isComplete()) {
                return i;
            }
        }
        return ordered.size() - 1;
    }

    /** Which are on a longest sequence of times that never goes back (patience sorting; Fredman 1975). */
    private static boolean[] longestInOrder(List<Committed> ordered) {
        int[] lastOfLength = new int[ordered.size()];
        int[] before = new int[ordered.size()];
        int longest = 0;
        for (int i = 0; i < ordered.size(); i++) {
            Instant time = ordered.get(i).committed();
            int low = 0;
            int high = longest;
            while (low < high) {
                int middle = (low + high) / 2;
                if (ordered.get(lastOfLength[middle]).committed().isAfter(time)) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            before[i] = low == 0 ? -1 : lastOfLength[low - 1];
            lastOfLength[low] = i;
            longest = Math.max(longest, low + 1);
        }
        boolean[] isInOrder = new boolean[ordered.size()];
        for (int at = longest == 0 ? -1 : lastOfLength[longest - 1]; at >= 0; at = before[at]) {
            isInOrder[at] = true;
        }
        return isInOrder;
    }
}
