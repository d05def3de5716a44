package io.holdfast.plan;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One key of a plan that changes.
 *
 * @param key as people find it in the file: {@code keep.daily}, {@code sources.'shop.sql'.command}
 * @param before absent where it was not there
 * @param after absent where it is not any more
 */
public record PlanChange(String key, Optional<String> before, Optional<String> after) {
    /** One line for people. */
    public String text() {
        if (before.isEmpty()) {
            return "+ " + key + ": " + after.orElse("");
        }
        return after.isEmpty()
                ? "- " + key + ": " + before.get()
                : "~ " + key + ": " + before.get() + " → " + after.get();
    }

    /** What differs between two plans, each as keys with their values. */
    static List<PlanChange> between(Map<String, String> old, Map<String, String> changed) {
        Set<String> keys = new LinkedHashSet<>(old.keySet());
        keys.addAll(changed.keySet());
        List<PlanChange> changes = new ArrayList<>();
        for (String key : keys) {
            Optional<String> before = Optional.ofNullable(old.get(key));
            Optional<String> after = Optional.ofNullable(changed.get(key));
            if (!before.equals(after)) {
                changes.add(new PlanChange(key, before, after));
            }
        }
        return changes;
    }
}
