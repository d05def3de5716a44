/** Writers: sessions, heartbeats, commit and fencing (docs/repository-format.md, section 13). */
@NullMarked
package io.holdfast.repository.session;

import org.jspecify.annotations.NullMarked;
