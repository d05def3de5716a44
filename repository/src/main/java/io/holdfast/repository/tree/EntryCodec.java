package io.holdfast.repository.tree;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.LittleEndian;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.tree.TreeEntry.Hole;
import io.holdfast.repository.tree.TreeEntry.Xattr;
import java.util.ArrayList;
import java.util.List;

/** Entries as CBOR maps: only what differs from zero is written, so that most entries take under a hundred bytes. */
final class EntryCodec {
    private static final int FIRST_OPTIONAL_KEY = 64;
    private static final int MAX_NAME_BYTES = 255;
    private static final int HOLE_BYTES = 16;

    private EntryCodec() {}

    static void write(CborWriter out, TreeEntry e) {
        boolean inline = e.content() instanceof Content.Inline some && some.count() > 0;
        int fields = 2
                + nonZero(e.mode())
                + nonZero(e.uid())
                + nonZero(e.gid())
                + nonZero(e.modified().seconds())
                + nonZero(e.modified().nanos())
                + nonZero(e.changed().seconds())
                + nonZero(e.changed().nanos())
                + (e.born().isPresent() ? 2 : 0)
                + nonZero(e.sizeBytes())
                + nonZero(e.device())
                + nonZero(e.inode())
                + (e.links() > 1 ? 1 : 0)
                + nonZero(e.linkTarget().length())
                + nonZero(e.major())
                + nonZero(e.minor())
                + (e.xattrs().isEmpty() ? 0 : 1)
                + nonZero(e.inodeFlags())
                + (inline ? 1 : 0)
                + (e.content() instanceof Content.Paged ? 1 : 0)
                + (e.holes().isEmpty() ? 0 : 1)
                + (e.directory().isPresent() ? 1 : 0)
                + (e.changedWhileRead() ? 1 : 0);
        out.map(fields);
        out.unsigned(0).bytes(e.name().unsafeArray());
        out.unsigned(1).unsigned(e.type().code());
        number(out, 2, e.mode());
        number(out, 3, Integer.toUnsignedLong(e.uid()));
        number(out, 4, Integer.toUnsignedLong(e.gid()));
        number(out, 5, e.modified().seconds());
        number(out, 6, e.modified().nanos());
        number(out, 7, e.changed().seconds());
        number(out, 8, e.changed().nanos());
        e.born().ifPresent(born -> {
            out.unsigned(9).integer(born.seconds());
            out.unsigned(10).integer(born.nanos());
        });
        number(out, 11, e.sizeBytes());
        number(out, 12, e.device());
        number(out, 13, e.inode());
        number(out, 14, e.links() > 1 ? e.links() : 0);
        if (e.linkTarget().length() > 0) {
            out.unsigned(15).bytes(e.linkTarget().unsafeArray());
        }
        number(out, 16, Integer.toUnsignedLong(e.major()));
        number(out, 17, Integer.toUnsignedLong(e.minor()));
        if (!e.xattrs().isEmpty()) {
            out.unsigned(18).map(e.xattrs().size());
            for (Xattr xattr : e.xattrs()) {
                out.bytes(xattr.name().unsafeArray()).bytes(xattr.value().unsafeArray());
            }
        }
        number(out, 19, e.inodeFlags());
        writeContent(out, e);
        if (!e.holes().isEmpty()) {
            out.unsigned(22).bytes(holes(e.holes()));
        }
        e.directory().ifPresent(root -> page(out.unsigned(23).array(2), root));
        number(out, 24, e.changedWhileRead() ? 1 : 0);
    }

    private static void writeContent(CborWriter out, TreeEntry e) {
        switch (e.content()) {
            case Content.Inline inline -> {
                if (inline.count() > 0) {
                    out.unsigned(20).bytes(inline.refs());
                }
            }
            case Content.Paged paged -> {
                page(out.unsigned(21).array(3), paged.root());
                out.unsigned(paged.chunkCount());
            }
        }
    }

    static TreeEntry read(CborReader in) {
        int fields = in.map();
        if (fields < 2) {
            throw in.damaged("an entry without name and type");
        }
        int key = in.key(-1);
        Bytes name = key == 0 ? Bytes.wrap(in.bytes()) : Bytes.wrap(new byte[0]);
        key = in.key(key);
        if (key != 1 || name.length() > MAX_NAME_BYTES) {
            throw in.damaged("an entry without name and type");
        }
        int code = in.unsigned(Integer.MAX_VALUE);
        EntryType type;
        try {
            type = EntryType.of(code);
        } catch (IllegalArgumentException e) {
            throw newerProgram("entry type " + code);
        }
        TreeEntry.Builder b = TreeEntry.builder(name, type);
        Fields read = new Fields();
        for (int left = fields - 2; left > 0; left--) {
            key = in.key(key);
            if (key >= FIRST_OPTIONAL_KEY) {
                in.skip();
            } else {
                read.field(in, key, b);
            }
        }
        return read.finish(in, b);
    }

    /** The fields that need each other. */
    private static final class Fields {
        private int uid;
        private int gid;
        private long mtime;
        private int mtimeNanos;
        private long ctime;
        private int ctimeNanos;
        private boolean hasBirth;
        private long btime;
        private int btimeNanos;
        private long device;
        private long inode;
        private int links = 1;
        private int major;
        private int minor;

