/**
 * Databases as sources of streams: what there is on a server, dumps that count only where they are whole, and how they come back. Begin with
 * {@link io.holdfast.databases.DatabaseSource}; docs/databases.md tells it for people.
 */
@NullMarked
package io.holdfast.databases;

import org.jspecify.annotations.NullMarked;
