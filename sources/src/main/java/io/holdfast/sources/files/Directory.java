package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.util.List;
import java.util.Optional;

/**
 * An open directory. All names are names of its direct children: not empty, not {@code .} or {@code ..}, without slash or
 * zero byte ({@link HostFileException.Reason#BAD_NAME} otherwise, before anything is touched). No call follows a symbolic
 * link.
 *
 * <p>Safe for use by many threads, except that nobody may use a handle while or after another thread closes that handle:
 * hand a {@link #retain retained} handle to each.
 */
public interface Directory extends AutoCloseable {

    /** A further handle of the same open directory, closed separately. Costs no system call. */
    Directory retain();

    /** Releases this handle; the last one closes the directory. Does nothing the second time. */
    @Override
    void close();

    // ---- reading

    /**
     * All names but {@code .} and {@code ..}, sorted as unsigned bytes. Names that come or go meanwhile may or may not appear.
     */
    List<DirectoryEntry> entries() throws HostFileException;

    /** Of this directory itself. */
    FileStatus status() throws HostFileException;

    /** Extended attributes of this directory itself, sorted by name; empty where the file system has none. */
    List<ExtendedAttribute> attributes() throws HostFileException;

    /** {@link FileFlags} of this directory itself, 0 where the file system has none. */
    int flags() throws HostFileException;

    /** The file system this directory lies on. */
    FileSystemStatus fileSystem() throws HostFileException;

    /** Of a child; of a symbolic link itself. Never triggers an automount. */
    FileStatus stat(Bytes name) throws HostFileException;

    /** As {@link #stat}, empty where there is no such name. */
    Optional<FileStatus> find(Bytes name) throws HostFileException;

    /** Opens a child directory. {@code OTHER_TYPE} where it is none or a symbolic link. */
    Directory openDirectory(Bytes name) throws HostFileException;

    /**
     * Opens a regular file for reading, without changing its access time where the owner may ask for that. {@code OTHER_TYPE}
     * where it is anything else (never blocks on a FIFO; a device may notice that it was opened).
     */
    OpenFile openFile(Bytes name) throws HostFileException;

    /**
     * The same for a regular file that was looked at before: {@link OpenFile#statusAtOpen} may be what was seen then, which saves a
     * system call. Whoever reads on finds out by comparing it with {@link OpenFile#status} afterwards, as he has to in any case; the file
     * may also turn out to be of another type by then.
     */
    default OpenFile openFile(Bytes name, FileStatus seen) throws HostFileException {
        return openFile(name);
    }

    /** The target of a symbolic link, 1 to 4,095 bytes. */
    Bytes readLink(Bytes name) throws HostFileException;

    /**
     * Extended attributes of a child of any type, sorted by name; of a symbolic link itself. Slower than those of an {@link
     * OpenFile} or of an open directory.
     */
    List<ExtendedAttribute> attributes(Bytes name) throws HostFileException;

    // ---- writing

    /** Makes a regular file, mode 0600. {@code EXISTS} where the name is taken, be it by a dangling link. */
    WritableFile createFile(Bytes name) throws HostFileException;

    /** Opens an existing regular file to read and write it. {@code OTHER_TYPE} where it is none. */
    WritableFile openForUpdate(Bytes name) throws HostFileException;

    /** Makes a directory, mode 0700. */
    void makeDirectory(Bytes name) throws HostFileException;

    /** @param target 1 to 4,095 bytes, stored as it is */
    void makeSymlink(Bytes name, Bytes target) throws HostFileException;

    /** Makes {@code name} a further name of an existing file that is no directory; of a symbolic link itself. */
    void makeHardLink(Directory existingDirectory, Bytes existingName, Bytes name) throws HostFileException;

    /**
     * Makes a FIFO, a device node or a socket's name, mode 0600.
     *
     * @param type FIFO, SOCKET, CHARACTER_DEVICE or BLOCK_DEVICE
     * @param number of a device, else {@link DeviceNumber#NONE}
     */
    void makeNode(Bytes name, FileType type, DeviceNumber number) throws HostFileException;

    /** Removes a name that is no directory. */
    void remove(Bytes name) throws HostFileException;

    /** Removes an empty directory. */
    void removeDirectory(Bytes name) throws HostFileException;

    /** Renames within this file system, atomically replacing what has the new name. */
    void rename(Bytes name, Directory newDirectory, Bytes newName) throws HostFileException;

    /**
     * Clears {@link FileFlags#PROTECTIVE} of a regular file or directory, so that it can be changed.
     *
     * @return whether any was set
     */
    boolean clearProtection(Bytes name) throws HostFileException;

    /** As {@link #clearProtection(Bytes)}, of this directory itself. */
    boolean clearProtection() throws HostFileException;

    /**
     * Sets the mode of a regular file or directory, even one that may not be opened; {@code OTHER_TYPE} for anything else. Does
     * nothing where the file system has no modes.
     *
     * @param mode 12 bits
     */
    void setMode(Bytes name, int mode) throws HostFileException;

    /**
     * Sets owner, mode, attributes, time and flags of a child, in this order, because each may undo a later one. Attributes
     * that are there and not wanted are removed. Keeps going where one cannot be set. The set-user-id and set-group-id bits
     * are not set where the owner could not be.
     *
     * @return what could not be set, empty where all was
     * @throws HostFileException where the child cannot be opened or looked at
     */
    List<NotApplied> applyMetadata(Bytes name, FileMetadata metadata) throws HostFileException;

    /**
     * As {@link #applyMetadata(Bytes, FileMetadata)}, of this directory itself: call it after the last change to its children.
     */
    List<NotApplied> applyMetadata(FileMetadata metadata) throws HostFileException;

    /**
     * Sets those of {@link FileFlags#BEFORE_CONTENT} that {@code flags} has, of this directory while it is empty.
     *
     * @return false where the file system refuses
     */
    boolean applyFlagsBeforeContent(int flags) throws HostFileException;

    /** Makes the names in this directory survive a loss of power. */
    void sync() throws HostFileException;
}
