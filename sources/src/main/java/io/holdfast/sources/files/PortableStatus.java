package io.holdfast.sources.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;

/** A file's status as {@code java.nio} knows it. */
final class PortableStatus {
    private static final String UNIX = "unix:mode,uid,gid,size,lastModifiedTime,ctime,creationTime,dev,ino,nlink,rdev";
    private static final boolean IS_LINUX = "Linux".equals(System.getProperty("os.name"));

    private PortableStatus() {}

    static FileStatus of(Path path) throws IOException {
        if (!PortableHostFiles.IS_UNIX) {
            return of(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        }
        Map<String, Object> attributes = Files.readAttributes(path, UNIX, LinkOption.NOFOLLOW_LINKS);
        int mode = (int) number(attributes, "mode");
        FileType type = LinuxStatus.type(mode);
        boolean isDevice = type == FileType.CHARACTER_DEVICE || type == FileType.BLOCK_DEVICE;
        return new FileStatus(
                type,
                mode & FileStatus.MODE_MASK,
                number(attributes, "uid") & 0xffff_ffffL,
                number(attributes, "gid") & 0xffff_ffffL,
                number(attributes, "size"),
                -1,
                time(attributes, "lastModifiedTime"),
                time(attributes, "ctime"),
                time(attributes, "creationTime"),
                number(attributes, "dev"),
                number(attributes, "ino"),
                number(attributes, "nlink"),
                isDevice ? deviceNumber(number(attributes, "rdev")) : DeviceNumber.NONE,
                0,
                false,
                0);
    }

    private static FileStatus of(BasicFileAttributes attributes) {
        FileType type = attributes.isRegularFile()
                ? FileType.REGULAR
                : attributes.isDirectory()
                        ? FileType.DIRECTORY
                        : attributes.isSymbolicLink() ? FileType.SYMLINK : FileType.UNKNOWN;
        Timestamp modified = time(attributes.lastModifiedTime());
        Object key = attributes.fileKey();
        return new FileStatus(
                type,
                type == FileType.DIRECTORY ? 0755 : 0644,
                0,
                0,
                attributes.size(),
                -1,
                modified,
                modified,
                time(attributes.creationTime()),
                0,
                key == null ? 0 : key.hashCode(),
                1,
                DeviceNumber.NONE,
                0,
                false,
                0);
    }

    /** The JDK sets 1970 where a time before it has a fraction of a second (JDK 25), so that the fraction is dropped then. */
    static FileTime settable(Timestamp time) {
        return FileTime.from(Instant.ofEpochSecond(time.seconds(), time.seconds() < 0 ? 0 : time.nanos()));
    }

    private static Timestamp time(FileTime time) {
        Instant instant = time.toInstant();
        return new Timestamp(instant.getEpochSecond(), instant.getNano());
    }

    private static Timestamp time(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof FileTime time ? time(time) : Timestamp.EPOCH;
    }

    private static long number(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof Number number ? number.longValue() : 0;
    }

    /** makedev(3) of glibc, and of the BSDs. */
    private static DeviceNumber deviceNumber(long encoded) {
        return IS_LINUX
                ? new DeviceNumber(
                        (int) ((encoded >> 8) & 0xfff), (int) ((encoded & 0xff) | ((encoded >> 12) & 0xfff00)))
                : new DeviceNumber((int) ((encoded >> 24) & 0xff), (int) (encoded & 0xffffff));
    }
}
