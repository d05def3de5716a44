/** Directories and files as pages of entries (docs/repository-format.md, section 11). */
@NullMarked
package io.holdfast.repository.tree;

import org.jspecify.annotations.NullMarked;
