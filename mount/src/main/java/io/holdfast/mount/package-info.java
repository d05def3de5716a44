/** Snapshots as a read-only file system, through FUSE. */
@NullMarked
package io.holdfast.mount;

import org.jspecify.annotations.NullMarked;
