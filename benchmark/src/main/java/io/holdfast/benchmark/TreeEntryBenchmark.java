package io.holdfast.benchmark;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.DirectoryWriter;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Entries of a directory of 1,000 files into CBOR pages and out of them; a figure is that of one entry. */
@State(Scope.Thread)
public class TreeEntryBenchmark {
    private static final int ENTRIES = 1_000;

    private final List<TreeEntry> entries = makeEntries();
    private final Map<ChunkId, byte[]> pages = new HashMap<>();
    private final DirectoryReader reader = new DirectoryReader(id -> {
        byte[] page = pages.get(id);
        if (page == null) {
            throw new IllegalStateException("no page " + id);
        }
        return page;
    });
    private final Optional<PageRef> directory = writeKeeping();

    private static List<TreeEntry> makeEntries() {
        List<TreeEntry> made = new ArrayList<>();
        byte[] ref = Arrays.copyOf(Sha256.of(new byte[0]), Content.REF_BYTES);
        ref[ChunkId.BYTES] = 100;
        for (int i = 0; i < ENTRIES; i++) {
            Bytes name = Bytes.wrap("file%04d.c".formatted(i).getBytes(StandardCharsets.US_ASCII));
            made.add(TreeEntry.builder(name, EntryType.FILE)
                    .mode(0644)
                    .owner(1000, 1000)
                    .modified(new Timestamp(1_700_000_000 + i, 123_456_789))
                    .changed(new Timestamp(1_700_000_000 + i, 987_654_321))
                    .inode(64, 1_000_000 + i, 1)
                    .sizeBytes(100)
                    .content(new Content.Inline(ref))
                    .build());
        }
        return made;
    }

    private Optional<PageRef> writeKeeping() {
        return write(new DirectoryWriter((kind, content, offset, length) -> {
            byte[] page = Arrays.copyOfRange(content, offset, offset + length);
            ChunkId id = ChunkId.read(Sha256.of(page), 0);
            pages.put(id, page);
            return id;
        }));
    }

    private Optional<PageRef> write(DirectoryWriter writer) {
        entries.forEach(writer::add);
        return writer.finish();
    }

    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public Optional<PageRef> write() {
        ChunkId id = new ChunkId(1, 2, 3, 4);
        return write(new DirectoryWriter((kind, content, offset, length) -> id));
    }

    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public int read() {
        int count = 0;
        for (Iterator<TreeEntry> each = reader.entries(directory); each.hasNext(); each.next()) {
            count++;
        }
        return count;
    }
}
