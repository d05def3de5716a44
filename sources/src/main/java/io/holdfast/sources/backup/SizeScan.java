package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.DirectoryEntry;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Finds out beside a backup how much there is to save, so that its progress can say how long it will take. An estimate: hard links
 * and holes are not looked at. For one use, by a thread of its own; ends early when that is interrupted.
 */
public final class SizeScan {
    private final HostFiles files;
    private final BackupRequest request;
    private long bytes;

    public SizeScan(HostFiles files, BackupRequest request) {
        this.files = files;
        this.request = request;
    }

    /** The bytes of all files; empty where the scan was interrupted. */
    public OptionalLong run() {
        for (Bytes path : request.paths()) {
            byte[] raw = path.unsafeArray();
            int slash = raw.length;
            while (slash > 0 && raw[slash - 1] != '/') {
                slash--;
            }
            Bytes above = Bytes.copyOf(raw, 0, Math.max(1, slash - 1));
            Bytes name = Bytes.copyOf(raw, slash, raw.length - slash);
            try (Directory parent = files.openDirectory(above)) {
                if (name.length() == 0) {
                    inside(parent, Bytes.wrap(new byte[0]), parent.status().device());
                } else {
                    entry(parent, name, path, parent.stat(name).device());
                }
            } catch (HostFileException e) {
                // The backup itself tells.
            }
        }
        return Thread.currentThread().isInterrupted() ? OptionalLong.empty() : OptionalLong.of(bytes);
    }

    private void inside(Directory directory, Bytes path, long device) throws HostFileException {
        for (DirectoryEntry child : directory.entries()) {
            byte[] joined = Arrays.copyOf(
                    path.unsafeArray(), path.length() + 1 + child.name().length());
            joined[path.length()] = '/';
            System.arraycopy(
                    child.name().unsafeArray(),
                    0,
                    joined,
                    path.length() + 1,
                    child.name().length());
            Bytes childPath = Bytes.wrap(joined);
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            if (!request.excludes().excludes(childPath)) {
                entry(directory, child.name(), childPath, device);
            }
        }
    }

    private void entry(Directory directory, Bytes name, Bytes path, long device) {
        try {
            FileStatus status = directory.stat(name);
            if (status.isRegular()) {
                bytes += status.sizeBytes();
            } else if (status.isDirectory() && (!request.oneFileSystem() || status.device() == device)) {
                try (Directory below = directory.openDirectory(name)) {
                    inside(below, path, device);
                }
            }
        } catch (HostFileException e) {
            // The backup itself tells.
        }
    }
}
