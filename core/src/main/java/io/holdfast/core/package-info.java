/** Values every layer shares: sizes, hexadecimal text, errors sorted by who must act. No dependencies. */
@NullMarked
package io.holdfast.core;

import org.jspecify.annotations.NullMarked;
