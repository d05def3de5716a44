/** The control channel (docs/server.md): what machines and the control server say to each other. Records of JSON; a newer side may say more. */
@NullMarked
package io.holdfast.protocol.machine;

import org.jspecify.annotations.NullMarked;
