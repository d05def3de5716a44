package io.holdfast.sources.files;

/**
 * What differs between 64-bit processors on Linux: open flags (arch/arm64/include/uapi/asm/fcntl.h and
 * asm-generic/fcntl.h) and numbers of system calls that old C libraries have no function for (asm/unistd.h).
 *
 * @param oDirectory O_DIRECTORY
 * @param oNoFollow O_NOFOLLOW
 * @param getdents64 system call number
 * @param mknodat system call number
 * @param ioprioSet system call number
 */
record Architecture(int oDirectory, int oNoFollow, long getdents64, long mknodat, long ioprioSet) {
    private static final Architecture X86_64 = new Architecture(0_200_000, 0_400_000, 217, 259, 251);
    private static final Architecture AARCH64 = new Architecture(0_040_000, 0_100_000, 61, 33, 30);

    static boolean isKnown(String osArch) {
        return switch (osArch) {
            case "amd64", "x86_64", "aarch64" -> true;
            default -> false;
        };
    }

    /** @throws UnsupportedOperationException where this processor is not {@link #isKnown known} */
    static Architecture of(String osArch) {
        return switch (osArch) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64" -> AARCH64;
            default -> throw new UnsupportedOperationException("no system calls known for " + osArch);
        };
    }
}
