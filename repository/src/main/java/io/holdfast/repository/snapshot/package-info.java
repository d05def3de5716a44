/** Snapshots: what was saved, when and from where, and which of them are live (docs/repository-format.md, sections 12 and 13). */
@NullMarked
package io.holdfast.repository.snapshot;

import org.jspecify.annotations.NullMarked;
