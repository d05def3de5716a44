/** Verification: reads a repository from its store, never from a cache, and tells what damage hits. */
@NullMarked
package io.holdfast.repository.verify;

import org.jspecify.annotations.NullMarked;
