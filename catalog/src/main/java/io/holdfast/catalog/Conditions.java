package io.holdfast.catalog;

import java.util.ArrayList;
import java.util.List;

/** What a query asks for, put together from what a filter has. The words are of this program, values are bound. */
final class Conditions {
    private final List<String> words = new ArrayList<>();
    private final List<Object> values = new ArrayList<>();

    void add(String condition, Object... itsValues) {
        words.add(condition);
        values.addAll(List.of(itsValues));
    }

    /** Empty where everything is asked for. */
    String where() {
        return words.isEmpty() ? "" : "WHERE " + String.join(" AND ", words);
    }

    /** The values, and those of what follows the conditions. */
    Object[] arguments(Object... more) {
        List<Object> all = new ArrayList<>(values);
        all.addAll(List.of(more));
        return all.toArray();
    }
}
