/** Which packs have to be thawed before something can be read, asking for them, and waiting until they can be. */
@NullMarked
package io.holdfast.repository.thaw;

import org.jspecify.annotations.NullMarked;
