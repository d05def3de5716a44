/** Dumps of databases, and how they come back. */
@NullMarked
package io.holdfast.databases;

import org.jspecify.annotations.NullMarked;
