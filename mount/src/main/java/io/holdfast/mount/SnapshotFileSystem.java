package io.holdfast.mount;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.cryptomator.jfuse.api.DirFiller;
import org.cryptomator.jfuse.api.Errno;
import org.cryptomator.jfuse.api.FileInfo;
import org.cryptomator.jfuse.api.FuseConfig;
import org.cryptomator.jfuse.api.FuseConnInfo;
import org.cryptomator.jfuse.api.FuseOperations;
import org.cryptomator.jfuse.api.Stat;
import org.cryptomator.jfuse.api.Statvfs;
import org.jspecify.annotations.Nullable;

/**
 * Answers the kernel. Every answer is a number: no exception may leave a method here, as the machine would end. Called by many threads at once.
 */
final class SnapshotFileSystem implements FuseOperations {
    private static final int MADE_UP_DIRECTORY = Stat.S_IFDIR | 0555;
    private static final int MADE_UP_LINK = Stat.S_IFLNK | 0777;
    private static final int MAX_NAME_BYTES = 255;
    private static final int BLOCK_BYTES = 4096;
    private static final int READ_ONLY_MASK = 3;

    private final Errno errno;
    private final SnapshotTrees trees;
    private final Function<TreeEntry, FileContent> opening;
    private final Consumer<String> trouble;
    private final ConcurrentMap<Long, FileContent> open = new ConcurrentHashMap<>();
    private volatile @Nullable StatStruct struct;
    private final AtomicLong nextHandle = new AtomicLong(1);

    /** @param trouble told what went wrong, one line each */
    SnapshotFileSystem(
            Errno errno, SnapshotTrees trees, Function<TreeEntry, FileContent> opening, Consumer<String> trouble) {
        this.errno = errno;
        this.trees = trees;
        this.opening = opening;
        this.trouble = trouble;
    }

    @Override
    public Errno errno() {
        return errno;
    }

    @Override
    public Set<Operation> supportedOperations() {
        return Set.of(
                Operation.INIT,
                Operation.GET_ATTR,
                Operation.READLINK,
                Operation.OPEN,
                Operation.READ,
                Operation.RELEASE,
                Operation.OPEN_DIR,
                Operation.READ_DIR,
                Operation.RELEASE_DIR,
                Operation.STATFS);
    }

    @Override
    public void init(FuseConnInfo connection, FuseConfig config) {
        // Listings bring the attributes along, always: else each entry is asked for by itself.
        int wanted = connection.want() | connection.capable() & FuseConnInfo.FUSE_CAP_READDIRPLUS;
        connection.setWant(wanted & ~FuseConnInfo.FUSE_CAP_READDIRPLUS_AUTO);
    }

    @FunctionalInterface
    private interface Answer {
        int of(Node node);
    }

    private int answer(String path, Answer answer) {
        return guarded(path, () -> {
            Optional<Node> node = trees.find(path);
            return node.isEmpty() ? -errno.enoent() : answer.of(node.get());
        });
    }

    private int guarded(String path, IntSupplier answer) {
        try {
            return answer.getAsInt();
        } catch (HoldfastException e) {
            trouble.accept(path + ": " + e.getMessage()
                    + e.hint().map(hint -> ". " + hint).orElse(""));
            return -errno.eio();
        } catch (RuntimeException | Error e) {
            trouble.accept(path + ": this is a defect: " + e);
            return -errno.eio();
        }
    }

    @Override
    public int getattr(String path, Stat stat, FileInfo file) {
        return answer(path, node -> {
            describe(node, stat);
            return 0;
        });
    }

    @Override
    public int readlink(String path, ByteBuffer target, long size) {
        return answer(path, node -> {
            byte[] text = linkTarget(node);
            if (text.length == 0) {
                return -errno.einval();
            }
            // With the byte that ends it; what does not fit is cut off (readlink of fuse.h).
            int count = (int) Math.min(text.length, size - 1);
            target.put(text, 0, count).put((byte) 0);
            return 0;
        });
    }

    @Override
    public int open(String path, FileInfo file) {
        return answer(path, node -> {
            if ((file.getFlags() & READ_ONLY_MASK) != 0) {
                return -errno.erofs();
            }
            Optional<TreeEntry> entry = trees.entry(node).filter(e -> e.type() == EntryType.FILE);
            if (entry.isEmpty()) {
                return -errno.eisdir();
            }
            long handle = nextHandle.getAndIncrement();
            open.put(handle, opening.apply(entry.get()));
            file.setFh(handle);
            return 0;
        });
    }

