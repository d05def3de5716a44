package io.holdfast.sources.files;

import io.holdfast.sources.files.HostFileException.Reason;

/** Linux error numbers, the same on x86-64 and aarch64 (asm-generic/errno.h). */
final class Errno {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ESRCH = 3;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int ENXIO = 6;
    static final int E2BIG = 7;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EEXIST = 17;
    static final int EXDEV = 18;
    static final int ENODEV = 19;
    static final int ENOTDIR = 20;
    static final int EISDIR = 21;
    static final int EINVAL = 22;
    static final int ENFILE = 23;
    static final int EMFILE = 24;
    static final int ENOTTY = 25;
    static final int EFBIG = 27;
    static final int ENOSPC = 28;
    static final int EROFS = 30;
    static final int EMLINK = 31;
    static final int ERANGE = 34;
    static final int ENAMETOOLONG = 36;
    static final int ENOSYS = 38;
    static final int ENOTEMPTY = 39;
    static final int ELOOP = 40;
    static final int ENODATA = 61;
    static final int EBADMSG = 74;
    static final int EILSEQ = 84;
    static final int EOPNOTSUPP = 95;
    static final int ETIMEDOUT = 110;
    static final int ESTALE = 116;
    static final int EUCLEAN = 117;
    static final int EREMOTEIO = 121;
    static final int EDQUOT = 122;

    private Errno() {}

    static Reason reason(int errno) {
        return switch (errno) {
            case ENOENT, ESTALE -> Reason.VANISHED;
            case ELOOP, ENOTDIR, EISDIR, ENXIO, ENODEV -> Reason.OTHER_TYPE;
            case EPERM, EACCES -> Reason.DENIED;
            case EEXIST, ENOTEMPTY -> Reason.EXISTS;
            case ENOSPC, EDQUOT, EFBIG -> Reason.NO_SPACE;
            case EROFS -> Reason.READ_ONLY;
            case EIO, EBADMSG, EUCLEAN, EREMOTEIO, ETIMEDOUT -> Reason.IO_ERROR;
            case EMFILE, ENFILE, ENOMEM -> Reason.TOO_MANY_OPEN;
            case EOPNOTSUPP, ENOSYS, ENOTTY, EXDEV, EMLINK -> Reason.UNSUPPORTED;
            case ENAMETOOLONG, EILSEQ -> Reason.BAD_NAME;
            default -> Reason.OTHER;
        };
    }

    static String name(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM";
            case ENOENT -> "ENOENT";
            case EIO -> "EIO";
            case ENXIO -> "ENXIO";
            case ENOMEM -> "ENOMEM";
            case EACCES -> "EACCES";
            case EEXIST -> "EEXIST";
            case EXDEV -> "EXDEV";
            case ENODEV -> "ENODEV";
            case ENOTDIR -> "ENOTDIR";
            case EISDIR -> "EISDIR";
            case EINVAL -> "EINVAL";
            case ENFILE -> "ENFILE";
            case EMFILE -> "EMFILE";
            case ENOTTY -> "ENOTTY";
            case EFBIG -> "EFBIG";
            case ENOSPC -> "ENOSPC";
            case EROFS -> "EROFS";
            case EMLINK -> "EMLINK";
            case ENAMETOOLONG -> "ENAMETOOLONG";
            case ENOSYS -> "ENOSYS";
            case ENOTEMPTY -> "ENOTEMPTY";
            case ELOOP -> "ELOOP";
            case EOPNOTSUPP -> "EOPNOTSUPP";
            case ESTALE -> "ESTALE";
            case EDQUOT -> "EDQUOT";
            default -> "errno " + errno;
        };
    }
}
