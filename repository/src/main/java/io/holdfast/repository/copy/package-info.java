/** Copies snapshots from one repository to another one with keys of its own. */
@NullMarked
package io.holdfast.repository.copy;

import org.jspecify.annotations.NullMarked;
