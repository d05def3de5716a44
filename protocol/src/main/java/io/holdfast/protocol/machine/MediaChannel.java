package io.holdfast.protocol.machine;

import io.holdfast.protocol.SnapshotText;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a media server and the control server say to each other (docs/server.md, "Remote media servers"). */
public final class MediaChannel {
    private MediaChannel() {}

    /**
     * What a media server is, as it says itself.
     *
     * @param version of the program
     * @param address host and port under which agents reach it
     * @param facts such as {@code os} and {@code cores}, for people
     * @param held the repositories whose keys it has
     */
    public record Question(String version, String address, Map<String, String> facts, List<Held> held) {
        public Question {
            held = List.copyOf(held);
        }
    }

    /**
     * A repository at a media server.
     *
     * @param trouble why it is not open; absent where it is
     * @param storedBytes in its store, as its index knows
     * @param freeBytes left where it lies, and of how many; absent where nobody can tell
     */
    public record Held(
            String repositoryId,
            Optional<String> trouble,
            long storedBytes,
            Optional<Long> freeBytes,
            Optional<Long> totalBytes) {}

    /**
     * @param name of the media server
     * @param repositories all that it is to have open
     * @param pauseSeconds how long to wait before the next question; 0 for at once
     * @param servers host and port of each control server that says under which name it is reached
     */
    public record Answer(String name, List<Served> repositories, long pauseSeconds, List<String> servers) {
        public Answer {
            repositories = List.copyOf(repositories);
            servers = List.copyOf(servers);
        }
    }

    /**
     * A repository that a media server is to have open.
     *
     * @param key text of a key file that opens it; absent where the media server has that already
     * @param make whether it is to be made where there is none
     */
    public record Served(String repositoryId, String name, String url, Optional<String> key, boolean make) {
        /** Never the key. */
        @Override
        public String toString() {
            return "repository " + name + " at " + url;
        }
    }

    /** Whether a certificate of a host counts: its serial and the SHA-256 of its public key, in hexadecimal digits. */
    public record Admission(String host, String serial, String publicKey) {}

    public record Admitted(boolean counts) {}

    /** What a host's job is about. */
    public record JobQuestion(String host, String job, long fence) {}

    /**
     * What a job is about.
     *
     * @param hostName under which its snapshots are made
     * @param now by the clock of the control server
     */
    public record Terms(
            String repository,
            String repositoryId,
            String hostName,
            Optional<BackupOrder> backup,
            Optional<RestoreOrder> restore,
            Instant now) {}

    /**
     * A snapshot was made for a job.
     *
     * @param sentBytes chunks that the host sent, before compression
     * @param addedBytes those of them that nobody had sent before
     * @param storedBytes by which the repository grew
     */
    public record Committed(
            String host, String job, SnapshotText snapshot, long sentBytes, long addedBytes, long storedBytes) {}
}
