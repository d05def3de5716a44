/** Cutting content into chunks and naming them (docs/repository-format.md, section 7). */
@NullMarked
package io.holdfast.repository.chunk;

import org.jspecify.annotations.NullMarked;
