/** The media server: takes what hosts send, checks it again, and keeps it in repositories. */
@NullMarked
package io.holdfast.media;

import org.jspecify.annotations.NullMarked;
