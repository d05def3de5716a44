package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** Files of a 64-bit Linux through system calls. Needs glibc 2.28 or musl 1.2.5, for statx. */
public final class LinuxHostFiles implements HostFiles {
    private static final Set<Capability> CAPABILITIES = Set.copyOf(EnumSet.allOf(Capability.class));
    private static final String OPERATION = "open directory";

    static boolean isSupported(String osName, String osArch) {
        return osName.equals("Linux") && Architecture.isKnown(osArch);
    }

    @Override
    public Set<Capability> capabilities() {
        return CAPABILITIES;
    }

    @Override
    public Directory openDirectory(Bytes absolutePath) throws HostFileException {
        byte[] path = absolutePath.unsafeArray();
        if (path.length == 0 || path[0] != '/') {
            throw HostFileException.of(Reason.BAD_NAME, OPERATION, absolutePath);
        }
        Scratch s = Scratch.current();
        int at = partEnd(path, 0);
        int descriptor = open(s, LinuxCalls.AT_FDCWD, path, 0, at, absolutePath);
        while (at < path.length) {
            int end = partEnd(path, at);
            int next;
            try {
                next = open(s, descriptor, path, at, end, absolutePath);
            } finally {
                LinuxCalls.close(s, descriptor);
            }
            descriptor = next;
            at = end;
        }
        return new LinuxDirectory(new SharedDescriptor(descriptor), absolutePath);
    }

    /** The system takes paths of 4,095 bytes: where the part from {@code start} ends that is handed to it at once. */
    private static int partEnd(byte[] path, int start) {
        int limit = start + Scratch.PATH_MAX - 1;
        if (limit >= path.length) {
            return path.length;
        }
        int end = limit;
        while (end > start && path[end] != '/') {
            end--;
        }
        return end == start ? limit : end;
    }

    private static int open(Scratch s, int directory, byte[] path, int start, int end, Bytes whole)
            throws HostFileException {
        int first = start;
        if (directory != LinuxCalls.AT_FDCWD) {
            while (first < end && path[first] == '/') {
                first++;
            }
        }
        Bytes part = first == end ? Bytes.wrap(new byte[] {'.'}) : Bytes.wrap(Arrays.copyOfRange(path, first, end));
        int descriptor = LinuxOpen.directory(s, directory, Scratch.putString(s.name, part, OPERATION), 0);
        if (descriptor < 0) {
            throw HostFileException.ofErrno(-descriptor, OPERATION, whole);
        }
        return descriptor;
    }
}
