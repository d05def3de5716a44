package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** A directory by its absolute path. */
final class PortableDirectory implements Directory {
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> UPDATE =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> CREATE = Set.of(
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);

    private final Path path;
    private volatile boolean closed;

    PortableDirectory(Path path) {
        this.path = path;
    }

    @Override
    public Directory retain() {
        return new PortableDirectory(path());
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public List<DirectoryEntry> entries() throws HostFileException {
        List<DirectoryEntry> entries = new ArrayList<>();
        try (DirectoryStream<Path> children = Files.newDirectoryStream(path())) {
            for (Path child : children) {
                entries.add(new DirectoryEntry(PortableNames.leaf(child), FileType.UNKNOWN));
            }
        } catch (DirectoryIteratorException e) {
            throw PortableFailure.of(Objects.requireNonNull(e.getCause()), "list", ownName());
        } catch (IOException e) {
            throw PortableFailure.of(e, "list", ownName());
        }
        entries.sort(null);
        return entries;
    }

    @Override
    public FileStatus status() throws HostFileException {
        return call(ownName(), "look at", () -> PortableStatus.of(path()));
    }

    @Override
    public List<ExtendedAttribute> attributes() throws HostFileException {
        return PortableMetadata.attributes(path(), ownName());
    }

    @Override
    public int flags() {
        path();
        return 0;
    }

    @Override
    public FileSystemStatus fileSystem() throws HostFileException {
        return call(ownName(), "look at the file system of", () -> {
            FileStore store = Files.getFileStore(path());
            return new FileSystemStatus(0, store.getTotalSpace(), store.getUsableSpace());
        });
    }

    @Override
    public FileStatus stat(Bytes name) throws HostFileException {
        Path child = child(name, "look at");
        return call(name, "look at", () -> PortableStatus.of(child));
    }

    @Override
    public Optional<FileStatus> find(Bytes name) throws HostFileException {
        Path child = child(name, "look at");
        return call(name, "look at", () -> {
            try {
                return Optional.of(PortableStatus.of(child));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        });
    }

    @Override
    public Directory openDirectory(Bytes name) throws HostFileException {
        if (!stat(name).isDirectory()) {
            throw HostFileException.of(Reason.OTHER_TYPE, "open directory", name);
        }
        Path child = child(name, "open directory");
        if (!Files.isReadable(child)) {
            throw HostFileException.of(Reason.DENIED, "open directory", name);
        }
        return new PortableDirectory(child);
    }

    @Override
    public OpenFile openFile(Bytes name) throws HostFileException {
        Path child = child(name, "open");
        FileStatus status = regular(name);
        return call(name, "open", () -> new PortableOpenFile(FileChannel.open(child, READ), status, child, name));
    }

    @Override
    public Bytes readLink(Bytes name) throws HostFileException {
        Path child = child(name, "read link");
        return call(name, "read link", () -> {
            String target = Files.readSymbolicLink(child).toString();
            if (target.indexOf('\ufffd') >= 0) {
                throw HostFileException.of(Reason.BAD_NAME, "read link", name);
            }
            return PortableNames.text(target);
        });
    }

    @Override
    public List<ExtendedAttribute> attributes(Bytes name) throws HostFileException {
        stat(name);
        return PortableMetadata.attributes(child(name, "read attributes of"), name);
    }

    @Override
    public WritableFile createFile(Bytes name) throws HostFileException {
        Path child = child(name, "create");
        return call(name, "create", () -> {
            FileChannel channel = FileChannel.open(child, CREATE, permissions("rw-------"));
            return new PortableWritableFile(channel, PortableStatus.of(child), child, name);
        });
    }

    @Override
    public WritableFile openForUpdate(Bytes name) throws HostFileException {
        Path child = child(name, "open to write");
        FileStatus status = regular(name);
        return call(
                name,
                "open to write",
                () -> new PortableWritableFile(FileChannel.open(child, UPDATE), status, child, name));
    }

    @Override
    public void makeDirectory(Bytes name) throws HostFileException {
        Path child = child(name, "make directory");
        call(name, "make directory", () -> Files.createDirectory(child, permissions("rwx------")));
    }

    @Override
    public void makeSymlink(Bytes name, Bytes target) throws HostFileException {
        Path child = child(name, "make link");
        call(name, "make link", () -> {
            try {
                return Files.createSymbolicLink(child, Path.of(PortableNames.utf8(target.unsafeArray())));
            } catch (InvalidPathException e) {
                throw HostFileException.of(Reason.BAD_NAME, "make link to", PrintableName.of(target), e);
            }
        });
    }

    @Override
    public void makeHardLink(Directory existingDirectory, Bytes existingName, Bytes name) throws HostFileException {
        Path existing = of(existingDirectory).child(existingName, "make hard link to");
        Path child = child(name, "make hard link");
        call(name, "make hard link", () -> Files.createLink(child, existing));
    }

    @Override
    public void makeNode(Bytes name, FileType type, DeviceNumber number) throws HostFileException {
        child(name, "make node");
        throw HostFileException.of(Reason.UNSUPPORTED, "make node", name);
    }

    @Override
    public void remove(Bytes name) throws HostFileException {
        remove(name, "remove", false);
    }

    @Override
    public void removeDirectory(Bytes name) throws HostFileException {
        remove(name, "remove directory", true);
    }

    private void remove(Bytes name, String operation, boolean directory) throws HostFileException {
        if (stat(name).isDirectory() != directory) {
            throw HostFileException.of(Reason.OTHER_TYPE, operation, name);
        }
        Path child = child(name, operation);
        call(name, operation, () -> {
            Files.delete(child);
            return true;
        });
    }

    @Override
    public void rename(Bytes name, Directory newDirectory, Bytes newName) throws HostFileException {
        Path from = child(name, "rename");
        Path to = of(newDirectory).child(newName, "rename to");
        call(name, "rename", () -> {
            try {
                return Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                throw HostFileException.of(Reason.UNSUPPORTED, "rename", PrintableName.of(name), e);
            }
        });
    }

    @Override
    public boolean clearProtection(Bytes name) throws HostFileException {
        stat(name);
        return false;
    }

    @Override
    public boolean clearProtection() {
        path();
        return false;
    }

    @Override
    public void setMode(Bytes name, int mode) throws HostFileException {
        FileType type = stat(name).type();
        if (type != FileType.REGULAR && type != FileType.DIRECTORY) {
            throw HostFileException.of(Reason.OTHER_TYPE, "set mode", name);
        }
        if (!PortableHostFiles.IS_UNIX) {
            return;
        }
        try {
            Files.setAttribute(child(name, "set mode"), "unix:mode", mode, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw PortableFailure.of(e, "set mode", name);
        }
    }

    @Override
    public List<NotApplied> applyMetadata(Bytes name, FileMetadata metadata) throws HostFileException {
        return PortableMetadata.apply(child(name, "set metadata of"), name, metadata);
    }

    @Override
    public List<NotApplied> applyMetadata(FileMetadata metadata) throws HostFileException {
        return PortableMetadata.apply(path(), ownName(), metadata);
    }

    @Override
    public boolean applyFlagsBeforeContent(int flags) {
        path();
        return (flags & FileFlags.BEFORE_CONTENT) == 0;
    }

    /** Does nothing but on Unix: elsewhere a directory cannot be opened as a file. */
    @Override
    public void sync() throws HostFileException {
        Path directory = path();
        if (!PortableHostFiles.IS_UNIX) {
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw PortableFailure.of(e, "sync", ownName());
        }
    }

    private FileStatus regular(Bytes name) throws HostFileException {
        FileStatus status = stat(name);
        if (!status.isRegular()) {
            throw HostFileException.of(Reason.OTHER_TYPE, "open", name);
        }
        return status;
    }

    private Path path() {
        if (closed) {
            throw new IllegalStateException("directory '" + path + "' is closed");
        }
        return path;
    }

    private Bytes ownName() throws HostFileException {
        return PortableNames.leaf(path);
    }

    private Path child(Bytes name, String operation) throws HostFileException {
        return PortableNames.child(path(), name, operation);
    }

    private static PortableDirectory of(Directory directory) {
        if (directory instanceof PortableDirectory portable) {
            return portable;
        }
        throw new IllegalArgumentException("a directory of another implementation");
    }

    private static FileAttribute<?>[] permissions(String text) {
        return PortableHostFiles.IS_UNIX
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text))}
                : new FileAttribute<?>[0];
    }

    private static <T> T call(Bytes name, String operation, Call<T> body) throws HostFileException {
        try {
            return body.run();
        } catch (HostFileException e) {
            throw e;
        } catch (IOException e) {
            throw PortableFailure.of(e, operation, name);
        } catch (UnsupportedOperationException e) {
            throw HostFileException.of(Reason.UNSUPPORTED, operation, PrintableName.of(name), e);
        }
    }

    @FunctionalInterface
    private interface Call<T> {
        T run() throws IOException;
    }
}
