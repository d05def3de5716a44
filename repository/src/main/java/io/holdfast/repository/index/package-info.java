/** Where chunks are: immutable sorted segments, searched in place through a memory map (docs/repository-format.md, section 10). */
@NullMarked
package io.holdfast.repository.index;

import org.jspecify.annotations.NullMarked;
