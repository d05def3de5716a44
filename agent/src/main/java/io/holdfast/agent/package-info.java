/** The agent: does on a machine what the control server asks for. */
@NullMarked
package io.holdfast.agent;

import org.jspecify.annotations.NullMarked;