        void field(CborReader in, int key, TreeEntry.Builder b) {
            switch (key) {
                case 2 -> b.mode(in.unsigned(07777));
                case 3 -> uid = unsignedInt(in);
                case 4 -> gid = unsignedInt(in);
                case 5 -> mtime = in.integer();
                case 6 -> mtimeNanos = in.unsigned(999_999_999);
                case 7 -> ctime = in.integer();
                case 8 -> ctimeNanos = in.unsigned(999_999_999);
                case 9 -> {
                    hasBirth = true;
                    btime = in.integer();
                }
                case 10 -> btimeNanos = in.unsigned(999_999_999);
                case 11 -> b.sizeBytes(in.unsigned());
                case 12 -> device = in.integer();
                case 13 -> inode = in.integer();
                case 14 -> links = in.unsigned(Integer.MAX_VALUE);
                case 15 -> b.linkTarget(Bytes.wrap(in.bytes()));
                case 16 -> major = unsignedInt(in);
                case 17 -> minor = unsignedInt(in);
                case 18 -> b.xattrs(xattrs(in));
                case 19 -> b.inodeFlags(in.unsigned());
                case 20 -> b.content(inline(in));
                case 21 -> {
                    in.array(3);
                    b.content(new Content.Paged(page(in), in.unsigned()));
                }
                case 22 -> b.holes(holes(in));
                case 23 -> {
                    in.array(2);
                    b.directory(page(in));
                }
                case 24 -> b.changedWhileRead(in.unsigned(1) == 1);
                default -> throw newerProgram("entry field " + key);
            }
        }

        TreeEntry finish(CborReader in, TreeEntry.Builder b) {
            if (links < 1) {
                throw in.damaged("a file without links");
            }
            return b.owner(uid, gid)
                    .modified(new Timestamp(mtime, mtimeNanos))
                    .changed(new Timestamp(ctime, ctimeNanos))
                    .born(hasBirth ? new Timestamp(btime, btimeNanos) : null)
                    .inode(device, inode, links)
                    .deviceNumber(major, minor)
                    .build();
        }
    }

    private static int unsignedInt(CborReader in) {
        long value = in.unsigned();
        if (value >= 1L << 32) {
            throw in.damaged("a number above 2^32");
        }
        return (int) value;
    }

    private static List<Xattr> xattrs(CborReader in) {
        int count = in.map();
        List<Xattr> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Xattr next = new Xattr(Bytes.wrap(in.bytes()), Bytes.wrap(in.bytes()));
            if (i > 0 && list.getLast().compareTo(next) >= 0) {
                throw in.damaged("extended attributes out of order");
            }
            list.add(next);
        }
        return list;
    }

    private static Content inline(CborReader in) {
        byte[] refs = in.bytes();
        if (refs.length == 0
                || refs.length % Content.REF_BYTES != 0
                || refs.length > Content.MAX_INLINE * Content.REF_BYTES) {
            throw in.damaged("a chunk list of " + refs.length + " bytes");
        }
        return new Content.Inline(refs);
    }

    private static byte[] holes(List<Hole> holes) {
        byte[] bytes = new byte[holes.size() * HOLE_BYTES];
        for (int i = 0; i < holes.size(); i++) {
            LittleEndian.putLong(bytes, i * HOLE_BYTES, holes.get(i).offset());
            LittleEndian.putLong(bytes, i * HOLE_BYTES + 8, holes.get(i).length());
        }
        return bytes;
    }

    private static List<Hole> holes(CborReader in) {
        byte[] bytes = in.bytes();
        if (bytes.length % HOLE_BYTES != 0) {
            throw in.damaged("a list of holes of " + bytes.length + " bytes");
        }
        List<Hole> holes = new ArrayList<>(bytes.length / HOLE_BYTES);
        long end = -1;
        for (int at = 0; at < bytes.length; at += HOLE_BYTES) {
            Hole hole = new Hole(LittleEndian.getLong(bytes, at), LittleEndian.getLong(bytes, at + 8));
            if (hole.offset() <= end || hole.length() < 1 || hole.offset() + hole.length() < 0) {
                throw in.damaged("holes out of order");
            }
            end = hole.offset() + hole.length();
            holes.add(hole);
        }
        return holes;
    }

    static void page(CborWriter out, PageRef page) {
        out.bytes(page.id().toByteArray()).unsigned(page.lengthBytes());
    }

    static PageRef page(CborReader in) {
        return new PageRef(ChunkId.read(in.bytes(ChunkId.BYTES), 0), in.unsigned(4 << 20));
    }

    private static int nonZero(long value) {
        return value == 0 ? 0 : 1;
    }

    private static void number(CborWriter out, int key, long value) {
        if (value != 0) {
            out.unsigned(key).integer(value);
        }
    }

    private static HoldfastException newerProgram(String what) {
        return new HoldfastException(
                ErrorCode.UNSUPPORTED_VERSION,
                "this snapshot has " + what + ", which this program does not know",
                "Use the newer Holdfast that wrote it.");
    }
}
