package io.holdfast.catalog;

import java.time.Instant;

/**
 * Something that somebody should look at.
 *
 * @param kind a word of the control server's
 * @param object what it is about; of a kind and object there is one alert at most that is not closed
 * @param first when it was noticed
 * @param last when it was noticed again, or closed
 * @param count how often it was noticed
 * @param by who acknowledged or closed it; empty where nobody did
 * @param text what was noticed last
 * @param isTold whether those who wanted to know of it were told
 */
public record Alert(
        AlertId id,
        String kind,
        String object,
        Instant first,
        Instant last,
        long count,
        State state,
        String by,
        String text,
        boolean isTold) {

    /** What became of an alert. */
    public enum State {
        OPEN,
        /** Somebody knows. */
        ACKNOWLEDGED,
        /** It is over. */
        CLOSED
    }
}
