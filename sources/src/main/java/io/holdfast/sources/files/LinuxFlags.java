package io.holdfast.sources.files;

/** Reads and changes {@link FileFlags} of what is open. */
final class LinuxFlags {
    private LinuxFlags() {}

    /** 0 where the file system has none. */
    static int of(LinuxTarget target) throws HostFileException {
        int flags = target.flags();
        return switch (-flags) {
            // ENOTTY, EOPNOTSUPP: no such thing here; EINVAL, ENOSYS: what some FUSE file systems say instead.
            case Errno.ENOTTY, Errno.EOPNOTSUPP, Errno.EINVAL, Errno.ENOSYS -> 0;
            default -> {
                if (flags < 0) {
                    throw HostFileException.ofErrno(-flags, "read flags of", target.name());
                }
                yield flags;
            }
        };
    }

    /** See {@link WritableFile#applyFlagsBeforeContent}. */
    static boolean applyBeforeContent(LinuxTarget target, int flags) {
        int wanted = flags & FileFlags.BEFORE_CONTENT;
        if (wanted == 0) {
            return true;
        }
        int present = target.flags();
        return present >= 0 && ((present & wanted) == wanted || target.setFlags(present | wanted) == 0);
    }

    /** See {@link Directory#clearProtection()}. */
    static boolean clearProtection(LinuxTarget target) throws HostFileException {
        int flags = of(target);
        if ((flags & FileFlags.PROTECTIVE) == 0) {
            return false;
        }
        int result = target.setFlags(flags & ~FileFlags.PROTECTIVE);
        if (result < 0) {
            throw HostFileException.ofErrno(-result, "clear flags of", target.name());
        }
        return true;
    }
}
