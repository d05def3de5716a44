/** What the parts of an installation say to each other (docs/server.md): records, the frame stream, and a client. */
@NullMarked
package io.holdfast.protocol;

import org.jspecify.annotations.NullMarked;
