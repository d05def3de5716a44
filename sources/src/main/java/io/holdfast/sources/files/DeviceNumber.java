package io.holdfast.sources.files;

/**
 * Which device a device node stands for.
 *
 * @param major 0 to 4095 on Linux (12 bits)
 * @param minor 0 to 1,048,575 on Linux (20 bits)
 */
public record DeviceNumber(int major, int minor) {
    /** Of everything that is no device node. */
    public static final DeviceNumber NONE = new DeviceNumber(0, 0);

    public DeviceNumber {
        if (major < 0 || minor < 0) {
            throw new IllegalArgumentException("negative device number " + major + ":" + minor);
        }
    }
}
