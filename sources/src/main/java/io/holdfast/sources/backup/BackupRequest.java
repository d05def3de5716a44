package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.SnapshotId;
import java.util.List;
import java.util.Optional;

/**
 * What to back up.
 *
 * @param paths absolute, normalised, their parents without symbolic links; not empty
 * @param excludeCaches leave out what is in directories with a CACHEDIR.TAG
 * @param oneFileSystem stay on the file systems of the paths
 * @param tags ascending
 * @param host name under which the snapshot is made
 * @param parent whose unchanged files need not be read
 * @param readsAll a host that can only write reads also what has not changed since its last backup
 */
public record BackupRequest(
        List<Bytes> paths,
        ExcludeRules excludes,
        boolean excludeCaches,
        boolean oneFileSystem,
        List<String> tags,
        String host,
        Optional<SnapshotId> parent,
        boolean readsAll) {
    public BackupRequest(
            List<Bytes> paths,
            ExcludeRules excludes,
            boolean excludeCaches,
            boolean oneFileSystem,
            List<String> tags,
            String host,
            Optional<SnapshotId> parent) {
        this(paths, excludes, excludeCaches, oneFileSystem, tags, host, parent, false);
    }
}
