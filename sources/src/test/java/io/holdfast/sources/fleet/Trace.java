package io.holdfast.sources.fleet;

import io.holdfast.repository.snapshot.SnapshotId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What happened, one line a call, with short names: P3 is a pack, S2 a session and its snapshot, L1 a list, I4 an index segment. */
final class Trace {
    private final List<String> who = new ArrayList<>();
    private final List<String> what = new ArrayList<>();

    synchronized void add(String actor, String text) {
        who.add(actor);
        what.add(text);
    }

    /** The last lines, or all. */
    synchronized String text(int lastLines) {
        Map<String, String> shortNames = new HashMap<>();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < what.size(); i++) {
            String line = "%5d  %-10s %s%n".formatted(i, who.get(i), shorten(what.get(i), shortNames));
            if (i >= what.size() - lastLines) {
                text.append(line);
            }
        }
        return text.toString();
    }

    /** Tells whether two runs were the same: names differ, because threads of one actor draw them in any order. */
    synchronized List<String> shape() {
        return List.copyOf(who);
    }

    private static String shorten(String line, Map<String, String> shortNames) {
        String[] words = line.split(" ");
        for (int i = 0; i < words.length; i++) {
            words[i] = shortName(words[i], shortNames);
        }
        return String.join(" ", words);
    }

    private static String shortName(String word, Map<String, String> shortNames) {
        int slash = word.lastIndexOf('/');
        String leaf = slash < 0 ? word : word.substring(slash + 1);
        if (slash < 0 || leaf.length() < 20) {
            return word;
        }
        String prefix = word.substring(0, slash + 1);
        if (prefix.startsWith("packs/")) {
            String kind = prefix.startsWith("packs/data") ? "packs/data/" : "packs/meta/";
            return kind + named("P", leaf, shortNames);
        }
        if (prefix.equals("index/")) {
            return prefix + named("I", leaf, shortNames);
        }
        String id = leaf.contains(".") ? leaf.substring(0, leaf.indexOf('.')) : leaf;
        int generation = SnapshotId.find(id).map(SnapshotId::generation).orElse(-1);
        boolean isList = List.of("condemned/", "waits/", "verdict/").contains(prefix);
        return prefix + named(isList ? "L" : "S", id, shortNames) + "(g" + generation + ")";
    }

    private static String named(String letter, String leaf, Map<String, String> shortNames) {
        return shortNames.computeIfAbsent(
                letter + leaf,
                key -> letter
                        + shortNames.keySet().stream()
                                .filter(other -> other.startsWith(letter))
                                .count());
    }
}
