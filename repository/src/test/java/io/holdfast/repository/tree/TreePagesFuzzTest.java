package io.holdfast.repository.tree;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Pages of directories and of chunk lists, and the root. */
class TreePagesFuzzTest extends ParserFuzz {
    /** An unknown field needs a newer program. */
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED, ErrorCode.UNSUPPORTED_VERSION);

    TreePagesFuzzTest() {
        super(17);
    }

    @Override
    protected void feed(int rounds) {
        entries(rounds);
        directories(rounds);
        chunkLists(rounds);
    }

    private void entries(int rounds) {
        new Mutations(
                        IntStream.range(0, 30)
                                .mapToObj(i -> EntryCodecTest.encode(EntryCodecTest.entry(random)))
                                .toList(),
                        random)
                .feed(rounds, DAMAGE, input -> EntryCodec.read(new CborReader(input, "test")));
    }

    private void directories(int rounds) {
        new Mutations(directoryPages(), random)
                .feed(
                        rounds,
                        DAMAGE,
                        input -> new DirectoryReader(only(input)).page(ref(input), entry -> {}, page -> {}));
    }

    private void chunkLists(int rounds) {
        new Mutations(chunkListPages(), random)
                .feed(
                        rounds,
                        DAMAGE,
                        input -> new ContentReader(only(input))
                                .walk(
                                        new Content.Paged(ref(input), 1),
                                        page -> page.id().equals(ID),
                                        (id, length) -> true));
    }

    private static final ChunkId ID = new ChunkId(1, 2, 3, 4);

    private static PageRef ref(byte[] page) {
        return new PageRef(ID, Math.max(1, page.length));
    }

    /** Always this page: what lies below is left out by whoever reads. */
    private static ChunkSource only(byte[] page) {
        return id -> page.length == 0 ? new byte[1] : page;
    }

    /** Of a directory of some files: leaves, and the node above them. */
    private List<byte[]> directoryPages() {
        PageStore store = new PageStore();
        DirectoryWriter writer = new DirectoryWriter(store);
        for (int i = 0; i < 1_500; i++) {
            Bytes name = Bytes.wrap("f%04d".formatted(i).getBytes(StandardCharsets.US_ASCII));
            writer.add(TreeEntry.builder(name, EntryType.FILE)
                    .mode(0644)
                    .content(new Content.Inline(new byte[0]))
                    .build());
        }
        List<byte[]> pages = new ArrayList<>();
        new DirectoryReader(store).pages(writer.finish().orElseThrow(), page -> pages.add(store.content(page.id())));
        assertThat(pages).hasSizeGreaterThan(2);
        return pages;
    }

    private List<byte[]> chunkListPages() {
        PageStore store = new PageStore();
        ContentWriter writer = new ContentWriter(store);
        for (int i = 0; i < 3_000; i++) {
            writer.add(ChunkId.read(random.bytes(ChunkId.BYTES), 0), 1 + random.nextInt(4 << 20));
        }
        List<byte[]> pages = new ArrayList<>();
        new ContentReader(store)
                .walk(writer.finish(), page -> pages.add(store.content(page.id())), (id, length) -> true);
        assertThat(pages).hasSizeGreaterThan(2);
        return pages;
    }
}
