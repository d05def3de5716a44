/** Many processes on one store, one call at a time, in an order that a seed decides: start at {@code Simulation}. */
@NullMarked
package io.holdfast.sources.fleet;

import org.jspecify.annotations.NullMarked;
