/** Backups and restores through a media server (docs/server.md, section "Data path"). */
@NullMarked
package io.holdfast.agent.data;

import org.jspecify.annotations.NullMarked;
