@NullMarked
package io.holdfast.benchmark;

import org.jspecify.annotations.NullMarked;
