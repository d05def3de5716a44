/** What of a server's state somebody should look at, and who is told of it (docs/guide/watching.md). */
@NullMarked
package io.holdfast.control.watch;

import org.jspecify.annotations.NullMarked;
