/** The control server: plans, jobs, machines and people. */
@NullMarked
package io.holdfast.control;

import org.jspecify.annotations.NullMarked;
