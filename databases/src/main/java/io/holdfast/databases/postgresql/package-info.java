/** PostgreSQL by its own programs. */
@NullMarked
package io.holdfast.databases.postgresql;

import org.jspecify.annotations.NullMarked;
