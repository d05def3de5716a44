package io.holdfast.simulation.protocol;

import java.util.EnumSet;
import java.util.Set;

/** What the actors of one search are given: bounds, what may happen, and which rules they break. */
record Setting(Configuration bounds, Set<Rule> broken, Promise promise) {

    Setting {
        broken = broken.isEmpty() ? EnumSet.noneOf(Rule.class) : EnumSet.copyOf(broken);
    }

    static Setting byTheRules(Configuration bounds) {
        return new Setting(bounds, Set.of(), Promise.STORED_AND_INDEXED);
    }

    boolean keeps(Rule rule) {
        return !broken.contains(rule);
    }

    boolean allows(Feature feature) {
        return bounds.features().contains(feature);
    }
}
