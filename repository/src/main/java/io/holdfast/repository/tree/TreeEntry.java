package io.holdfast.repository.tree;

import io.holdfast.core.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a directory with all that POSIX knows about it. Immutable. Made by a {@link Builder}.
 */
public final class TreeEntry {
    private final Bytes name;
    private final EntryType type;
    private final int mode;
    private final int uid;
    private final int gid;
    private final Timestamp modified;
    private final Timestamp changed;
    private final @Nullable Timestamp born;
    private final long sizeBytes;
    private final long device;
    private final long inode;
    private final int links;
    private final Bytes linkTarget;
    private final int major;
    private final int minor;
    private final List<Xattr> xattrs;
    private final long inodeFlags;
    private final Content content;
    private final List<Hole> holes;
    private final @Nullable PageRef directory;
    private final boolean changedWhileRead;

    private TreeEntry(Builder b) {
        this.name = b.name;
        this.type = b.type;
        this.mode = b.mode;
        this.uid = b.uid;
        this.gid = b.gid;
        this.modified = b.modified;
        this.changed = b.changed;
        this.born = b.born;
        this.sizeBytes = b.sizeBytes;
        this.device = b.device;
        this.inode = b.inode;
        this.links = b.links;
        this.linkTarget = b.linkTarget;
        this.major = b.major;
        this.minor = b.minor;
        this.xattrs = List.copyOf(b.xattrs);
        this.inodeFlags = b.inodeFlags;
        this.content = b.content;
        this.holes = List.copyOf(b.holes);
        this.directory = b.directory;
        this.changedWhileRead = b.changedWhileRead;
    }

    /** An extended attribute. */
    public record Xattr(Bytes name, Bytes value) implements Comparable<Xattr> {
        /** By length of the name first: the order of deterministic CBOR map keys. */
        @Override
        public int compareTo(Xattr other) {
            int byLength = Integer.compare(name.length(), other.name.length());
            return byLength != 0 ? byLength : name.compareTo(other.name);
        }
    }

    /** A stretch of a file that was never written. */
    public record Hole(long offset, long length) {}

    public static Builder builder(Bytes name, EntryType type) {
        return new Builder(name, type);
    }

    /** A builder with all that this entry says. */
    public Builder toBuilder() {
        Builder b = new Builder(name, type);
        b.mode = mode;
        b.uid = uid;
        b.gid = gid;
        b.modified = modified;
        b.changed = changed;
        b.born = born;
        b.sizeBytes = sizeBytes;
        b.device = device;
        b.inode = inode;
        b.links = links;
        b.linkTarget = linkTarget;
        b.major = major;
        b.minor = minor;
        b.xattrs = xattrs;
        b.inodeFlags = inodeFlags;
        b.content = content;
        b.holes = holes;
        b.directory = directory;
        b.changedWhileRead = changedWhileRead;
        return b;
    }

    public Bytes name() {
        return name;
    }

    public EntryType type() {
        return type;
    }

    /** Permission bits with set-uid, set-gid and sticky, 12 bits. */
    public int mode() {
        return mode;
    }

    public int uid() {
        return uid;
    }

    public int gid() {
        return gid;
    }

    /** mtime. */
    public Timestamp modified() {
        return modified;
    }

    /** ctime: the last change of the inode, which no program can set. */
    public Timestamp changed() {
        return changed;
    }

    /** Time of birth, where the file system knows it. */
    public Optional<Timestamp> born() {
        return Optional.ofNullable(born);
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    public long device() {
        return device;
    }

    public long inode() {
        return inode;
    }

    /** Number of hard links; entries with equal device and inode are one file. */
    public int links() {
        return links;
    }

    /** Target of a symbolic link, empty otherwise. */
    public Bytes linkTarget() {
        return linkTarget;
    }

    public int major() {
        return major;
    }

    public int minor() {
        return minor;
    }

    public List<Xattr> xattrs() {
        return xattrs;
    }

    /** As of {@code FS_IOC_GETFLAGS}. */
    public long inodeFlags() {
        return inodeFlags;
    }

    public Content content() {
        return content;
    }

    /** Ascending, not touching. */
    public List<Hole> holes() {
        return holes;
    }

    /** The root page of a directory; empty where it has no entries. */
    public Optional<PageRef> directory() {
        return Optional.ofNullable(directory);
    }

    public boolean changedWhileRead() {
        return changedWhileRead;
    }

    @Override
    public String toString() {
        return type + " " + new String(name.unsafeArray(), StandardCharsets.UTF_8);
    }

    /** Collects what is known about an entry. Not thread-safe. */
    public static final class Builder {
        private Bytes name;
        private final EntryType type;
        private int mode;
        private int uid;
        private int gid;
        private Timestamp modified = Timestamp.ZERO;
        private Timestamp changed = Timestamp.ZERO;
        private @Nullable Timestamp born;
        private long sizeBytes;
        private long device;
        private long inode;
        private int links = 1;
        private Bytes linkTarget = NO_BYTES;
        private int major;
        private int minor;
        private List<Xattr> xattrs = List.of();
        private long inodeFlags;
        private Content content = Content.EMPTY;
        private List<Hole> holes = List.of();
        private @Nullable PageRef directory;
        private boolean changedWhileRead;

        private static final Bytes NO_BYTES = Bytes.wrap(new byte[0]);

        private Builder(Bytes name, EntryType type) {
            this.name = name;
            this.type = type;
        }

        public Builder name(Bytes value) {
            this.name = value;
            return this;
        }

        public Builder mode(int value) {
            this.mode = value & 07777;
            return this;
        }

        public Builder owner(int userId, int groupId) {
            this.uid = userId;
            this.gid = groupId;
            return this;
        }

        public Builder modified(Timestamp value) {
            this.modified = value;
            return this;
        }

        public Builder changed(Timestamp value) {
            this.changed = value;
            return this;
        }

        public Builder born(@Nullable Timestamp value) {
            this.born = value;
            return this;
        }

        public Builder sizeBytes(long value) {
            this.sizeBytes = value;
            return this;
        }

        public Builder inode(long deviceNumber, long inodeNumber, int linkCount) {
            this.device = deviceNumber;
            this.inode = inodeNumber;
            this.links = linkCount;
            return this;
        }

        public Builder linkTarget(Bytes value) {
            this.linkTarget = value;
            return this;
        }

        public Builder deviceNumber(int majorNumber, int minorNumber) {
            this.major = majorNumber;
            this.minor = minorNumber;
            return this;
        }

        public Builder xattrs(List<Xattr> value) {
            this.xattrs = value.stream().sorted().toList();
            return this;
        }

        public Builder inodeFlags(long value) {
            this.inodeFlags = value;
            return this;
        }

        public Builder content(Content value) {
            this.content = value;
            return this;
        }

        public Builder holes(List<Hole> value) {
            this.holes = value;
            return this;
        }

        public Builder directory(@Nullable PageRef value) {
            this.directory = value;
            return this;
        }

        public Builder changedWhileRead(boolean value) {
            this.changedWhileRead = value;
            return this;
        }

        public TreeEntry build() {
            return new TreeEntry(this);
        }
    }
}
