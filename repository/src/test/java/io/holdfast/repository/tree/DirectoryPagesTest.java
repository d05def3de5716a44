package io.holdfast.repository.tree;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.testkit.SeededRandom;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DirectoryPagesTest {
    private final PageStore pages = new PageStore();
    private final DirectoryReader reader = new DirectoryReader(pages);

    @Test
    void findsEveryEntryOfDirectoriesOfAllSizes() {
        SeededRandom random = new SeededRandom(1);
        List<Bytes> all = List.copyOf(names(random, 20_000));
        for (int size : new int[] {0, 1, 2, 3, 10, 100, 127, 128, 129, 1_000, 1_023, 1_024, 1_025, 5_000, 20_000}) {
            List<Bytes> names = all.subList(0, size);
            Optional<PageRef> root = write(names);
            assertThat(root.isPresent()).isEqualTo(size > 0);
            assertThat(list(root)).isEqualTo(names);
            for (int i = 0; i < size; i += 1 + size / 200) {
                pages.takeReads();
                assertThat(reader.find(root, names.get(i)).orElseThrow().name()).isEqualTo(names.get(i));
                assertThat(pages.takeReads()).isLessThanOrEqualTo(3);
                assertThat(reader.find(root, absent(names.get(i)))).isEmpty();
            }
        }
    }

    @Test
    void goesOnFromAnyNameWithoutReadingWhatIsBefore() {
        List<Bytes> names = List.copyOf(names(new SeededRandom(3), 20_000));
        Optional<PageRef> root = write(names);
        for (int i = 0; i < names.size(); i += 997) {
            pages.takeReads();
            Iterator<TreeEntry> from = reader.entriesFrom(root, names.get(i));
            assertThat(from.next().name()).isEqualTo(names.get(i));
            assertThat(pages.takeReads()).isLessThanOrEqualTo(3);
            int left = 1;
            for (; from.hasNext(); left++) {
                assertThat(from.next().name()).isEqualTo(names.get(i + left));
            }
            assertThat(left).isEqualTo(names.size() - i);
            Iterator<TreeEntry> behind = reader.entriesFrom(root, absent(names.get(i)));
            assertThat(behind.hasNext()).isEqualTo(i + 1 < names.size());
        }
    }

    /** Around each cut the last page, the page above and the root may or may not be needed. */
    @Test
    void findsEveryEntryAtEveryCut() {
        SeededRandom random = new SeededRandom(2);
        List<Bytes> all = List.copyOf(names(random, 4_000));
        int seen = 0;
        for (int size = 1; size < all.size(); size++) {
            // A name at which a page ends, or the one after it.
            if (!endsAPage(all.get(size - 1), 0) && !endsAPage(all.get(Math.max(0, size - 2)), 0)) {
                continue;
            }
            seen++;
            List<Bytes> names = all.subList(0, size);
            Optional<PageRef> root = write(names);
            assertThat(list(root)).isEqualTo(names);
            assertThat(reader.find(root, names.getLast())).isPresent();
            assertThat(reader.find(root, names.getFirst())).isPresent();
        }
        assertThat(seen).isGreaterThan(30);
    }

    @Test
    void cutsPagesOfNamesThatNeverSaySo() {
        List<Bytes> names = new ArrayList<>();
        for (int i = 0; names.size() < 2_049; i++) {
            Bytes name = name("%08d".formatted(i));
            if (!endsAPage(name, 0)) {
                names.add(name);
            }
        }
        for (int size : new int[] {1_023, 1_024, 1_025, 2_047, 2_048, 2_049}) {
            Optional<PageRef> root = write(names.subList(0, size));
            assertThat(list(root)).isEqualTo(names.subList(0, size));
            assertThat(reader.find(root, names.get(size - 1))).isPresent();
        }
    }

    @Test
    void takesNamesThatEndPagesOnSeveralLevels() {
        List<Bytes> names = new ArrayList<>();
        int onTwoLevels = 0;
        for (int i = 0; onTwoLevels < 3; i++) {
            Bytes name = name("%08d".formatted(i));
            if (endsAPage(name, 0)) {
                names.add(name);
                onTwoLevels += endsAPage(name, 1) ? 1 : 0;
            }
        }
        for (int size = 1; size <= names.size(); size += 1 + size / 50) {
            Optional<PageRef> root = write(names.subList(0, size));
            assertThat(list(root)).isEqualTo(names.subList(0, size));
            for (int i = 0; i < size; i += 1 + size / 20) {
                assertThat(reader.find(root, names.get(i))).isPresent();
            }
            assertThat(reader.find(root, names.get(size - 1))).isPresent();
        }
    }

    @Test
    void rewritesFewPagesOfALargeDirectory() {
        SeededRandom random = new SeededRandom(3);
        SortedSet<Bytes> names = names(random, 100_000);
        List<Bytes> all = List.copyOf(names);
        write(all);
        assertThat(pages.takeAdded()).isBetween(600, 1_400);
        for (int round = 0; round < 4; round++) {
            Bytes changed = random.pick(all);
            write(all, Optional.of(changed));
            assertThat(pages.takeAdded()).as("touched").isBetween(1, 4);
        }
        for (int round = 0; round < 2; round++) {
            SortedSet<Bytes> one = new TreeSet<>(names);
            assertThat(one.remove(random.pick(all))).isTrue();
            write(List.copyOf(one));
            assertThat(pages.takeAdded()).as("removed").isBetween(1, 6);
            one = new TreeSet<>(names);
            one.add(name("new-" + random.nextLong()));
            write(List.copyOf(one));
            assertThat(pages.takeAdded()).as("added").isBetween(1, 6);
        }
    }

    @Test
    void givesTheSamePagesForTheSameEntries() {
        List<Bytes> names = List.copyOf(names(new SeededRandom(4), 3_000));
        Optional<PageRef> first = write(names);
        pages.takeAdded();
        assertThat(write(names)).isEqualTo(first);
        assertThat(pages.takeAdded()).isZero();
    }

    @Test
    void visitsEveryPageOnce() {
        Optional<PageRef> root = write(List.copyOf(names(new SeededRandom(5), 10_000)));
        int stored = pages.takeAdded();
        List<PageRef> visited = new ArrayList<>();
        reader.pages(root.orElseThrow(), visited::add);
        assertThat(visited).doesNotHaveDuplicates().hasSize(stored);
        int[] entries = {0};
        visited.forEach(page -> reader.page(page, entry -> entries[0]++, child -> {}));
        assertThat(entries[0]).isEqualTo(10_000);
    }

    @Test
    void refusesEntriesThatDoNotAscend() {
        DirectoryWriter writer = new DirectoryWriter(pages);
        writer.add(file(name("b")));
        assertThatIllegalArgumentException().isThrownBy(() -> writer.add(file(name("b"))));
        assertThatIllegalArgumentException().isThrownBy(() -> writer.add(file(name("a"))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DirectoryWriter(pages).add(file(Bytes.wrap(new byte[0]))));
    }

    @Test
    void readsTheRootPage() {
        Optional<PageRef> directory = write(List.of(name("a"), name("b")));
        TreeEntry root = TreeEntry.builder(Bytes.wrap(new byte[0]), EntryType.DIRECTORY)
                .mode(0755)
                .directory(directory.orElseThrow())
                .build();
        PageRef page = DirectoryWriter.storeRoot(pages, root);
        assertThat(reader.root(page).directory()).isEqualTo(directory);
        assertThat(codeOf(() -> reader.root(directory.orElseThrow()))).isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> reader.root(new PageRef(page.id(), page.lengthBytes() + 1))))
                .isEqualTo(ErrorCode.DAMAGED);
    }

    @Test
    void refusesPagesThatNoWriterWrites() {
        PageRef good = write(List.of(name("a"), name("b"))).orElseThrow();
        byte[] bytes = pages.content(good.id());
        for (int length = 1; length < bytes.length; length++) {
            refuses(Arrays.copyOf(bytes, length));
        }
        refuses(Arrays.copyOf(bytes, bytes.length + 1));
        refuses(new byte[] {(byte) 0x80});
        refuses(new byte[] {(byte) 0x81, 0});
        refuses(new CborWriter().array(2).unsigned(2).unsigned(0).toByteArray());
        CborWriter twice = new CborWriter().array(3).unsigned(0);
        EntryCodec.write(twice, file(name("a")));
        EntryCodec.write(twice, file(name("a")));
        refuses(twice.toByteArray());
    }

    @Test
    void refusesPagesThatContainThemselvesTooDeep() {
        PageRef page = write(List.of(name("a"))).orElseThrow();
        for (int i = 0; i < 20; i++) {
            CborWriter node = new CborWriter().array(2).unsigned(1).array(4).bytes(new byte[] {'a'});
            EntryCodec.page(node, page);
            byte[] bytes = node.unsigned(1).toByteArray();
            page = new PageRef(pages.put(bytes), bytes.length);
        }
        PageRef deep = page;
        assertThat(codeOf(() -> list(Optional.of(deep)))).isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> reader.find(Optional.of(deep), name("a")))).isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> reader.pages(deep, ref -> {}))).isEqualTo(ErrorCode.DAMAGED);
    }

    private void refuses(byte[] page) {
        PageRef ref = new PageRef(pages.put(page), page.length);
        assertThat(codeOf(() -> list(Optional.of(ref)))).isEqualTo(ErrorCode.DAMAGED);
    }

    private Optional<PageRef> write(List<Bytes> names) {
        return write(names, Optional.empty());
    }

    private Optional<PageRef> write(List<Bytes> names, Optional<Bytes> touched) {
        DirectoryWriter writer = new DirectoryWriter(pages);
        for (Bytes name : names) {
            TreeEntry entry = file(name);
            boolean touch = touched.filter(name::equals).isPresent();
            writer.add(
                    touch
                            ? entry.toBuilder()
                                    .sizeBytes(name.hashCode() & 0xFFFF)
                                    .mode(0600)
                                    .build()
                            : entry);
        }
        return writer.finish();
    }

    private List<Bytes> list(Optional<PageRef> root) {
        List<Bytes> names = new ArrayList<>();
        for (Iterator<TreeEntry> entries = reader.entries(root); entries.hasNext(); ) {
            names.add(entries.next().name());
        }
        return names;
    }

    private static TreeEntry file(Bytes name) {
        return TreeEntry.builder(name, EntryType.FILE)
                .mode(0644)
                .content(new Content.Inline(new byte[Content.REF_BYTES]))
                .build();
    }

    private static SortedSet<Bytes> names(SeededRandom random, int count) {
        SortedSet<Bytes> names = new TreeSet<>();
        while (names.size() < count) {
            names.add(
                    random.oneIn(10)
                            ? Bytes.wrap(random.bytes(1 + random.nextInt(255)))
                            : name(random.fileName() + names.size()));
        }
        return Collections.unmodifiableSortedSet(names);
    }

    private static Bytes absent(Bytes name) {
        return Bytes.wrap(Arrays.copyOf(name.unsafeArray(), name.length() + 1));
    }

    private static Bytes name(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The rule of docs/repository-format.md, section 11, written down once more. */
    private static boolean endsAPage(Bytes name, int height) {
        byte[] prefixed = new byte[height + name.length()];
        Arrays.fill(prefixed, 0, height, (byte) 1);
        System.arraycopy(name.unsafeArray(), 0, prefixed, height, name.length());
        ChunkId hash = ChunkId.read(Sha256.of(prefixed), 0);
        return (hash.a() >>> 32) % 128 == 0;
    }
}
