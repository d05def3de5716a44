package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.core.Warnings;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.FrameRecord;
import io.holdfast.protocol.FrameStream;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SessionRequest;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.ContentWriter;
import io.holdfast.repository.tree.DirectoryWriter;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.storage.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The media server's core with a repository, and hosts that say what they like. */
final class SessionLab implements AutoCloseable {
    static final List<Bytes> SOURCE = List.of(Bytes.wrap("/home".getBytes(StandardCharsets.UTF_8)));
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2030-01-01T00:00:00Z"));

    private final SecureRandom random = new SecureRandom();
    private final Credential key = new Credential.Key(KeyFile.generate(random));
    private final ObjectStore store;
    private final Path directory;
    private final RepositorySettings settings;
    private final Map<String, Long> fences = new ConcurrentHashMap<>();
    private final Map<String, Set<SnapshotId>> restores = new ConcurrentHashMap<>();
    private final Set<String> sealed = ConcurrentHashMap.newKeySet();
    private Repository repository;
    private HostSessions sessions;
    private HostReads reads;

    SessionLab(ObjectStore store, Path directory) {
        this.store = store;
        this.directory = directory;
        this.settings = new RepositorySettings(
                directory,
                2,
                random,
                CLOCK,
                "test",
                new ChunkerParameters(1 << 10, 4 << 10, 16 << 10),
                64 << 10,
                64 << 10,
                Optional.empty(),
                Warnings.NONE);
        this.repository = Repository.create(store, Repository.newId(settings), key, "test", settings)
                .repository();
        this.sessions = newSessions();
        this.reads = newReads();
    }

    private HostSessions newSessions() {
        return new HostSessions(
                new Word(),
                id -> Optional.of(repository),
                new HostSessions.Settings(
                        directory.resolve("sent"),
                        Duration.ofMinutes(15),
                        Duration.ofSeconds(20),
                        random,
                        WallClock.system(),
                        MonotonicClock.system()));
    }

    private HostReads newReads() {
        return new HostReads(new Word(), id -> Optional.of(repository), random, MonotonicClock.system());
    }

    /** The machine dies: what was not durable is gone, and nobody said good-bye. */
    void die() {
        repository = Repository.open(store, List.of(key), settings);
        sessions = newSessions();
        reads = newReads();
    }

    HostSessions sessions() {
        return sessions;
    }

    HostReads reads() {
        return reads;
    }

    Repository repository() {
        return repository;
    }

    /** The control server gives the job (of this name) to this host; with a higher fence, anew. */
    void give(String host, String job, long fence) {
        fences.put(host + "/" + job, fence);
    }

    void allowRestore(String host, String job, SnapshotId snapshot) {
        restores.put(host + "/" + job, Set.of(snapshot));
    }

    /** The job of this name is one whose host encrypts itself. */
    void seal(String job) {
        sealed.add(job);
    }

    /** What the control server says. */
    private final class Word implements JobDesk {
        @Override
        public JobTerms confirm(String host, String job, long fence) {
            String name = host + "/" + job;
            if (!Long.valueOf(fence).equals(fences.get(name))) {
                throw new HoldfastException(ErrorCode.FENCED, "job " + job + " is another's");
            }
            JobTerms terms = new JobTerms(
                    repository.config().repositoryId(),
                    "name of " + host,
                    AllowedSources.of(SOURCE),
                    restores.getOrDefault(name, Set.of()));
            return sealed.contains(job) ? terms.inVaultOf(host) : terms;
        }

        @Override
        public void committed(String host, String job, Snapshot snapshot, Taken taken) {}

        @Override
        public void sealed(String host, String job, SealedSnapshot snapshot) {
            throw new IllegalStateException("no job here is about a vault");
        }
    }

    /** A host with a job. */
    Sender begin(String host, String job) {
        fences.putIfAbsent(host + "/" + job, 1L);
        return begin(host, job, fences.getOrDefault(host + "/" + job, 1L));
    }

    Sender begin(String host, String job, long fence) {
        return new Sender(host, sessions.begin(host, SessionRequest.of(job, fence, SOURCE, 1 << 20)));
    }

    @Override
    public void close() {
        sessions.close();
        reads.close();
        repository.close();
    }

    /** Bytes, so that their kind is said when they are sent. */
    record Piece(ChunkKind kind, ChunkId id, byte[] content) {}

