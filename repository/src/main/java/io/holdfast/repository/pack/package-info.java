/** Frames and packs: how chunks are compressed, encrypted and joined into objects (docs/repository-format.md, sections 8 and 9). */
@NullMarked
package io.holdfast.repository.pack;

import org.jspecify.annotations.NullMarked;
