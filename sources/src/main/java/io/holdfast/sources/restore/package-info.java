/** From snapshots back to directory trees. Which thread does what is told in {@link io.holdfast.sources.restore.FileRestore}. */
@NullMarked
package io.holdfast.sources.restore;

import org.jspecify.annotations.NullMarked;
