package io.holdfast.sources.files;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The system calls, through the C library and the foreign function interface. Each returns what the kernel returns: a result
 * of 0 or more, or a negated {@link Errno}. Calls that a signal interrupted before they did anything are repeated.
 *
 * <p>None is linked as {@code critical}: each may wait for a disk or a network file system, and a critical call would hold up
 * every garbage collection meanwhile.
 */
final class LinuxCalls {
    /** fcntl.h, statx(2). */
    static final int AT_FDCWD = -100;

    static final int AT_SYMLINK_NOFOLLOW = 0x100;
    static final int AT_REMOVEDIR = 0x200;
    static final int AT_NO_AUTOMOUNT = 0x800;
    static final int AT_EMPTY_PATH = 0x1000;

    static final Architecture ARCHITECTURE = Architecture.of(System.getProperty("os.arch", ""));

    private LinuxCalls() {}

    // Linking a call costs about 4 ms in a process that has just started, so each of these classes is initialised by
    // its first use.

    /** What every walk needs. */
    private static final class Reading {
        static final MethodHandle OPENAT = variadic("openat", 3, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
        static final MethodHandle CLOSE = call("close", JAVA_INT, JAVA_INT);
        static final MethodHandle STATX = call("statx", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
        static final MethodHandle GETDENTS64 =
                variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
        static final MethodHandle PREAD = call("pread", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
        static final MethodHandle FLISTXATTR = call("flistxattr", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
        static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    }

    /** Large and sparse files. */
    private static final class Holes {
        static final MethodHandle LSEEK = call("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
        static final MethodHandle FADVISE = call("posix_fadvise", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    }

    /** What is no file and no directory. */
    private static final class Links {
        static final MethodHandle READLINKAT = call("readlinkat", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
        static final MethodHandle LLISTXATTR = call("llistxattr", JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
    }

    /** Extended attributes, where there are any. */
    private static final class AttributeValues {
        static final MethodHandle FGETXATTR = call("fgetxattr", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
        static final MethodHandle LGETXATTR = call("lgetxattr", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
    }

    /** What every restore needs. */
    private static final class Writing {
        static final MethodHandle MKDIRAT = call("mkdirat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
        static final MethodHandle PWRITE = call("pwrite", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
        static final MethodHandle FTRUNCATE = call("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
        static final MethodHandle FCHOWNAT =
                call("fchownat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT);
        static final MethodHandle FCHMOD = call("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);
        static final MethodHandle FUTIMENS = call("futimens", JAVA_INT, JAVA_INT, ADDRESS);
    }

    /** Once in a process, where it is asked for. */
    private static final class Priorities {
        static final MethodHandle SETPRIORITY = call("setpriority", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        static final MethodHandle IOPRIO_SET =
                variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT);
    }

    private static final class Space {
        static final MethodHandle FSTATFS = call("fstatfs", JAVA_INT, JAVA_INT, ADDRESS);
        static final MethodHandle FALLOCATE = call("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
        static final MethodHandle FSYNC = call("fsync", JAVA_INT, JAVA_INT);
    }

    /** Links and device nodes. */
    private static final class Nodes {
        static final MethodHandle SYMLINKAT = call("symlinkat", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
        static final MethodHandle LINKAT = call("linkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
        static final MethodHandle MKNODAT =
                variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
        static final MethodHandle CHMOD = call("chmod", JAVA_INT, ADDRESS, JAVA_INT);
        static final MethodHandle UTIMENSAT = call("utimensat", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    }

    private static final class AttributeChanges {
        static final MethodHandle FSETXATTR =
                call("fsetxattr", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
        static final MethodHandle LSETXATTR =
                call("lsetxattr", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
        static final MethodHandle FREMOVEXATTR = call("fremovexattr", JAVA_INT, JAVA_INT, ADDRESS);
        static final MethodHandle LREMOVEXATTR = call("lremovexattr", JAVA_INT, ADDRESS, ADDRESS);
    }

    private static final class Replacing {
        static final MethodHandle UNLINKAT = call("unlinkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
        static final MethodHandle RENAMEAT = call("renameat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    }

    static int openat(Scratch s, int directory, MemorySegment path, int flags, int mode) {
        try {
            int result;
            do {
                result = of(s, (int) Reading.OPENAT.invokeExact(s.errno, directory, path, flags, mode));
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    /** Never repeated: Linux releases the descriptor even where it reports an error. */
    static void close(Scratch s, int descriptor) {
        try {
            int ignored = (int) Reading.CLOSE.invokeExact(s.errno, descriptor);
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int statx(Scratch s, int directory, MemorySegment path, int flags, int mask, MemorySegment result) {
        try {
            return of(s, (int) Reading.STATX.invokeExact(s.errno, directory, path, flags, mask, result));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int fstatfs(Scratch s, int descriptor, MemorySegment result) {
        try {
            return of(s, (int) Space.FSTATFS.invokeExact(s.errno, descriptor, result));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    /** Through syscall(2): the C library has a function for it only since glibc 2.30. */
    static long getdents64(Scratch s, int directory, MemorySegment buffer) {
        try {
            return of(s, (long) Reading.GETDENTS64.invokeExact(
                    s.errno, ARCHITECTURE.getdents64(), directory, buffer, buffer.byteSize()));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    /** Through syscall(2): the C library has a symbol for it only since glibc 2.33. The device as the kernel encodes it. */
    static long mknodat(Scratch s, int directory, MemorySegment name, int mode, int device) {
        try {
            return of(s, (long)
                    Nodes.MKNODAT.invokeExact(s.errno, ARCHITECTURE.mknodat(), directory, name, mode, device));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static long lseek(Scratch s, int descriptor, long offset, int whence) {
        try {
            return of(s, (long) Holes.LSEEK.invokeExact(s.errno, descriptor, offset, whence));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static long pread(Scratch s, int descriptor, MemorySegment target, long offset) {
        try {
            long result;
            do {
                result =
                        of(s, (long) Reading.PREAD.invokeExact(s.errno, descriptor, target, target.byteSize(), offset));
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static long pwrite(Scratch s, int descriptor, MemorySegment source, long offset) {
        try {
            long result;
            do {
                result = of(
                        s, (long) Writing.PWRITE.invokeExact(s.errno, descriptor, source, source.byteSize(), offset));
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int ftruncate(Scratch s, int descriptor, long size) {
        try {
            int result;
            do {
                result = of(s, (int) Writing.FTRUNCATE.invokeExact(s.errno, descriptor, size));
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int fallocate(Scratch s, int descriptor, int mode, long offset, long length) {
        try {
            int result;
            do {
                result = of(s, (int) Space.FALLOCATE.invokeExact(s.errno, descriptor, mode, offset, length));
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    /** A hint: its outcome is of no interest. */
    static void fadvise(Scratch s, int descriptor, long offset, long length, int advice) {
        try {
            int ignored = (int) Holes.FADVISE.invokeExact(s.errno, descriptor, offset, length, advice);
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int fsync(Scratch s, int descriptor) {
        try {
            int result;
            do {
                result = of(s, (int) Space.FSYNC.invokeExact(s.errno, descriptor));
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static long readlinkat(Scratch s, int directory, MemorySegment name, MemorySegment target) {
        try {
            return of(s, (long) Links.READLINKAT.invokeExact(s.errno, directory, name, target, target.byteSize()));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static long flistxattr(Scratch s, int descriptor, MemorySegment list) {
        try {
            return of(s, (long) Reading.FLISTXATTR.invokeExact(s.errno, descriptor, list, list.byteSize()));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static long llistxattr(Scratch s, MemorySegment path, MemorySegment list) {
        try {
            return of(s, (long) Links.LLISTXATTR.invokeExact(s.errno, path, list, list.byteSize()));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static long fgetxattr(Scratch s, int descriptor, MemorySegment name, MemorySegment value) {
        try {
            return of(s, (long)
                    AttributeValues.FGETXATTR.invokeExact(s.errno, descriptor, name, value, value.byteSize()));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static long lgetxattr(Scratch s, MemorySegment path, MemorySegment name, MemorySegment value) {
        try {
            return of(s, (long) AttributeValues.LGETXATTR.invokeExact(s.errno, path, name, value, value.byteSize()));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int fsetxattr(Scratch s, int descriptor, MemorySegment name, MemorySegment value) {
        try {
            return of(s, (int)
                    AttributeChanges.FSETXATTR.invokeExact(s.errno, descriptor, name, value, value.byteSize(), 0));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int lsetxattr(Scratch s, MemorySegment path, MemorySegment name, MemorySegment value) {
        try {
            return of(s, (int) AttributeChanges.LSETXATTR.invokeExact(s.errno, path, name, value, value.byteSize(), 0));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int fremovexattr(Scratch s, int descriptor, MemorySegment name) {
        try {
            return of(s, (int) AttributeChanges.FREMOVEXATTR.invokeExact(s.errno, descriptor, name));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int lremovexattr(Scratch s, MemorySegment path, MemorySegment name) {
        try {
            return of(s, (int) AttributeChanges.LREMOVEXATTR.invokeExact(s.errno, path, name));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int ioctl(Scratch s, int descriptor, long request, MemorySegment argument) {
        try {
            return of(s, (int) Reading.IOCTL.invokeExact(s.errno, descriptor, request, argument));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int fchownat(Scratch s, int directory, MemorySegment name, int uid, int gid, int flags) {
        try {
            return of(s, (int) Writing.FCHOWNAT.invokeExact(s.errno, directory, name, uid, gid, flags));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int fchmod(Scratch s, int descriptor, int mode) {
        try {
            return of(s, (int) Writing.FCHMOD.invokeExact(s.errno, descriptor, mode));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int chmod(Scratch s, MemorySegment path, int mode) {
        try {
            return of(s, (int) Nodes.CHMOD.invokeExact(s.errno, path, mode));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int futimens(Scratch s, int descriptor, MemorySegment times) {
        try {
            return of(s, (int) Writing.FUTIMENS.invokeExact(s.errno, descriptor, times));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int utimensat(Scratch s, int directory, MemorySegment path, MemorySegment times, int flags) {
        try {
            return of(s, (int) Nodes.UTIMENSAT.invokeExact(s.errno, directory, path, times, flags));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int mkdirat(Scratch s, int directory, MemorySegment name, int mode) {
        try {
            return of(s, (int) Writing.MKDIRAT.invokeExact(s.errno, directory, name, mode));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int symlinkat(Scratch s, MemorySegment target, int directory, MemorySegment name) {
        try {
            return of(s, (int) Nodes.SYMLINKAT.invokeExact(s.errno, target, directory, name));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int linkat(Scratch s, int oldDirectory, MemorySegment oldName, int newDirectory, MemorySegment newName) {
        try {
            return of(s, (int) Nodes.LINKAT.invokeExact(s.errno, oldDirectory, oldName, newDirectory, newName, 0));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int unlinkat(Scratch s, int directory, MemorySegment name, int flags) {
        try {
            return of(s, (int) Replacing.UNLINKAT.invokeExact(s.errno, directory, name, flags));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    static int renameat(Scratch s, int oldDirectory, MemorySegment oldName, int newDirectory, MemorySegment newName) {
        try {
            return of(s, (int) Replacing.RENAMEAT.invokeExact(s.errno, oldDirectory, oldName, newDirectory, newName));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    /** Of one thread: PRIO_PROCESS (sys/resource.h) is 0. */
    static int setPriority(Scratch s, int thread, int nice) {
        try {
            return of(s, (int) Priorities.SETPRIORITY.invokeExact(s.errno, 0, thread, nice));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    /** Of the calling thread, through syscall(2), as no C library has a function for it: IOPRIO_WHO_PROCESS (linux/ioprio.h) is 1. */
    static long setIoPriority(Scratch s, int priority) {
        try {
            return of(s, (long) Priorities.IOPRIO_SET.invokeExact(s.errno, ARCHITECTURE.ioprioSet(), 1, 0, priority));
        } catch (Throwable t) {
            throw broken(t);
        }
    }

    private static int of(Scratch s, int result) {
        return result < 0 ? -s.errno.get(JAVA_INT, 0) : result;
    }

    private static long of(Scratch s, long result) {
        return result < 0 ? -s.errno.get(JAVA_INT, 0) : result;
    }

    private static AssertionError broken(Throwable t) {
        return new AssertionError("a system call could not be made", t);
    }

    private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(result, arguments), Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle variadic(
            String name, int firstVariadicArgument, MemoryLayout result, MemoryLayout... arguments) {
        return link(
                name,
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(firstVariadicArgument));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle link(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup symbols = linker.defaultLookup();
        return linker.downcallHandle(symbols.findOrThrow(name), type, options);
    }
}
