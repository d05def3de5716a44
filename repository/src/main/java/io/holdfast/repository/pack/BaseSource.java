package io.holdfast.repository.pack;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;

/** Gives the chunks on which deltas are built (docs/repository-format.md, section 8). Safe for many threads. */
@FunctionalInterface
public interface BaseSource {
    /** For readers that meet no delta: of a repository that has none, or of tables of contents alone. */
    BaseSource NONE = id -> {
        throw HoldfastException.damaged("base chunk " + id + " is asked for where no delta can be");
    };

    /**
     * The content of a chunk that is stored in full, in an array that holds nothing else and must not be changed.
     *
     * @throws HoldfastException {@code DAMAGED} where no whole copy is found
     */
    byte[] read(ChunkId id);
}
