/** Snapshots that nobody can delete before a date, and such as somebody holds (docs/repository-format.md, section 13, Locks). */
@NullMarked
package io.holdfast.repository.lock;

import org.jspecify.annotations.NullMarked;
