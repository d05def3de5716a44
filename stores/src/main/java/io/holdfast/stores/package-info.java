/** Where repositories lie: from what people write to an open store. */
@NullMarked
package io.holdfast.stores;

import org.jspecify.annotations.NullMarked;
