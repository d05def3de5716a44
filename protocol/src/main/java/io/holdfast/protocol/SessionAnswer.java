package io.holdfast.protocol;

import io.holdfast.core.Bytes;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.NamingKeys;
import java.util.Optional;

/**
 * A session of a host.
 *
 * @param session names it in what follows
 * @param naming cuts and names chunks
 * @param asks whether it makes sense to ask what is known: something is
 * @param deltas whether it makes a difference which chunks a new one is like
 * @param parent the newest live snapshot of the same source
 */
public record SessionAnswer(
        String session, Naming naming, boolean asks, boolean deltas, Optional<SnapshotText> parent) {
    /**
     * How chunks are cut and named.
     *
     * @param repository its id, in base64url
     * @param idKey in base64url
     */
    public record Naming(String repository, String idKey, int minBytes, int averageBytes, int maxBytes) {
        public static Naming of(NamingKeys keys, ChunkerParameters chunker) {
            return new Naming(
                    Base64Text.of(keys.repositoryId()),
                    Base64Text.of(Bytes.wrap(keys.idKey())),
                    chunker.minBytes(),
                    chunker.averageBytes(),
                    chunker.maxBytes());
        }

        public NamingKeys keys() {
            return new NamingKeys(
                    Base64Text.bytes(repository), Base64Text.bytes(idKey).toByteArray());
        }

        public Chunker chunker() {
            return new Chunker(new ChunkerParameters(minBytes, averageBytes, maxBytes), keys().gearTable());
        }

        /** Never the key. */
        @Override
        public String toString() {
            return "naming of repository " + repository;
        }
    }
}
