package io.holdfast.sources.files;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.holdfast.core.Bytes;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads the extended attributes of a file, xattr(7). */
final class AttributeReader {
    private static final int BY_PATH = -1;
    /** The kernel allocates, and clears, as much as it is offered: the full 64 KiB only where this does not do. */
    private static final int USUAL_BYTES = 1024;

    private static final String OPERATION = "read attributes of";

    /**
     * How XFS shows root the stored form of its ACLs, besides {@code system.posix_acl_*}. Kept, it would be a meaningless
     * attribute on any other file system, and removing it would remove the ACL.
     */
    private static final byte[] XFS_ACL = "trusted.SGI_ACL_".getBytes(StandardCharsets.US_ASCII);

    private AttributeReader() {}

    static List<ExtendedAttribute> ofDescriptor(Scratch s, int descriptor, Bytes name) throws HostFileException {
        return read(s, descriptor, name);
    }

    /** Of the path in {@code s.name}; of a symbolic link itself. */
    static List<ExtendedAttribute> ofPath(Scratch s, Bytes name) throws HostFileException {
        return read(s, BY_PATH, name);
    }

    private static List<ExtendedAttribute> read(Scratch s, int descriptor, Bytes name) throws HostFileException {
        long length = list(s, descriptor, s.bulk().asSlice(0, USUAL_BYTES));
        if (length == -Errno.ERANGE) {
            length = list(s, descriptor, s.bulk());
        }
        if (length == 0 || length == -Errno.EOPNOTSUPP) {
            return List.of();
        }
        if (length < 0) {
            throw HostFileException.ofErrno((int) -length, OPERATION, name);
        }
        byte[] names = s.bulk().asSlice(0, length).toArray(JAVA_BYTE);
        List<ExtendedAttribute> attributes = new ArrayList<>();
        int start = 0;
        for (int at = 0; at < names.length; at++) {
            if (names[at] == 0) {
                if (!isXfsAcl(names, start, at)) {
                    readOne(s, descriptor, Bytes.copyOf(names, start, at - start), name, attributes);
                }
                start = at + 1;
            }
        }
        attributes.sort(null);
        return attributes;
    }

    private static boolean isXfsAcl(byte[] names, int start, int end) {
        int prefixEnd = start + XFS_ACL.length;
        return prefixEnd <= end && Arrays.equals(names, start, prefixEnd, XFS_ACL, 0, XFS_ACL.length);
    }

    private static void readOne(
            Scratch s, int descriptor, Bytes attribute, Bytes name, List<ExtendedAttribute> attributes)
            throws HostFileException {
        MemorySegment attributeName = Scratch.putString(s.otherName, attribute, "read attribute");
        long length = get(s, descriptor, attributeName, s.bulk().asSlice(0, USUAL_BYTES));
        if (length == -Errno.ERANGE) {
            length = get(s, descriptor, attributeName, s.bulk());
        }
        if (length >= 0) {
            attributes.add(new ExtendedAttribute(
                    attribute, Bytes.wrap(s.bulk().asSlice(0, length).toArray(JAVA_BYTE))));
        } else if (length != -Errno.ENODATA && length != -Errno.EOPNOTSUPP) {
            // ENODATA: removed since it was listed. EOPNOTSUPP: network file systems list names that they do not serve.
            throw HostFileException.ofErrno(
                    (int) -length, "read attribute " + PrintableName.of(attribute) + " of", name);
        }
    }

    private static long list(Scratch s, int descriptor, MemorySegment target) {
        return descriptor == BY_PATH
                ? LinuxCalls.llistxattr(s, s.name, target)
                : LinuxCalls.flistxattr(s, descriptor, target);
    }

    private static long get(Scratch s, int descriptor, MemorySegment attribute, MemorySegment target) {
        return descriptor == BY_PATH
                ? LinuxCalls.lgetxattr(s, s.name, attribute, target)
                : LinuxCalls.fgetxattr(s, descriptor, attribute, target);
    }
}
