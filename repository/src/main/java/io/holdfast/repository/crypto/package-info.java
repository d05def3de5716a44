/** Keys, key slots, the envelope of objects and the encryption of what is inside (docs/repository-format.md, sections 3 to 6). */
@NullMarked
package io.holdfast.repository.crypto;

import org.jspecify.annotations.NullMarked;
