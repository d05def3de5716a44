package io.holdfast.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A media server that is known.
 *
 * @param name unique
 * @param url under which agents reach it
 * @param site where it stands: agents of the same site are sent to it first; empty where that is not said
 * @param seen absent where it never was here
 */
public record MediaServer(
        MediaServerId id,
        String name,
        String url,
        String site,
        State state,
        Instant added,
        @Nullable Sighting seen) {

    /** What a media server may be given. */
    public enum State {
        ACTIVE,
        /** It ends what it has, and gets nothing new. */
        DRAINING
    }
}
