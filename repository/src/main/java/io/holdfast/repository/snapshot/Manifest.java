package io.holdfast.repository.snapshot;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What stands in a snapshot object.
 *
 * @param started when the backup began, by the clock of its host: for people and retention only
 * @param host name of the machine
 * @param paths absolute paths, as bytes, ascending; of a stream its name alone, which has no slash
 * @param tags ascending
 * @param root the directory {@code /}
 * @param parent the snapshot that unchanged files were taken from
 * @param program name and version
 * @param users names of the user ids that occur
 * @param heads SHA-256 of the newest manifests its writer had seen
 * @param roster SHA-256 of the newest verdict its writer had seen
 * @param user who ran it
 * @param origin of a copy, the snapshot it was made of
 * @param lockedUntil whole seconds; what it takes to restore it cannot be deleted before; {@link Instant#EPOCH} where it is not locked
 */
public record Manifest(
        Timestamp started,
        Timestamp ended,
        String host,
        List<Bytes> paths,
        List<String> tags,
        Optional<PageRef> root,
        SnapshotStatistics statistics,
        Optional<SnapshotId> parent,
        String program,
        SortedMap<Long, String> users,
        SortedMap<Long, String> groups,
        List<Bytes> heads,
        Optional<Bytes> roster,
        String user,
        Optional<Origin> origin,
        Instant lockedUntil) {
    /** A snapshot in another repository. */
    public record Origin(Bytes repositoryId, SnapshotId snapshot) {}

    private static final int REPOSITORY_ID_BYTES = 16;
    private static final int STATISTICS = 10;
    private static final int HASH_BYTES = 32;

    /** One that is no copy. */
    public Manifest(
            Timestamp started,
            Timestamp ended,
            String host,
            List<Bytes> paths,
            List<String> tags,
            Optional<PageRef> root,
            SnapshotStatistics statistics,
            Optional<SnapshotId> parent,
            String program,
            SortedMap<Long, String> users,
            SortedMap<Long, String> groups,
            List<Bytes> heads,
            Optional<Bytes> roster,
            String user) {
        this(
                started,
                ended,
                host,
                paths,
                tags,
                root,
                statistics,
                parent,
                program,
                users,
                groups,
                heads,
                roster,
                user,
                Optional.empty(),
                Instant.EPOCH);
    }

    /** The same, locked. */
    public Manifest lockedUntil(Instant date) {
        return new Manifest(
                started,
                ended,
                host,
                paths,
                tags,
                root,
                statistics,
                parent,
                program,
                users,
                groups,
                heads,
                roster,
                user,
                origin,
                date);
    }

    /** Who made it and from what: snapshots of one source follow each other. */
    public Source source() {
        return new Source(host, paths);
    }

    /** The name of the stream that this is a snapshot of; empty where it is one of files. */
    public Optional<Bytes> streamName() {
        return paths.size() == 1
                        && paths.getFirst().length() > 0
                        && paths.getFirst().byteAt(0) != '/'
                ? Optional.of(paths.getFirst())
                : Optional.empty();
    }

    /** As it stands in the snapshot object (section 12). */
    public byte[] encode() {
        CborWriter out = new CborWriter();
        out.map(11
                + (root.isPresent() ? 1 : 0)
                + (parent.isPresent() ? 1 : 0)
                + (roster.isPresent() ? 1 : 0)
                + (origin.isPresent() ? 1 : 0)
                + (lockedUntil.equals(Instant.EPOCH) ? 0 : 1));
        time(out.unsigned(0), started);
        time(out.unsigned(1), ended);
        out.unsigned(2).text(host).unsigned(3).array(paths.size());
        paths.forEach(path -> out.bytes(path.unsafeArray()));
        out.unsigned(4).array(tags.size());
        tags.forEach(out::text);
        root.ifPresent(
                page -> out.unsigned(5).array(2).bytes(page.id().toByteArray()).unsigned(page.lengthBytes()));
        statistics(out.unsigned(6));
        parent.ifPresent(id -> out.unsigned(7).text(id.leaf()));
        out.unsigned(8).text(program);
        names(out.unsigned(9), users);
        names(out.unsigned(10), groups);
        out.unsigned(11).array(heads.size());
        heads.forEach(head -> out.bytes(head.unsafeArray()));
        roster.ifPresent(hash -> out.unsigned(12).bytes(hash.unsafeArray()));
        out.unsigned(13).text(user);
        origin.ifPresent(original -> out.unsigned(14)
                .array(2)
                .bytes(original.repositoryId().unsafeArray())
                .text(original.snapshot().leaf()));
        if (!lockedUntil.equals(Instant.EPOCH)) {
            out.unsigned(15).unsigned(lockedUntil.getEpochSecond());
        }
        return out.toByteArray();
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws io.holdfast.core.HoldfastException {@code DAMAGED}
     */
    public static Manifest decode(byte[] body, String what) {
        CborReader in = new CborReader(body, what);
        int fields = in.map();
        Timestamp started = Timestamp.ZERO;
        Timestamp ended = Timestamp.ZERO;
        String host = "";
        List<Bytes> paths = List.of();
        List<String> tags = List.of();
        Optional<PageRef> root = Optional.empty();
        SnapshotStatistics statistics = new SnapshotStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        Optional<SnapshotId> parent = Optional.empty();
        String program = "";
        SortedMap<Long, String> users = new TreeMap<>();
        SortedMap<Long, String> groups = new TreeMap<>();
        List<Bytes> heads = List.of();
        Optional<Bytes> roster = Optional.empty();
        String user = "";
        Optional<Origin> origin = Optional.empty();
        Instant lockedUntil = Instant.EPOCH;
        for (int key = -1; fields > 0; fields--) {
            key = in.key(key);
            switch (key) {
                case 0 -> started = time(in);
                case 1 -> ended = time(in);
                case 2 -> host = in.text();
                case 3 -> paths = byteStrings(in);
                case 4 -> tags = texts(in);
                case 5 -> {
                    in.array(2);
                    root = Optional.of(new PageRef(ChunkId.read(in.bytes(ChunkId.BYTES), 0), in.unsigned(4 << 20)));
                }
                case 6 -> statistics = statistics(in);
                case 7 -> parent = Optional.of(SnapshotId.parse(in.text()));
                case 8 -> program = in.text();
                case 9 -> users = names(in);
                case 10 -> groups = names(in);
                case 11 -> heads = byteStrings(in);
                case 12 -> roster = Optional.of(Bytes.wrap(in.bytes(HASH_BYTES)));
                case 13 -> user = in.text();
                case 14 -> {
                    in.array(2);
                    Bytes repository = Bytes.wrap(in.bytes(REPOSITORY_ID_BYTES));
                    origin = Optional.of(new Origin(repository, SnapshotId.parse(in.text())));
                }
                case 15 -> lockedUntil = in.date();
                default -> in.skip();
            }
        }
        in.finish();
        return new Manifest(
                started,
                ended,
                host,
                paths,
                tags,
                root,
                statistics,
                parent,
                program,
                users,
                groups,
                heads,
                roster,
                user,
                origin,
                lockedUntil);
    }

    private void statistics(CborWriter out) {
        long[] values = {
            statistics.files(),
            statistics.directories(),
            statistics.others(),
            statistics.bytes(),
            statistics.addedBytes(),
            statistics.storedBytes(),
            statistics.newFiles(),
            statistics.changedFiles(),
            statistics.unchangedFiles(),
            statistics.unreadable()
        };
        out.map(STATISTICS);
        for (int key = 0; key < STATISTICS; key++) {
            out.unsigned(key).unsigned(values[key]);
        }
    }

    private static SnapshotStatistics statistics(CborReader in) {
        long[] v = new long[STATISTICS];
        int key = -1;
        for (int left = in.map(); left > 0; left--) {
            key = in.key(key);
            long value = in.unsigned();
            if (key < STATISTICS) {
                v[key] = value;
            }
        }
        return new SnapshotStatistics(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]);
    }

    private static void time(CborWriter out, Timestamp time) {
        out.array(2).integer(time.seconds()).unsigned(time.nanos());
    }

    private static Timestamp time(CborReader in) {
        in.array(2);
        return new Timestamp(in.integer(), in.unsigned(999_999_999));
    }

    private static void names(CborWriter out, SortedMap<Long, String> names) {
        out.map(names.size());
        names.forEach((number, name) -> out.unsigned(number).text(name));
    }

    private static SortedMap<Long, String> names(CborReader in) {
        SortedMap<Long, String> names = new TreeMap<>();
        long previous = -1;
        for (int left = in.map(); left > 0; left--) {
            long number = in.unsigned();
            if (number <= previous) {
                throw in.damaged("names out of order");
            }
            names.put(number, in.text());
            previous = number;
        }
        return names;
    }

    private static List<Bytes> byteStrings(CborReader in) {
        int count = in.array();
        List<Bytes> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(Bytes.wrap(in.bytes()));
        }
        return list;
    }

    private static List<String> texts(CborReader in) {
        int count = in.array();
        List<String> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(in.text());
        }
        return list;
    }
}
