/**
 * The {@code holdfast} command: one class per command, wired in {@link io.holdfast.cli.Main}. What it prints and the codes it
 * ends with are a contract, docs/cli.md.
 */
@NullMarked
package io.holdfast.cli;

import org.jspecify.annotations.NullMarked;
