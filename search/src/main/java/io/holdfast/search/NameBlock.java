package io.holdfast.search;

import com.github.luben.zstd.Zstd;
import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.tree.EntryType;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Entries as they stand in a block (docs/search.md). */
final class NameBlock {
    static final int MAX_ENTRIES = 1_024;
    /** What no block is larger than: paths have at most 4,096 bytes, more or less, and share most of them. */
    static final int MAX_PLAIN_BYTES = 64 << 20;

    private static final int LEVEL = 3;
    private static final EntryType[] TYPES = EntryType.values();

    private NameBlock() {}

    static byte[] encode(List<NameEntry> entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] before = new byte[0];
        for (NameEntry entry : entries) {
            byte[] path = entry.path().unsafeArray();
            int shared = PathOrder.shared(before, path);
            varint(out, shared);
            varint(out, path.length - shared);
            out.write(path, shared, path.length - shared);
            varint(out, entry.events().size());
            for (NameEvent event : entry.events()) {
                varint(out, event.ordinal());
                out.write(event.type().map(type -> type.ordinal() + 1).orElse(0));
                if (!event.isGone()) {
                    varint(out, event.sizeBytes());
                    long seconds = event.modifiedSeconds();
                    varint(out, seconds << 1 ^ seconds >> 63);
                }
            }
            before = path;
        }
        return out.toByteArray();
    }

    static byte[] compress(byte[] plain) {
        return Zstd.compress(plain, LEVEL);
    }

    static byte[] decompress(byte[] stored, int plainBytes, String what) {
        byte[] plain = new byte[plainBytes];
        long length = Zstd.decompress(plain, stored);
        if (Zstd.isError(length) || length != plainBytes) {
            throw HoldfastException.damaged(what + ": a block does not decompress");
        }
        return plain;
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    /** Reads the entries of a block one by one; the path lies in a buffer until the next one, and events are decoded only where they are asked for. Not thread-safe. */
    static final class Cursor {
        private final byte[] plain;
        private final int snapshots;
        private final String what;
        private int at;
        private int eventsAt;
        private byte[] path = new byte[512];
        private byte[] folded = new byte[512];
        private int length;
        /** Where the path has its first byte of more than 7 bits; its length where it has none. */
        private int ascii;

        /** @param snapshots how many the segment has */
        Cursor(byte[] plain, int snapshots, String what) {
            this.plain = plain;
            this.snapshots = snapshots;
            this.what = what;
        }

        /** Goes to the next entry; false where there is none. */
        boolean next() {
            if (at == plain.length) {
                return false;
            }
            int shared = (int) bounded(length);
            int further = (int) bounded(plain.length - at);
            if (further > plain.length - at || further == 0) {
                throw damaged();
            }
            // The first bytes that differ decide: what is written has all that is shared in common.
            if (shared < length && PathOrder.rank(plain[at]) <= PathOrder.rank(path[shared])) {
                throw damaged();
            }
            if (shared + further > path.length) {
                path = Arrays.copyOf(path, 2 * (shared + further));
                folded = Arrays.copyOf(folded, path.length);
            }
            System.arraycopy(plain, at, path, shared, further);
            at += further;
            length = shared + further;
            fold(shared);
            eventsAt = at;
            skipEvents();
            return true;
        }

        private void fold(int from) {
            ascii = Math.min(ascii, from);
            if (ascii < from) {
                return;
            }
            int i = from;
            while (i < length && path[i] >= 0) {
                byte b = path[i];
                folded[i] = b >= 'A' && b <= 'Z' ? (byte) (b + ('a' - 'A')) : b;
                i++;
            }
            ascii = i;
        }

        /** The path of the entry where it is. */
        byte[] path() {
            return Arrays.copyOf(path, length);
        }

        /** Whether a question fits the path of the entry where it is. */
        boolean fits(NameQuery query) {
            if (ascii == length) {
                return query.matchesFolded(folded, length);
            }
            byte[] slow = FoldedName.of(path());
            return query.matchesFolded(slow, slow.length);
        }

        /** Of the entry where it is. */
        List<NameEvent> events() {
            int end = at;
            at = eventsAt;
            int count = (int) bounded(snapshots);
            List<NameEvent> events = new ArrayList<>(count);
            int previous = -1;
            for (int i = 0; i < count; i++) {
                int ordinal = (int) bounded(snapshots - 1L);
                int type = plain[at++];
                if (ordinal <= previous) {
                    throw damaged();
                }
                previous = ordinal;
                if (type == 0) {
                    events.add(NameEvent.gone(ordinal));
                } else {
                    long size = varint();
                    long zigzag = varint();
                    events.add(
                            new NameEvent(ordinal, Optional.of(TYPES[type - 1]), size, zigzag >>> 1 ^ -(zigzag & 1)));
                }
            }
            at = end;
            return events;
        }

        private void skipEvents() {
            int count = (int) bounded(snapshots);
            if (count == 0) {
                throw damaged();
            }
            for (int i = 0; i < count; i++) {
                long ignored = varint();
                int type = at < plain.length ? plain[at++] : -1;
                if (type < 0 || type > TYPES.length) {
                    throw damaged();
                }
                if (type != 0) {
                    ignored = varint();
                    ignored = varint();
                }
            }
        }

        NameEntry entry() {
            return new NameEntry(Bytes.wrap(path()), events());
        }

        private long bounded(long max) {
            long value = varint();
            if (value < 0 || value > max) {
                throw damaged();
            }
            return value;
        }

        private long varint() {
            long value = 0;
            for (int shift = 0; shift < 64 && at < plain.length; shift += 7) {
                byte b = plain[at++];
                value |= (b & 0x7FL) << shift;
                if (b >= 0) {
                    return value;
                }
            }
            throw damaged();
        }

        private HoldfastException damaged() {
            return HoldfastException.damaged(what + ": a block is not what is written into one");
        }
    }
}
