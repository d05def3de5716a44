package io.holdfast.sources.files;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;

/**
 * How much one thread, and all threads and programs that it starts from then on, give way to others. Linux keeps both for each thread (setpriority(2), ioprio_set(2)) and
 * hands them on to what a thread starts. Threads of a process that were there before, such as those that collect garbage, stay as they are; a pool that all of the process share and that grows meanwhile may get
 * some that give way, too.
 */
public final class ThreadPriority {
    private static final int CLASS_SHIFT = 13;
    private static final int BEST_EFFORT = 2 << CLASS_SHIFT;
    private static final int LAST_OF_CLASS = 7;

    private ThreadPriority() {}

    /** Reads and writes, by the classes of ionice(1). What they do depends on the scheduler of the disk. */
    public enum Io {
        /** Best effort, after all others of the class. */
        LOW(BEST_EFFORT | LAST_OF_CLASS),
        /** Only when nobody else wants the disk. */
        IDLE(3 << CLASS_SHIFT);

        private final int priority;

        Io(int priority) {
            this.priority = priority;
        }
    }

    /**
     * Sets the nice value of the calling thread, a platform thread.
     *
     * @param nice 0 to {@value ProcessPriority#MAX_NICE}; lower than now is refused by the kernel unless the user may
     * @throws HoldfastException {@code FAILED} where the system has no such thing or refuses it
     */
    public static void nice(int nice) {
        requireLinux();
        check("nice value of " + nice, -LinuxCalls.setPriority(Scratch.current(), 0, nice));
    }

    /**
     * Sets the class of reads and writes of the calling thread, a platform thread.
     *
     * @throws HoldfastException {@code FAILED} where the system has no such thing or refuses it
     */
    public static void io(Io io) {
        requireLinux();
        check("class of reads and writes", -(int) LinuxCalls.setIoPriority(Scratch.current(), io.priority));
    }

    private static void requireLinux() {
        if (!LinuxHostFiles.isSupported(System.getProperty("os.name", ""), System.getProperty("os.arch", ""))) {
            throw new HoldfastException(ErrorCode.FAILED, "priorities cannot be set on this system");
        }
    }

    private static void check(String what, int error) {
        if (error > 0) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "the " + what + " cannot be set: "
                            + (error == Errno.EACCES || error == Errno.EPERM
                                    ? "this user may not, or it is lower already"
                                    : "error " + error));
        }
    }
}
