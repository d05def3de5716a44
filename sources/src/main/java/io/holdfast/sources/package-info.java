@NullMarked
package io.holdfast.sources;

import org.jspecify.annotations.NullMarked;