    /** A host's end of a session. */
    final class Sender {
        private final String host;
        private final SessionAnswer answer;
        private final ChunkHasher hasher = repository.newHasher();

        private Sender(String host, SessionAnswer answer) {
            this.host = host;
            this.answer = answer;
        }

        SessionAnswer answer() {
            return answer;
        }

        HostSession session() {
            return sessions.find(host, answer.session());
        }

        Piece piece(ChunkKind kind, byte[] content) {
            return new Piece(kind, hasher.id(content, 0, content.length), content);
        }

        Piece content(String text) {
            return piece(ChunkKind.CONTENT, text.getBytes(StandardCharsets.UTF_8));
        }

        void send(Piece... pieces) {
            sendRaw(stream(frame(pieces)));
        }

        void sendRaw(byte[] stream) {
            try {
                session().frames(new ByteArrayInputStream(stream));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** A tree of one file with this content, and the page of its root; children come first. */
        List<Piece> tree(Piece... content) {
            List<Piece> pages = new ArrayList<>();
            ContentWriter writer =
                    new ContentWriter((kind, bytes, offset, length) -> keep(pages, kind, bytes, offset, length));
            for (Piece each : content) {
                writer.add(each.id(), each.content().length);
            }
            return tree(pages, writer.finish());
        }

        private List<Piece> tree(List<Piece> pages, Content content) {
            DirectoryWriter directory =
                    new DirectoryWriter((kind, bytes, offset, length) -> keep(pages, kind, bytes, offset, length));
            directory.add(TreeEntry.builder(Bytes.wrap(new byte[] {'f'}), EntryType.FILE)
                    .content(content)
                    .build());
            TreeEntry root = TreeEntry.builder(Bytes.wrap(new byte[0]), EntryType.DIRECTORY)
                    .directory(directory.finish().orElseThrow())
                    .build();
            PageRef ignored = DirectoryWriter.storeRoot(
                    (kind, bytes, offset, length) -> keep(pages, kind, bytes, offset, length), root);
            return pages;
        }

        private ChunkId keep(List<Piece> pages, ChunkKind kind, byte[] bytes, int offset, int length) {
            Piece page = piece(kind, Arrays.copyOfRange(bytes, offset, offset + length));
            pages.add(page);
            return page.id();
        }

        SnapshotId commit(Piece root) {
            session().flush();
            return SnapshotId.parse(
                    session().commit(CommitRequest.of(manifest(root))).snapshot());
        }

        /** Content and the tree around it. */
        SnapshotId backup(Piece... content) {
            send(content);
            List<Piece> pages = tree(content);
            send(pages.toArray(new Piece[0]));
            return commit(pages.getLast());
        }
    }

    static FrameRecord frame(Piece... pieces) {
        int[] lengths = Arrays.stream(pieces).mapToInt(p -> p.content().length).toArray();
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        List<FrameRecord.Chunk> chunks = new ArrayList<>();
        for (Piece piece : pieces) {
            plain.writeBytes(piece.content());
            chunks.add(new FrameRecord.Chunk(piece.kind(), piece.id(), piece.content().length));
        }
        byte[] target = new byte[FrameCodec.MAX_ENCODED_BYTES];
        try (FrameCodec codec = new FrameCodec()) {
            int length = codec.encode(plain.toByteArray(), lengths, lengths.length, target);
            return new FrameRecord(chunks, List.of(), Arrays.copyOf(target, length));
        }
    }

    static byte[] stream(FrameRecord... frames) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            FrameStream.Writer writer = new FrameStream.Writer(bytes);
            for (FrameRecord frame : frames) {
                writer.write(frame);
            }
            writer.finish();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Manifest manifest(Piece root) {
        return new Manifest(
                Timestamp.of(CLOCK.instant()),
                Timestamp.of(CLOCK.instant()),
                "somebody else",
                List.of(Bytes.wrap("/etc".getBytes(StandardCharsets.UTF_8))),
                List.of("tag"),
                Optional.of(new PageRef(root.id(), root.content().length)),
                new SnapshotStatistics(1, 1, 0, 5, 1_000_000, 1_000_000, 1, 0, 0, 0),
                Optional.empty(),
                "program",
                new TreeMap<>(),
                new TreeMap<>(),
                List.of(),
                Optional.empty(),
                "user");
    }
}
