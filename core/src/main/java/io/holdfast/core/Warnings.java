package io.holdfast.core;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes what went wrong on the way and did not end the work: somebody should know of it. Implementations are thread-safe and do not
 * throw.
 */
@FunctionalInterface
public interface Warnings {
    /** For those who have nobody to tell. */
    Warnings NONE = (subject, text) -> {};

    /**
     * @param subject what it is about: an object of the repository, a path
     * @param text what is wrong, and what to do; one line
     */
    void tell(String subject, String text);

    /** Says everything once, however often it is met. */
    default Warnings once() {
        Set<String> told = ConcurrentHashMap.newKeySet();
        return (subject, text) -> {
            if (told.add(subject + '\0' + text)) {
                tell(subject, text);
            }
        };
    }
}
