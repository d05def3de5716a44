/** Files that people write: each key is asked for by name, and one that nobody asks for is an error with its line. */
@NullMarked
package io.holdfast.plan.yaml;

import org.jspecify.annotations.NullMarked;
