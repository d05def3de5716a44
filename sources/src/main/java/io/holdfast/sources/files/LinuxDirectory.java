package io.holdfast.sources.files;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** One handle of an open directory; several handles share the descriptor. */
final class LinuxDirectory implements Directory {
    private static final int NEW_DIRECTORY_MODE = 0700;
    private static final int NEW_NODE_MODE = 0600;

    private final SharedDescriptor shared;
    private final Bytes ownName;
    private volatile boolean closed;

    /** Takes over one ownership of {@code shared}. */
    LinuxDirectory(SharedDescriptor shared, Bytes ownName) {
        this.shared = shared;
        this.ownName = ownName;
    }

    @Override
    public Directory retain() {
        descriptor();
        shared.retain();
        return new LinuxDirectory(shared, ownName);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            shared.release();
        }
    }

    @Override
    public List<DirectoryEntry> entries() throws HostFileException {
        // The position of the descriptor belongs to all handles.
        synchronized (shared) {
            return DirectoryStreamDecoder.readAll(Scratch.current(), descriptor(), ownName);
        }
    }

    @Override
    public FileStatus status() throws HostFileException {
        return LinuxStatus.ofDescriptor(Scratch.current(), descriptor(), ownName);
    }

    @Override
    public List<ExtendedAttribute> attributes() throws HostFileException {
        return self().attributes();
    }

    @Override
    public int flags() throws HostFileException {
        return LinuxFlags.of(self());
    }

    /** {@code struct statfs} of 64-bit Linux, statfs(2): f_type, f_bsize, f_blocks, f_bavail, f_frsize. */
    @Override
    public FileSystemStatus fileSystem() throws HostFileException {
        Scratch s = Scratch.current();
        checked(LinuxCalls.fstatfs(s, descriptor(), s.struct), "look at the file system of", ownName);
        long fragment = s.struct.get(JAVA_LONG, 72);
        long unit = fragment == 0 ? s.struct.get(JAVA_LONG, 8) : fragment;
        return new FileSystemStatus(
                s.struct.get(JAVA_LONG, 0), s.struct.get(JAVA_LONG, 16) * unit, s.struct.get(JAVA_LONG, 32) * unit);
    }

    @Override
    public FileStatus stat(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        s.child(name, "look at");
        checked(LinuxStatus.ofChild(s, descriptor()), "look at", name);
        return LinuxStatus.decode(s);
    }

    @Override
    public Optional<FileStatus> find(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        s.child(name, "look at");
        int result = LinuxStatus.ofChild(s, descriptor());
        if (result == -Errno.ENOENT) {
            return Optional.empty();
        }
        checked(result, "look at", name);
        return Optional.of(LinuxStatus.decode(s));
    }

    @Override
    public Directory openDirectory(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        int opened = LinuxOpen.directory(s, descriptor(), s.child(name, "open directory"), LinuxOpen.O_NOFOLLOW);
        return new LinuxDirectory(new SharedDescriptor(checked(opened, "open directory", name)), name);
    }

    @Override
    public OpenFile openFile(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        int opened = checked(LinuxOpen.toRead(s, descriptor(), s.child(name, "open")), "open", name);
        return new LinuxOpenFile(opened, regular(s, opened, name), name);
    }

    @Override
    public OpenFile openFile(Bytes name, FileStatus seen) throws HostFileException {
        Scratch s = Scratch.current();
        return new LinuxOpenFile(
                checked(LinuxOpen.toRead(s, descriptor(), s.child(name, "open")), "open", name), seen, name);
    }

    @Override
    public Bytes readLink(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        MemorySegment target = s.otherName.asSlice(0, Scratch.PATH_MAX);
        long length = LinuxCalls.readlinkat(s, descriptor(), s.child(name, "read link"), target);
        if (length == -Errno.EINVAL) {
            throw HostFileException.of(Reason.OTHER_TYPE, "read link", name);
        }
        checked((int) length, "read link", name);
        return Bytes.wrap(target.asSlice(0, length).toArray(JAVA_BYTE));
    }

    @Override
    public List<ExtendedAttribute> attributes(Bytes name) throws HostFileException {
        return new LinuxTarget.Child(descriptor(), name).attributes();
    }

    @Override
    public WritableFile createFile(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        int opened = checked(LinuxOpen.toCreate(s, descriptor(), s.child(name, "create")), "create", name);
        return new LinuxWritableFile(opened, regular(s, opened, name), name);
    }

    @Override
    public WritableFile openForUpdate(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        int opened = checked(LinuxOpen.toUpdate(s, descriptor(), s.child(name, "open")), "open to write", name);
        return new LinuxWritableFile(opened, regular(s, opened, name), name);
    }

    @Override
    public void makeDirectory(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        MemorySegment path = s.child(name, "make directory");
        checked(LinuxCalls.mkdirat(s, descriptor(), path, NEW_DIRECTORY_MODE), "make directory", name);
    }

    @Override
    public void makeSymlink(Bytes name, Bytes target) throws HostFileException {
        Scratch s = Scratch.current();
        MemorySegment path = s.child(name, "make link");
        MemorySegment content = Scratch.putString(s.otherName, target, "make link to");
        checked(LinuxCalls.symlinkat(s, content, descriptor(), path), "make link", name);
    }

    @Override
    public void makeHardLink(Directory existingDirectory, Bytes existingName, Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        MemorySegment existing = s.otherChild(existingName, "make hard link to");
        MemorySegment path = s.child(name, "make hard link");
        int result = LinuxCalls.linkat(s, descriptorOf(existingDirectory), existing, descriptor(), path);
        checked(result, "make hard link", name);
    }

    @Override
    public void makeNode(Bytes name, FileType type, DeviceNumber number) throws HostFileException {
        Scratch s = Scratch.current();
        MemorySegment path = s.child(name, "make node");
        int mode = LinuxStatus.nodeMode(type) | NEW_NODE_MODE;
        checked((int) LinuxCalls.mknodat(s, descriptor(), path, mode, encoded(number)), "make node", name);
    }

    @Override
    public void remove(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        checked(LinuxCalls.unlinkat(s, descriptor(), s.child(name, "remove"), 0), "remove", name);
    }

    @Override
    public void removeDirectory(Bytes name) throws HostFileException {
        Scratch s = Scratch.current();
        MemorySegment path = s.child(name, "remove directory");
        checked(LinuxCalls.unlinkat(s, descriptor(), path, LinuxCalls.AT_REMOVEDIR), "remove directory", name);
    }

    @Override
    public void rename(Bytes name, Directory newDirectory, Bytes newName) throws HostFileException {
        Scratch s = Scratch.current();
        MemorySegment from = s.child(name, "rename");
        MemorySegment to = s.otherChild(newName, "rename to");
        checked(LinuxCalls.renameat(s, descriptor(), from, descriptorOf(newDirectory), to), "rename", name);
    }

    @Override
    public boolean clearProtection(Bytes name) throws HostFileException {
        FileType type = stat(name).type();
        if (type != FileType.REGULAR && type != FileType.DIRECTORY) {
            return false;
        }
        Scratch s = Scratch.current();
        int opened = checked(openToChange(s, name, type), "open", name);
        try {
            return LinuxFlags.clearProtection(new LinuxTarget.Descriptor(opened, name));
        } finally {
            LinuxCalls.close(s, opened);
        }
    }

    @Override
    public boolean clearProtection() throws HostFileException {
        return LinuxFlags.clearProtection(self());
    }

    @Override
    public void setMode(Bytes name, int mode) throws HostFileException {
        FileType type = stat(name).type();
        if (type != FileType.REGULAR && type != FileType.DIRECTORY) {
            throw HostFileException.of(Reason.OTHER_TYPE, "set mode", name);
        }
        checked(new LinuxTarget.Child(descriptor(), name).setMode(mode), "set mode", name);
    }

    @Override
    public List<NotApplied> applyMetadata(Bytes name, FileMetadata metadata) throws HostFileException {
        ChildName.checked(name, "set metadata of");
        if (metadata.type() != FileType.REGULAR && metadata.type() != FileType.DIRECTORY) {
            return MetadataApplication.run(new LinuxTarget.Child(descriptor(), name), metadata);
        }
        Scratch s = Scratch.current();
        int opened = openToChange(s, name, metadata.type());
        if (opened == -Errno.EACCES) {
            // Whoever owns the file may set its metadata, all but the flags, even where he may not open it.
            return MetadataApplication.run(new LinuxTarget.Child(descriptor(), name), metadata);
        }
        checked(opened, "open", name);
        try {
            return MetadataApplication.run(new LinuxTarget.Descriptor(opened, name), metadata);
        } finally {
            LinuxCalls.close(s, opened);
        }
    }

    @Override
    public List<NotApplied> applyMetadata(FileMetadata metadata) throws HostFileException {
        return MetadataApplication.run(self(), metadata);
    }

    @Override
    public boolean applyFlagsBeforeContent(int flags) {
        return LinuxFlags.applyBeforeContent(self(), flags);
    }

    @Override
    public void sync() throws HostFileException {
        checked(LinuxCalls.fsync(Scratch.current(), descriptor()), "sync", ownName);
    }

    private int openToChange(Scratch s, Bytes name, FileType type) throws HostFileException {
        MemorySegment path = s.child(name, "open");
        return type == FileType.DIRECTORY
                ? LinuxOpen.directory(s, descriptor(), path, LinuxOpen.O_NOFOLLOW)
                : LinuxOpen.toRead(s, descriptor(), path);
    }

    /** What a descriptor stands for, which is closed again where that is no regular file. */
    private static FileStatus regular(Scratch s, int opened, Bytes name) throws HostFileException {
        boolean accepted = false;
        try {
            FileStatus status = LinuxStatus.ofDescriptor(s, opened, name);
            if (!status.isRegular()) {
                throw HostFileException.of(Reason.OTHER_TYPE, "open", name);
            }
            accepted = true;
            return status;
        } finally {
            if (!accepted) {
                LinuxCalls.close(s, opened);
            }
        }
    }

    private LinuxTarget self() {
        return new LinuxTarget.Descriptor(descriptor(), ownName);
    }

    private int descriptor() {
        if (closed) {
            throw new IllegalStateException("directory '" + PrintableName.of(ownName) + "' is closed");
        }
        return shared.descriptor();
    }

    private static int descriptorOf(Directory directory) {
        if (directory instanceof LinuxDirectory linux) {
            return linux.descriptor();
        }
        throw new IllegalArgumentException("a directory of another implementation");
    }

    /** As the kernel takes it, new_encode_dev() of linux/kdev_t.h. */
    private static int encoded(DeviceNumber number) {
        return (number.minor() & 0xff) | number.major() << 8 | (number.minor() & ~0xff) << 12;
    }

    private static int checked(int result, String operation, Bytes name) throws HostFileException {
        if (result < 0) {
            throw HostFileException.ofErrno(-result, operation, name);
        }
        return result;
    }
}