    @Override
    public int read(String path, ByteBuffer target, long size, long offset, FileInfo file) {
        return guarded(path, () -> {
            FileContent content = open.get(file.getFh());
            return content == null
                    ? -errno.ebadf()
                    : content.read(target.limit((int) Math.min(target.capacity(), size)), offset);
        });
    }

    @Override
    public int release(String path, FileInfo file) {
        open.remove(file.getFh());
        return 0;
    }

    @Override
    public int opendir(String path, FileInfo file) {
        return answer(path, node -> isDirectory(node) ? 0 : -errno.enotdir());
    }

    @Override
    public int readdir(String path, DirFiller filler, long offset, FileInfo file, int flags) {
        return answer(path, node -> {
            int plus = (flags & FuseOperations.FUSE_READDIR_PLUS) != 0 ? DirFiller.FUSE_FILL_DIR_PLUS : 0;
            // All at once, without places to go on from: the library keeps them.
            filler.fill(".", stat -> {}, 0, 0);
            filler.fill("..", stat -> {}, 0, 0);
            for (Map.Entry<String, Node> child : trees.children(node).entrySet()) {
                if (filler.fill(child.getKey(), stat -> describe(child.getValue(), stat), 0, plus) != 0) {
                    return -errno.enomem();
                }
            }
            return 0;
        });
    }

    @Override
    public int releasedir(String path, FileInfo file) {
        return 0;
    }

    @Override
    public int statfs(String path, Statvfs answer) {
        answer.setBsize(BLOCK_BYTES);
        answer.setFrsize(BLOCK_BYTES);
        answer.setNameMax(MAX_NAME_BYTES);
        return 0;
    }

    /** Empty where it is no link. */
    private static byte[] linkTarget(Node node) {
        if (node instanceof Node.Link link) {
            return link.target().getBytes(StandardCharsets.US_ASCII);
        }
        return node instanceof Node.Entry entry && entry.entry().type() == EntryType.SYMLINK
                ? entry.entry().linkTarget().unsafeArray()
                : new byte[0];
    }

    private boolean isDirectory(Node node) {
        return node instanceof Node.Listing
                || node instanceof Node.Tree
                || node instanceof Node.Entry entry && entry.entry().type() == EntryType.DIRECTORY;
    }

    private void describe(Node node, Stat stat) {
        switch (node) {
            case Node.Listing listing -> describe(stat, MADE_UP_DIRECTORY, listing.modified());
            case Node.Link link -> {
                describe(stat, MADE_UP_LINK, link.modified());
                stat.setSize(link.target().length());
            }
            // Not read before somebody looks into it: what the snapshot has of "/" is of no use in a listing.
            case Node.Tree tree ->
                describe(stat, MADE_UP_DIRECTORY, tree.snapshot().manifest().started());
            case Node.Entry entry -> describe(entry.entry(), stat);
        }
    }

    private static void describe(Stat stat, int mode, Timestamp modified) {
        stat.setMode(mode);
        stat.setNLink((short) 1);
        stat.mTime().set(modified.toInstant());
        stat.cTime().set(modified.toInstant());
        stat.aTime().set(modified.toInstant());
    }

    private void describe(TreeEntry entry, Stat stat) {
        stat.setMode(type(entry.type()) | entry.mode());
        stat.setUid(entry.uid());
        stat.setGid(entry.gid());
        stat.setNLink((short) Math.min(Short.MAX_VALUE, Math.max(1, entry.links())));
        stat.setSize(entry.type() == EntryType.SYMLINK ? entry.linkTarget().length() : entry.sizeBytes());
        long holes = entry.holes().stream().mapToLong(TreeEntry.Hole::length).sum();
        struct(stat).setDataBytes(stat, entry.sizeBytes() - holes);
        stat.mTime().set(entry.modified().toInstant());
        stat.cTime().set(entry.changed().toInstant());
        stat.aTime().set(entry.modified().toInstant());
    }

    private StatStruct struct(Stat stat) {
        StatStruct known = struct;
        if (known == null) {
            known = StatStruct.of(stat.getClass());
            struct = known;
        }
        return known;
    }

    private static int type(EntryType type) {
        return switch (type) {
            case FILE -> Stat.S_IFREG;
            case DIRECTORY -> Stat.S_IFDIR;
            case SYMLINK -> Stat.S_IFLNK;
            case FIFO -> Stat.S_IFIFO;
            case CHARACTER_DEVICE -> Stat.S_IFCHR;
            case BLOCK_DEVICE -> Stat.S_IFBLK;
        };
    }
}
