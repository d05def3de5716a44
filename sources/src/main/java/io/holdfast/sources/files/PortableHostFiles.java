package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Files of any system through {@code java.nio}, where {@link LinuxHostFiles} does not work.
 *
 * <p>It keeps content, names, hard links, symbolic links and modification times; on Unix systems also mode, owner, group and,
 * where the JDK supports them, attributes of the name space {@code user.}. What it loses:
 *
 * <ul>
 *   <li>ACLs, capabilities, labels and all other extended attributes, also those of links; inode flags; file resource forks,
 *       alternate data streams and Windows security descriptors.
 *   <li>Holes: they are read as zeros and written as zeros, but for what {@link WritableFile#truncate} and writing past the end
 *       leave.
 *   <li>Device nodes and FIFOs: seen, but not made.
 *   <li>Repeated and trailing slashes in the targets of symbolic links; targets that are not text cannot be read.
 *   <li>Nanoseconds where the JDK sets microseconds only (times of symbolic links); fractions of a second before 1970.
 *   <li>Safety: handles are paths, so that a component may be swapped between two calls, and long paths fail.
 * </ul>
 *
 * <p>On Windows names are UTF-8 here; a directory with a name that is no valid Unicode cannot be listed.
 */
public final class PortableHostFiles implements HostFiles {
    private static final Set<String> VIEWS = FileSystems.getDefault().supportedFileAttributeViews();
    static final boolean IS_UNIX = VIEWS.contains("unix");
    static final boolean HAS_USER_ATTRIBUTES = VIEWS.contains("user");
    private static final Set<Capability> CAPABILITIES = supported();

    @Override
    public Set<Capability> capabilities() {
        return CAPABILITIES;
    }

    @Override
    public Directory openDirectory(Bytes absolutePath) throws HostFileException {
        Path path;
        try {
            path = PortableNames.absolute(absolutePath);
        } catch (IllegalArgumentException e) {
            throw HostFileException.of(Reason.BAD_NAME, "open directory", PrintableName.of(absolutePath), e);
        }
        if (!Files.isDirectory(path)) {
            throw HostFileException.of(
                    Files.exists(path) ? Reason.OTHER_TYPE : Reason.VANISHED, "open directory", absolutePath);
        }
        try {
            return new PortableDirectory(path.toRealPath());
        } catch (IOException e) {
            throw PortableFailure.of(e, "open directory", absolutePath);
        }
    }

    private static Set<Capability> supported() {
        Set<Capability> supported = EnumSet.noneOf(Capability.class);
        if (IS_UNIX) {
            supported.add(Capability.OWNERS_AND_MODES);
            supported.add(Capability.BYTE_NAMES);
            supported.add(Capability.LINK_TIMES);
        }
        if (HAS_USER_ATTRIBUTES) {
            supported.add(Capability.USER_ATTRIBUTES);
        }
        return Collections.unmodifiableSet(supported);
    }
}
