@NullMarked
package io.holdfast.dist;

import org.jspecify.annotations.NullMarked;
