/** Names over all snapshots of a repository (docs/search.md). */
@NullMarked
package io.holdfast.search;

import org.jspecify.annotations.NullMarked;
