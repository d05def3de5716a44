@NullMarked
package io.holdfast.simulation.protocol;

import org.jspecify.annotations.NullMarked;
