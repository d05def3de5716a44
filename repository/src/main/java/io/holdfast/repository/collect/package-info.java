/** Collecting garbage beside running backups, and which snapshots to keep (docs/repository-format.md, section 13). */
@NullMarked
package io.holdfast.repository.collect;

import org.jspecify.annotations.NullMarked;
