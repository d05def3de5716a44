package io.holdfast.sources.files;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.holdfast.core.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Asks for and decodes {@code struct statx}: offsets from statx(2) and linux/stat.h, the same on all processors. */
final class LinuxStatus {
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STATX_BTIME = 0x800;
    private static final int STATX_MNT_ID = 0x1000;
    private static final int STATX_ATIME = 0x20;
    /** Access times are not kept: they change by looking, also by our own. */
    private static final int WANTED = (STATX_BASIC_STATS & ~STATX_ATIME) | STATX_BTIME | STATX_MNT_ID;

    private static final int STATX_ATTR_MOUNT_ROOT = 0x2000;
    /** STATX_ATTR_COMPRESSED, _IMMUTABLE, _APPEND, _NODUMP: by design the same bits as FS_*_FL. */
    private static final int ATTRIBUTES_AS_FLAGS =
            FileFlags.COMPRESSED | FileFlags.IMMUTABLE | FileFlags.APPEND_ONLY | FileFlags.NO_DUMP;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private static final int STRUCT_BYTES = 256;
    private static final int MASK = 0;
    private static final int ATTRIBUTES = 0x08;
    private static final int NLINK = 0x10;
    private static final int UID = 0x14;
    private static final int GID = 0x18;
    private static final int MODE = 0x1c;
    private static final int INO = 0x20;
    private static final int SIZE = 0x28;
    private static final int BLOCKS = 0x30;
    private static final int BTIME = 0x50;
    private static final int CTIME = 0x60;
    private static final int MTIME = 0x70;
    private static final int RDEV_MAJOR = 0x80;
    private static final int RDEV_MINOR = 0x84;
    private static final int DEV_MAJOR = 0x88;
    private static final int DEV_MINOR = 0x8c;
    private static final int MNT_ID = 0x90;

    /** S_IFMT and its values, inode(7). */
    private static final int TYPE_MASK = 0_170_000;

    private static final int FIFO = 0_010_000;
    private static final int CHARACTER_DEVICE = 0_020_000;
    private static final int DIRECTORY = 0_040_000;
    private static final int BLOCK_DEVICE = 0_060_000;
    private static final int REGULAR = 0_100_000;
    private static final int SYMLINK = 0_120_000;
    private static final int SOCKET = 0_140_000;
    private static final int BLOCK_BYTES = 512;

    private LinuxStatus() {}

    /** Of a child, in {@code s.name}. Returns a negated error number or 0; then {@link #decode} tells. */
    static int ofChild(Scratch s, int directory) {
        return LinuxCalls.statx(
                s, directory, s.name, LinuxCalls.AT_SYMLINK_NOFOLLOW | LinuxCalls.AT_NO_AUTOMOUNT, WANTED, s.struct);
    }

    /** Of an open file. */
    static FileStatus ofDescriptor(Scratch s, int descriptor, Bytes name) throws HostFileException {
        s.name.set(JAVA_BYTE, 0, (byte) 0);
        int result = LinuxCalls.statx(s, descriptor, s.name, LinuxCalls.AT_EMPTY_PATH, WANTED, s.struct);
        if (result < 0) {
            throw HostFileException.ofErrno(-result, "look at", name);
        }
        return decode(s);
    }

    /** Looks at an array: each access to native memory would be compiled into a thousand bytes of code, and there are twenty here. */
    static FileStatus decode(Scratch s) {
        byte[] st = s.struct.asSlice(0, STRUCT_BYTES).toArray(JAVA_BYTE);
        int mask = intAt(st, MASK);
        int mode = Short.toUnsignedInt((short) SHORT.get(st, MODE));
        int attributes = (int) longAt(st, ATTRIBUTES);
        FileType type = type(mode);
        boolean isDevice = type == FileType.CHARACTER_DEVICE || type == FileType.BLOCK_DEVICE;
        return new FileStatus(
                type,
                mode & FileStatus.MODE_MASK,
                Integer.toUnsignedLong(intAt(st, UID)),
                Integer.toUnsignedLong(intAt(st, GID)),
                longAt(st, SIZE),
                longAt(st, BLOCKS) * BLOCK_BYTES,
                time(st, MTIME),
                time(st, CTIME),
                (mask & STATX_BTIME) != 0 ? time(st, BTIME) : null,
                ((long) intAt(st, DEV_MAJOR) << 32) | Integer.toUnsignedLong(intAt(st, DEV_MINOR)),
                longAt(st, INO),
                Integer.toUnsignedLong(intAt(st, NLINK)),
                isDevice ? new DeviceNumber(intAt(st, RDEV_MAJOR), intAt(st, RDEV_MINOR)) : DeviceNumber.NONE,
                (mask & STATX_MNT_ID) != 0 ? longAt(st, MNT_ID) : 0,
                (attributes & STATX_ATTR_MOUNT_ROOT) != 0,
                attributes & ATTRIBUTES_AS_FLAGS);
    }

    private static Timestamp time(byte[] st, int offset) {
        return new Timestamp(longAt(st, offset), intAt(st, offset + 8));
    }

    private static int intAt(byte[] st, int offset) {
        return (int) INT.get(st, offset);
    }

    private static long longAt(byte[] st, int offset) {
        return (long) LONG.get(st, offset);
    }

    /** From the type bits of a mode, the same on all Unix systems. */
    static FileType type(int mode) {
        return switch (mode & TYPE_MASK) {
            case REGULAR -> FileType.REGULAR;
            case DIRECTORY -> FileType.DIRECTORY;
            case SYMLINK -> FileType.SYMLINK;
            case FIFO -> FileType.FIFO;
            case SOCKET -> FileType.SOCKET;
            case CHARACTER_DEVICE -> FileType.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> FileType.BLOCK_DEVICE;
            default -> FileType.UNKNOWN;
        };
    }

    /** The type bits for mknod(2). */
    static int nodeMode(FileType type) {
        return switch (type) {
            case FIFO -> FIFO;
            case SOCKET -> SOCKET;
            case CHARACTER_DEVICE -> CHARACTER_DEVICE;
            case BLOCK_DEVICE -> BLOCK_DEVICE;
            case REGULAR, DIRECTORY, SYMLINK, UNKNOWN ->
                throw new IllegalArgumentException("not made as a node: " + type);
        };
    }
}
