package io.holdfast.core;

import java.util.Map;

/** Where a server writes what happens, for its operators. Secrets never go there. Thread-safe. */
public interface EventLog {
    /** How grave it is. */
    enum Level {
        INFO,
        /** Somebody should look at it some day. */
        WARNING,
        /** Something does not work, or is a defect. */
        ERROR
    }

    /**
     * @param what happened, in words that stay the same each time
     * @param details what differs from one time to the next
     */
    void write(Level level, String what, Map<String, Object> details);

    default void info(String what, Map<String, Object> details) {
        write(Level.INFO, what, details);
    }

    default void warning(String what, Map<String, Object> details) {
        write(Level.WARNING, what, details);
    }

    default void error(String what, Map<String, Object> details) {
        write(Level.ERROR, what, details);
    }
}
