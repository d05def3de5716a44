package io.holdfast.repository.tree;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.tree.TreeEntry.Hole;
import io.holdfast.repository.tree.TreeEntry.Xattr;
import io.holdfast.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class EntryCodecTest {
    @Test
    void readsWhatItWrote() {
        SeededRandom.check(500, random -> {
            TreeEntry entry = entry(random);
            byte[] encoded = encode(entry);
            CborReader in = new CborReader(encoded, "test");
            TreeEntry read = EntryCodec.read(in);
            in.finish();
            assertThat(encode(read)).isEqualTo(encoded);
            assertThat(read.name()).isEqualTo(entry.name());
            assertThat(read.type()).isEqualTo(entry.type());
            assertThat(read.mode()).isEqualTo(entry.mode());
            assertThat(read.uid()).isEqualTo(entry.uid());
            assertThat(read.gid()).isEqualTo(entry.gid());
            assertThat(read.modified()).isEqualTo(entry.modified());
            assertThat(read.changed()).isEqualTo(entry.changed());
            assertThat(read.born()).isEqualTo(entry.born());
            assertThat(read.sizeBytes()).isEqualTo(entry.sizeBytes());
            assertThat(read.device()).isEqualTo(entry.device());
            assertThat(read.inode()).isEqualTo(entry.inode());
            assertThat(read.links()).isEqualTo(entry.links());
            assertThat(read.linkTarget()).isEqualTo(entry.linkTarget());
            assertThat(read.major()).isEqualTo(entry.major());
            assertThat(read.minor()).isEqualTo(entry.minor());
            assertThat(read.xattrs()).isEqualTo(entry.xattrs());
            assertThat(read.inodeFlags()).isEqualTo(entry.inodeFlags());
            assertThat(read.holes()).isEqualTo(entry.holes());
            assertThat(read.directory()).isEqualTo(entry.directory());
            assertThat(read.changedWhileRead()).isEqualTo(entry.changedWhileRead());
        });
    }

    @Test
    void refusesEveryTruncation() {
        SeededRandom.check(30, random -> {
            byte[] encoded = encode(entry(random));
            for (int length = 0; length < encoded.length; length += 1 + length / 200) {
                CborReader cut = new CborReader(Arrays.copyOf(encoded, length), "test");
                assertThat(codeOf(() -> EntryCodec.read(cut))).isEqualTo(ErrorCode.DAMAGED);
            }
        });
    }

    @Test
    void takesAFewBytesForAPlainFile() {
        TreeEntry plain = TreeEntry.builder(Bytes.wrap(new byte[10]), EntryType.FILE)
                .mode(0644)
                .modified(new Timestamp(1_700_000_000, 123_456_789))
                .sizeBytes(5_000)
                .inode(65_024, 1_234_567, 1)
                .content(new Content.Inline(new byte[Content.REF_BYTES]))
                .build();
        assertThat(encode(plain).length).isLessThan(100);
    }

    @Test
    void overlooksOptionalFieldsAndAsksForANewerProgramForOthers() {
        CborWriter optional = start(3).unsigned(64).array(1).text("later");
        TreeEntry entry = EntryCodec.read(new CborReader(optional.toByteArray(), "test"));
        assertThat(entry.type()).isEqualTo(EntryType.FILE);
        CborWriter required = start(3).unsigned(25).unsigned(1);
        assertThat(codeOf(() -> EntryCodec.read(new CborReader(required.toByteArray(), "test"))))
                .isEqualTo(ErrorCode.UNSUPPORTED_VERSION);
        CborWriter type = new CborWriter()
                .map(2)
                .unsigned(0)
                .bytes(new byte[] {'a'})
                .unsigned(1)
                .unsigned(9);
        assertThat(codeOf(() -> EntryCodec.read(new CborReader(type.toByteArray(), "test"))))
                .isEqualTo(ErrorCode.UNSUPPORTED_VERSION);
    }

    @Test
    void refusesValuesOutOfRange() {
        refuses(start(3).unsigned(2).unsigned(010000));
        refuses(start(3).unsigned(3).unsigned(1L << 32));
        refuses(start(3).unsigned(6).unsigned(1_000_000_000));
        refuses(start(3).unsigned(14).unsigned(0));
        refuses(start(3).unsigned(20).bytes(new byte[Content.REF_BYTES - 1]));
        refuses(start(3).unsigned(20).bytes(new byte[(Content.MAX_INLINE + 1) * Content.REF_BYTES]));
        refuses(start(3).unsigned(22).bytes(new byte[15]));
        refuses(start(3).unsigned(22).bytes(new byte[16]));
        refuses(start(3).unsigned(18)
                .map(2)
                .bytes(new byte[] {'b'})
                .bytes(new byte[0])
                .bytes(new byte[] {'a'})
                .bytes(new byte[0]));
        refuses(new CborWriter()
                .map(2)
                .unsigned(0)
                .bytes(new byte[256])
                .unsigned(1)
                .unsigned(1));
        refuses(new CborWriter().map(1).unsigned(0).bytes(new byte[1]));
        refuses(new CborWriter().map(2).unsigned(1).unsigned(1).unsigned(2).unsigned(1));
    }

    private static void refuses(CborWriter entry) {
        assertThat(codeOf(() -> EntryCodec.read(new CborReader(entry.toByteArray(), "test"))))
                .isEqualTo(ErrorCode.DAMAGED);
    }

    private static CborWriter start(int fields) {
        return new CborWriter()
                .map(fields)
                .unsigned(0)
                .bytes(new byte[] {'a'})
                .unsigned(1)
                .unsigned(1);
    }

    static byte[] encode(TreeEntry entry) {
        CborWriter out = new CborWriter();
        EntryCodec.write(out, entry);
        return out.toByteArray();
    }

    static TreeEntry entry(SeededRandom random) {
        TreeEntry.Builder entry = TreeEntry.builder(
                        Bytes.wrap(random.bytes(1 + random.nextInt(255))), random.pick(List.of(EntryType.values())))
                .mode(random.nextInt(010000))
                .owner(random.nextInt(), random.oneIn(3) ? 0 : random.nextInt())
                .modified(time(random))
                .changed(time(random))
                .born(random.oneIn(2) ? time(random) : null)
                .sizeBytes(random.nextLong() >>> (1 + random.nextInt(63)))
                .inode(random.nextLong(), random.nextLong(), 1 + random.size(1_000))
                .inodeFlags(random.nextInt(1 << 30))
                .deviceNumber(random.size(1 << 20), random.nextInt())
                .linkTarget(Bytes.wrap(random.bytesUpTo(4_095)))
                .changedWhileRead(random.oneIn(2));
        SortedMap<Bytes, Bytes> xattrs = new TreeMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            xattrs.put(Bytes.wrap(random.bytes(1 + random.nextInt(255))), Bytes.wrap(random.bytesUpTo(2_000)));
        }
        List<Xattr> list = new ArrayList<>();
        xattrs.forEach((name, value) -> list.add(new Xattr(name, value)));
        entry.xattrs(list);
        if (random.oneIn(3)) {
            entry.content(new Content.Paged(page(random), random.nextLong() >>> 1));
        } else {
            entry.content(new Content.Inline(random.bytes(random.nextInt(65) * Content.REF_BYTES)));
        }
        List<Hole> holes = new ArrayList<>();
        long at = random.nextInt(2);
        for (int i = random.size(100); i > 0; i--) {
            long length = 1L + random.nextInt(1 << 30);
            holes.add(new Hole(at, length));
            at += length + 1L + random.nextInt(1 << 30);
        }
        entry.holes(holes);
        if (random.oneIn(2)) {
            entry.directory(page(random));
        }
        return entry.build();
    }

    private static PageRef page(SeededRandom random) {
        return new PageRef(ChunkId.read(random.bytes(32), 0), 1 + random.nextInt(4 << 20));
    }

    private static Timestamp time(SeededRandom random) {
        return new Timestamp(random.nextLong() >> random.nextInt(64), random.nextInt(1_000_000_000));
    }
}
