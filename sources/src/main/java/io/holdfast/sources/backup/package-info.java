/**
 * From directory trees to snapshots: walk, read, hash, assemble. Which thread does what is told in {@link
 * io.holdfast.sources.backup.FileBackup}.
 */
@NullMarked
package io.holdfast.sources.backup;

import org.jspecify.annotations.NullMarked;
