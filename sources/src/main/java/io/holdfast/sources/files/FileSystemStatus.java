package io.holdfast.sources.files;

/**
 * The file system under a directory.
 *
 * @param kind the magic number of {@code statfs(2)}, such as 0xEF53 for ext2 to ext4; 0 where the host does not say
 * @param totalBytes capacity; 0 for pseudo file systems such as /proc
 * @param availableBytes room for this user
 */
public record FileSystemStatus(long kind, long totalBytes, long availableBytes) {}
