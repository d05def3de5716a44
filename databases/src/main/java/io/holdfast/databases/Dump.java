package io.holdfast.databases;

import java.util.List;
import java.util.Optional;

/**
 * A dump that is whole.
 *
 * @param result what the consumer made of it
 * @param sizeBytes length of the stream
 * @param server make and version of the server
 * @param position of the server's log at the moment of the dump, for the catalog: from there the log leads on; absent where the server keeps none, or its make
 *     has none for dumps
 * @param warnings what does not make it worthless and should be known, one line each
 */
public record Dump<T>(T result, long sizeBytes, String server, Optional<LogPosition> position, List<String> warnings) {
    public Dump {
        warnings = List.copyOf(warnings);
    }
}
